// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Replication

/// Remembers between runs which repository of a destination held which blob.
///
/// After a kill, the next run mounts from there what would otherwise be sent again. Whatever it says is only tried first.
struct HolderFile: HolderHints {
    private static let maximumLines = 50_000

    private let file: HintFile<Digest, RepositoryName>

    /// Opens the memory of one destination.
    /// - Parameter state: The directory for what is kept between runs.
    static func open(for host: RegistryHost, in state: URL = StateDirectory.url) -> HolderFile {
        let url = state.appending(path: "holders").appending(path: StateDirectory.fileName(for: host))
        return HolderFile(file: HintFile(url, maximumLines: maximumLines))
    }

    func holder(of digest: Digest) -> RepositoryName? { file[digest] }

    func note(_ digest: Digest, in repository: RepositoryName) { file.note(digest, repository) }
}

/// Remembers between runs when images were made.
struct DateFile: DateHints {
    private let file: HintFile<Digest, Int64>

    static func open(in state: URL = StateDirectory.url) -> DateFile {
        DateFile(file: HintFile(state.appending(path: "dates"), maximumLines: 100_000))
    }

    func date(of image: Digest) -> Int64? { file[image] }

    func note(_ seconds: Int64, for image: Digest) { file.note(image, seconds) }
}
