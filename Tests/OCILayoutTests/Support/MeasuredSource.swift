// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import OCI
import OCIContent
import Synchronization

@testable import OCILayout

/// A place with one blob, which delivers as much as a test says, and notes what it was asked for.
final class MeasuredSource: SourceEndpoint, ContentSource {
    /// The stream was cut.
    struct Cut: Error {}

    private struct State {
        var ranges: [Range<Int64>] = []
        var cuts: [Int64] = []
        var lead: Int64 = 0
        var isMissing = false
    }

    let blob: [UInt8]
    let descriptor: Descriptor
    let name = "measured"
    /// The length of one buffer.
    private let piece: Int
    private let state = Mutex(State())

    init(_ blob: [UInt8], piece: Int = 1000) {
        self.blob = blob
        descriptor = Descriptor(
            mediaType: .ociLayerGzip,
            digest: Digester.digest(of: blob),
            size: Int64(blob.count)
        )
        self.piece = piece
    }

    /// What was asked for so far.
    var ranges: [Range<Int64>] { state.withLock { $0.ranges } }

    /// Cuts the next streams at these offsets.
    func cut(at offsets: Int64...) { state.withLock { $0.cuts = offsets } }

    /// Lets streams begin so many bytes before what is asked for.
    func begin(before lead: Int64) { state.withLock { $0.lead = lead } }

    func vanish() { state.withLock { $0.isMissing = true } }

    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { Pages { { nil } } }

    func source(_ repository: RepositoryName) -> any ContentSource { self }

    func tags() -> Pages<TagEntry> { Pages { { nil } } }

    func resolve(_ target: Target) async throws -> Descriptor? { nil }

    func document(at target: Target) async throws -> ManifestDocument? { nil }

    func contains(_ blob: Descriptor) async throws -> Bool { true }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        let (cut, lead) = try state.withLock { state in
            state.ranges.append(range)
            if state.isMissing { throw Cut() }
            return (state.cuts.isEmpty ? nil : state.cuts.removeFirst(), state.lead)
        }
        let delivered = max(0, range.lowerBound - lead)..<range.upperBound
        return ByteStream(range: delivered) { [blob, piece] in
            var position = delivered.lowerBound
            return {
                let end = min(position + Int64(piece), delivered.upperBound, cut ?? .max)
                guard position < end else {
                    if let cut, position >= cut { throw Cut() }
                    return nil
                }
                defer { position = end }
                return ByteBuffer(bytes: blob[Int(position)..<Int(end)])
            }
        }
    }
}

extension ByteStream {
    /// What comes before the stream ends or fails, and whether it ended.
    func drain() async -> (bytes: [UInt8], isWhole: Bool) {
        var bytes: [UInt8] = []
        do {
            for try await buffer in self { bytes += buffer.readableBytesView }
            return (bytes, true)
        } catch {
            return (bytes, false)
        }
    }
}
