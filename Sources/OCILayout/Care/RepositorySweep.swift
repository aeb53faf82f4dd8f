// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// What a sweep does in one repository; calls block.
struct RepositorySweep: Sendable {
    let grace: Int64
    let keepsUntagged: Bool

    /// What nothing points to.
    struct Found: Sendable {
        var manifests: [Digest] = []
        /// Files that are no manifests.
        var blobs: [Digest] = []
        /// A manifest that cannot be read: nobody knows what it points to, so nothing was looked for.
        var unreadable: Digest?
    }

    /// What each manifest points to; `nil` for what cannot be read.
    typealias Links = [Digest: ManifestLinks?]

    /// Opens the manifests that are not known yet.
    func links(of index: RepositoryIndex, in state: RepositoryState, known: Links) throws -> Links {
        var links = known
        for entry in index.manifests.values where links[entry.digest] == nil {
            links[entry.digest] = .some(try state.links(of: entry))
        }
        return links
    }

    /// Looks for what nothing points to and what has not been used for the grace period.
    func find(_ index: RepositoryIndex, in state: RepositoryState, known: Links) throws -> Found {
        let links = try links(of: index, in: state, known: known)
        if let unreadable = index.manifests.keys.first(where: { links[$0] == .some(nil) }) {
            return Found(unreadable: unreadable)
        }
        let marking = Marking(index, keepsUntagged: keepsUntagged, links: links.compactMapValues(\.self))
        var found = Found()
        let now = FileStatus.Instant.now
        for algorithm in Digest.Algorithm.allCases {
            guard let folder = try state.blobFolder(algorithm) else { continue }
            try folder.forEachName { name in
                guard let digest = try? Digest("\(algorithm.rawValue):\(name)"), !marking.contains(digest),
                    let status = try folder.status(name), status.isRegular, status.idle(at: now) > grace
                else { return }
                if index.manifests[digest] != nil { found.manifests.append(digest) } else { found.blobs.append(digest) }
            }
        }
        return found
    }
}

extension RepositoryState {
    /// What a manifest points to; `nil` if it cannot be read.
    func links(of entry: ManifestEntry) throws -> ManifestLinks? {
        do {
            guard let bytes = try bytes(of: entry.digest) else { return nil }
            let type = entry.mediaType.text
            return ManifestLinks(try ManifestDocument(bytes: bytes, digest: entry.digest, contentType: type).manifest)
        } catch is ContentError {
            return nil
        } catch is ManifestError {
            return nil
        }
    }
}
