// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCILayout
import ServiceLifecycle

/// Removes uploads that nobody goes on with; never one that receives bytes.
struct UploadPurge: Service {
    let store: LayoutStore
    let ledger: UploadLedger
    let limits: ServerLimits

    /// Looks again and again until the server ends.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await purge()
                try? await Task.sleep(for: Duration(limits.purgeInterval))
            }
        }
    }

    /// Looks once.
    func purge() async throws {
        let open = try await store.openUploads()
        let age = limits.uploadAge.nanoseconds / 1_000_000_000
        var left: [OpenUpload] = []
        for upload in open {
            guard upload.idleSeconds >= age, !upload.isBusy,
                try await store.removeUpload(upload.id, idleFor: age)
            else {
                left.append(upload)
                continue
            }
        }
        ledger.adopt(left)
    }
}
