// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a repository is changed with: the folder that is only ours, and the lock in it.
final class OwnFiles: Sendable {
    let folder: Folder
    let lock: OpenFile

    /// Opens them, and makes what is missing.
    init(in repository: Folder) throws {
        folder = try repository.makeFolder(LayoutPaths.own)
        for _ in 0..<2 {
            if let lock = try folder.file(LayoutPaths.lock, writing: true) {
                self.lock = lock
                return
            }
            // Another process may be faster; the next turn opens its file.
            _ = try? folder.create(LayoutPaths.lock)
        }
        throw StoreError.system(.open, path: folder.below(LayoutPaths.lock), errno: ENOENT)
    }
}
