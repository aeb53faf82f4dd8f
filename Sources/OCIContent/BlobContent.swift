// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import NIOCore
import Synchronization

/// A blob that is to be written somewhere: what it must be, and the way to open it.
///
/// The bytes are hashed as they pass, and the last of them are held back until length and digest are right: whoever
/// uploads from this can never complete an upload of wrong content.
public struct BlobContent: Sendable {
    /// What the blob must be.
    public let descriptor: Descriptor
    /// Whether what the place to write to has under this name is known to be wrong: it is then neither looked for nor
    /// mounted, and the bytes are sent in any case.
    public var replaces = false
    private let source: any ContentSource
    private let trail = HashTrail()
    private let watch: @Sendable (BlobStep) -> Void
    private var stage: @Sendable (ByteStream) -> ByteStream = { $0 }

    /// Takes a blob of a repository.
    /// - Parameter watch: Told how the blob gets on.
    public init(
        _ descriptor: Descriptor,
        from source: any ContentSource,
        watch: @escaping @Sendable (BlobStep) -> Void = { _ in }
    ) {
        self.descriptor = descriptor
        self.source = source
        self.watch = watch
    }

    /// The same blob, whose bytes come through a stage on their way to the place that they are written to.
    func reading(through stage: @escaping @Sendable (ByteStream) -> ByteStream) -> BlobContent {
        var staged = self
        staged.stage = { [inner = self.stage] in stage(inner($0)) }
        return staged
    }

    /// The most bytes from the start that a destination has ever acknowledged: what progress of an upload is measured by.
    public var acknowledged: Int64 { trail.acknowledged }

    /// Notes that a destination has the first `offset` bytes, and will go on behind them.
    public func acknowledge(_ offset: Int64) { trail.acknowledge(offset) }

    /// Tells whoever watches.
    public func tell(_ step: BlobStep) { watch(step) }

    /// Lets go of what the source keeps of the blob: it has arrived.
    public func release() async { await source.release(descriptor) }

    /// Opens the blob at an offset, the start if none is given.
    ///
    /// What comes before the offset is part of the digest. It is hashed again where that is cheap: if the hash of a near
    /// beginning is known from a reading before, or the source keeps the bytes.
    /// - Parameter trusting: Whether a beginning that cannot be hashed cheaply may be left to the check of the destination,
    ///   which the reading then says. Otherwise the source is asked for it once more.
    /// - Throws: ``SideFailure``.
    public func open(at offset: Int64 = 0, trusting: Bool = false) async throws -> Reading {
        do {
            let start = await start(before: offset, trusting: trusting)
            let asked = (start?.offset ?? offset)..<max(offset, descriptor.size)
            let stream = try await source.blob(descriptor, in: asked)
            // A place that cannot begin in the middle begins at the start, which helps.
            let whole = HashTrail.Mark(offset: 0, digester: Digester(descriptor.digest.algorithm))
            let mark = stream.range.lowerBound == 0 ? whole : start
            if mark == nil { watch(.trusted(offset)) }
            watch(.position(offset))
            return Reading(of: self, stream, after: mark, at: offset)
        } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
    }

    /// Where a reading begins so that all before `offset` gets hashed; `nil` if nowhere.
    private func start(before offset: Int64, trusting: Bool) async -> HashTrail.Mark? {
        let mark =
            trail.mark(upTo: offset) ?? HashTrail.Mark(offset: 0, digester: Digester(descriptor.digest.algorithm))
        guard trusting, offset - mark.offset > 2 * HashTrail.stride else { return mark }
        return await source.kept(of: descriptor) >= offset ? mark : nil
    }

    /// One reading of a blob.
    public struct Reading: Sendable {
        /// The verified bytes.
        public let stream: ByteStream
        private let outcome: Outcome

        /// Why the bytes ended early, if that was not the reader's doing.
        ///
        /// A writer whose upload fails asks this first: the upload failed because the reading did.
        public var failure: (any Error)? { outcome.state.withLock { $0.failure } }

        /// Whether all bytes were handed on.
        ///
        /// A place that confirms an upload before this is true has confirmed something else.
        public var isComplete: Bool { outcome.state.withLock { $0.isComplete } }

        /// The reading of `stream`, handed on from `offset`.
        /// - Parameter mark: The hash of what comes before the stream; `nil` if it is not known.
        fileprivate init(of blob: BlobContent, _ stream: ByteStream, after mark: HashTrail.Mark?, at offset: Int64) {
            let outcome = Outcome()
            self.outcome = outcome
            let descriptor = blob.descriptor
            let begin = mark?.offset ?? offset
            let verified = ByteStream(range: offset..<max(offset, descriptor.size)) {
                var verification = Verification(of: descriptor, blob.trail, after: mark, from: begin, to: offset)
                // More than the descriptor says must show, so that only the beginning is cut off.
                var iterator = stream.clipped(to: begin..<max(begin, stream.range.upperBound)).makeAsyncIterator()
                return {
                    do {
                        let buffer = try await verification.next(from: &iterator)
                        blob.watch(.position(verification.handedOn))
                        if verification.handedOn == descriptor.size { outcome.state.withLock { $0.isComplete = true } }
                        return buffer
                    } catch {
                        // What is kept of wrong bytes must not be read a second time.
                        if case ContentError.wrongDigest = error { await blob.release() }
                        let failure = SideFailure.wrapping(error, side: .source)
                        outcome.state.withLock { $0.failure = failure }
                        throw failure
                    }
                }
            }
            self.stream = blob.stage(verified)
        }
    }

    /// How a reading went, told from the task that pulls the bytes to the one that waits for the upload's answer.
    private final class Outcome: Sendable {
        struct State {
            var failure: (any Error)?
            var isComplete = false
        }

        let state = Mutex(State())
    }
}
