// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// A repository whose blobs are read through a stage.
struct StagedSource: ForwardingSource {
    let base: any ContentSource
    let stage: @Sendable (ByteStream) -> ByteStream

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        stage(try await base.blob(descriptor, in: range))
    }
}
