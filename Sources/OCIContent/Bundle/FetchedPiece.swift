// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
public import OCI

/// A repository of which one small piece has been read already, while others were being written.
public struct FetchedPiece: ForwardingSource {
    /// The longest blob that is kept in memory until its turn comes, in bytes.
    private static let longest: Int64 = 1 << 20

    /// The repository itself.
    public let base: any ContentSource
    private var document: ManifestDocument?
    private var blob: (digest: Digest, bytes: ByteBuffer)?

    /// Reads a piece, and checks its bytes; a large blob is left to be read when its turn comes.
    public init(_ piece: BundleContents.Piece, from base: any ContentSource) async throws {
        self.base = base
        switch piece.kind {
        case .manifest: document = try await base.document(at: .digest(piece.blob.digest))
        case .blob where piece.blob.size <= Self.longest:
            let descriptor = Descriptor(mediaType: .octetStream, digest: piece.blob.digest, size: piece.blob.size)
            var bytes = ByteBuffer()
            for try await buffer in try await BlobContent(descriptor, from: base).open().stream {
                bytes.writeImmutableBuffer(buffer)
            }
            blob = (piece.blob.digest, bytes)
        case .blob: break
        }
    }

    /// The manifest that was read, or what the repository says.
    public func document(at target: Target) async throws -> ManifestDocument? {
        if let document, target == .digest(document.descriptor.digest) { return document }
        return try await base.document(at: target)
    }

    /// The blob that was read, or what the repository says.
    public func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        guard let blob, blob.digest == descriptor.digest else { return try await base.blob(descriptor, in: range) }
        return ByteStream(blob.bytes)
    }
}
