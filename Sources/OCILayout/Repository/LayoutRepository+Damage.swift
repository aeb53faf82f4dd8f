// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Which files of a digest have other bytes than their name says.
struct BlobDamage: Hashable, Sendable {
    /// The one that all repositories share.
    var isShared = false
    /// The one that the repository has, a link of the other as a rule.
    var isOwn = false
}

extension LayoutRepository {
    /// Reads what the store has of a blob whose right bytes have just arrived.
    ///
    /// Somebody sends what is there already only where he did not ask, or does not trust it; then it is hashed, so that
    /// sending a blob again always mends it. Files of another length are replaced without being read.
    func damage(of digest: Digest, size: Int64) async throws -> BlobDamage {
        let store = store
        let (shared, own) = try await store.files.run { [name, states = store.states] in
            let content = try store.folders.forWriting().content
            let folder = try content.folders[digest.algorithm]?.folder(LayoutPaths.spread(digest))
            let repository = try states.state(of: name, making: false)?.blobFolder(digest.algorithm)
            return (try folder?.file(digest.hex), try repository?.file(digest.hex))
        }
        var damage = BlobDamage()
        if let shared { damage.isShared = try await isDamaged(shared, digest, size: size) }
        guard let own else { return damage }
        if let shared, try own.status().inode == shared.status().inode {
            damage.isOwn = damage.isShared
        } else {
            damage.isOwn = try await isDamaged(own, digest, size: size)
        }
        return damage
    }

    private func isDamaged(_ file: OpenFile, _ digest: Digest, size: Int64) async throws -> Bool {
        guard try file.status().size == size else { return false }
        do {
            return try await store.files.digest(of: file, size: size, algorithm: digest.algorithm) != digest
        } catch StoreError.damaged {
            return true
        } catch StoreError.system(.read, _, _) {
            return true
        }
    }
}
