// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Replication
import Synchronization

/// Remembers between runs which repository of a destination held which blob: a line each, appended as it is learned.
///
/// After a kill, the next run mounts from there what would otherwise be sent again. Nothing is lost with the file but
/// time: whatever it says is only tried first.
final class HolderFile: HolderHints {
    /// How many lines are kept; the newest stay.
    private static let maximumLines = 50_000

    private let known: Mutex<[Digest: RepositoryName]>
    private let file: FileHandle?

    private init(known: [Digest: RepositoryName], file: FileHandle?) {
        self.known = Mutex(known)
        self.file = file
    }

    deinit { try? file?.close() }

    /// Opens the memory of one destination; where it cannot be kept, the run goes without.
    /// - Parameter state: The directory for what is kept between runs.
    static func open(for host: RegistryHost, in state: URL = StateDirectory.url) -> HolderFile {
        let folder = state.appending(path: "holders")
        let name = host.description.replacing(":", with: "_").replacing("[", with: "").replacing("]", with: "")
        let url = folder.appending(path: name)
        var lines = read(url)
        do {
            try FileManager.default.createDirectory(
                at: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            if lines.count > maximumLines {
                lines = Array(lines.suffix(maximumLines / 2))
                let text = lines.map { "\($0.digest) \($0.repository)\n" }.joined()
                try Data(text.utf8).write(to: url, options: .atomic)
            }
            if !FileManager.default.fileExists(atPath: url.path) {
                _ = FileManager.default.createFile(
                    atPath: url.path,
                    contents: nil,
                    attributes: [.posixPermissions: 0o600]
                )
            }
            let file = try FileHandle(forUpdating: url)
            // A line that a kill tore must not spoil the next one; empty lines are passed over.
            if try file.seekToEnd() > 0 { try file.write(contentsOf: Data("\n".utf8)) }
            return HolderFile(known: dictionary(lines), file: file)
        } catch {
            return HolderFile(known: dictionary(lines), file: nil)
        }
    }

    func holder(of digest: Digest) -> RepositoryName? { known.withLock { $0[digest] } }

    func note(_ digest: Digest, in repository: RepositoryName) {
        known.withLock { known in
            guard known.updateValue(repository, forKey: digest) != repository else { return }
            if known.count > 2 * Self.maximumLines {
                known = [digest: repository]
                try? file?.truncate(atOffset: 0)
            }
            // Not made durable: after a power failure the destination is asked instead.
            try? file?.write(contentsOf: Data("\(digest) \(repository)\n".utf8))
        }
    }

    private typealias Line = (digest: Digest, repository: RepositoryName)

    /// The lines that can be read; torn and foreign ones are passed over.
    private static func read(_ url: URL) -> [Line] {
        guard let data = try? Data(contentsOf: url) else { return [] }
        return data.split(separator: UInt8(ascii: "\n"))
            .compactMap { line in
                let parts = line.split(separator: UInt8(ascii: " "))
                guard parts.count == 2, let digest = try? Digest(String(decoding: parts[0], as: UTF8.self)),
                    let repository = try? RepositoryName(String(decoding: parts[1], as: UTF8.self))
                else { return nil }
                return (digest, repository)
            }
    }

    private static func dictionary(_ lines: [Line]) -> [Digest: RepositoryName] {
        Dictionary(lines.map { ($0.digest, $0.repository) }, uniquingKeysWith: { $1 })
    }
}

/// Where hints between runs are kept: `$XDG_STATE_HOME/mirror`, or `~/.local/state/mirror`.
enum StateDirectory {
    static var url: URL {
        let environment = ProcessInfo.processInfo.environment
        if let base = environment["XDG_STATE_HOME"], base.hasPrefix("/") {
            return URL(filePath: base, directoryHint: .isDirectory).appending(path: "mirror")
        }
        let home = environment["HOME"].map { URL(filePath: $0, directoryHint: .isDirectory) }
        return (home ?? FileManager.default.homeDirectoryForCurrentUser).appending(path: ".local/state/mirror")
    }
}
