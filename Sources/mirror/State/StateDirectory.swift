// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent

/// Where hints between runs are kept: `$XDG_STATE_HOME/mirror`, or `~/.local/state/mirror`.
///
/// ```
/// holders/HOST                 which repository of a destination holds which blob
/// seen/HOST                    what tags of a source pointed to when they were last fetched
/// dates                        when images were made
/// without-referrers            which hosts were found to list no referrers, and when
/// manifests/new, manifests/old manifests by digest
/// uploads/HOST/                open uploads to a destination, a file for each process
/// spool/ALGORITHM/HEX          the first bytes of blobs that have not arrived yet
/// jobs/NAME-HASH/              what a job remembers, and its lock
/// ```
///
/// All of it can be deleted at any time, and only costs time; a job that overwrites only what is unchanged then refuses what
/// it cannot tell.
enum StateDirectory {
    static var url: URL {
        let environment = ProcessInfo.processInfo.environment
        if let base = environment["XDG_STATE_HOME"], base.hasPrefix("/") {
            return URL(filePath: base, directoryHint: .isDirectory).appending(path: "mirror")
        }
        let home = environment["HOME"].map { URL(filePath: $0, directoryHint: .isDirectory) }
        return (home ?? FileManager.default.homeDirectoryForCurrentUser).appending(path: ".local/state/mirror")
    }

    /// Makes a folder that only its owner can look into; where that fails, what is written into it fails.
    static func make(_ folder: URL) {
        try? FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    /// What a file that belongs to a host is called.
    static func fileName(for host: RegistryHost) -> String {
        host.description.replacing(":", with: "_").replacing("[", with: "").replacing("]", with: "")
    }

    /// The open uploads to a destination.
    static func uploads(to host: RegistryHost, in state: URL = url) -> URL {
        state.appending(path: "uploads").appending(path: fileName(for: host))
    }

    /// Blobs on their way.
    static var spool: URL { url.appending(path: "spool") }

    /// The folder of a job; another source or destination under the same name is another job.
    static func folder(ofJob name: String, from source: Address, to destination: Address, in state: URL = url) -> URL {
        var digester = Digester(.sha256)
        Array("\(source)\n\(destination)".utf8).withUnsafeBytes { digester.update($0) }
        return state.appending(path: "jobs/\(name)-\(digester.digest().hex.prefix(12))")
    }
}
