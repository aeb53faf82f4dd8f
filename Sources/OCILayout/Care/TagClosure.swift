// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Looks for the first thing that is missing of what a manifest points to; remembers what it has seen.
///
/// Used by one thread.
final class TagClosure {
    private let state: RepositoryState
    private let bad: Set<Digest>
    /// By manifest, what of it is missing.
    private var known: [Digest: Digest?] = [:]

    /// - Parameter bad: Content that is there and damaged.
    init(_ state: RepositoryState, bad: Set<Digest>) {
        self.state = state
        self.bad = bad
    }

    func firstMissing(of digest: Digest) throws -> Digest? {
        if let known = known[digest] { return known }
        // A manifest cannot point to itself, but may be asked for while its own answer is being found.
        known[digest] = .some(nil)
        let missing = try find(digest)
        known[digest] = .some(missing)
        return missing
    }

    private func find(_ digest: Digest) throws -> Digest? {
        guard !bad.contains(digest), let entry = try state.read({ $0.manifests[digest] }),
            let links = try state.links(of: entry)
        else { return digest }
        for blob in links.blobs where try !isThere(blob) { return blob }
        for child in links.children where try state.read({ $0.manifests[child] != nil }) {
            if let missing = try firstMissing(of: child) { return missing }
        }
        return nil
    }

    private func isThere(_ blob: Digest) throws -> Bool {
        try !bad.contains(blob) && state.blobFolder(blob.algorithm)?.status(blob.hex)?.isRegular == true
    }
}
