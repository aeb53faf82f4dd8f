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
    private let source: any ContentSource
    private let progress: @Sendable (_ position: Int64) -> Void

    /// Takes a blob of a repository.
    /// - Parameter progress: Told how many bytes from the start of the blob have been handed on. The position falls
    ///   back when the blob is opened again.
    public init(
        _ descriptor: Descriptor,
        from source: any ContentSource,
        progress: @escaping @Sendable (_ position: Int64) -> Void = { _ in }
    ) {
        self.descriptor = descriptor
        self.source = source
        self.progress = progress
    }

    /// The same blob, whose bytes come through a stage.
    func reading(through stage: @escaping @Sendable (ByteStream) -> ByteStream) -> BlobContent {
        BlobContent(descriptor, from: StagedSource(base: source, stage: stage), progress: progress)
    }

    /// Opens the blob from its start.
    public func open() async throws -> Reading {
        progress(0)
        do {
            let stream = try await source.blob(descriptor, from: 0)
            return Reading(stream, of: descriptor, progress: progress)
        } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
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

        /// The reading of `stream`, which must be the whole of the blob.
        init(_ stream: ByteStream, of descriptor: Descriptor, progress: @escaping @Sendable (Int64) -> Void) {
            let outcome = Outcome()
            self.outcome = outcome
            self.stream = ByteStream(range: 0..<descriptor.size) {
                var verification = Verification(of: descriptor)
                var iterator = stream.makeAsyncIterator()
                return {
                    do {
                        let buffer = try await verification.next(from: &iterator)
                        progress(verification.handedOn)
                        if verification.handedOn == descriptor.size {
                            outcome.state.withLock { $0.isComplete = true }
                        }
                        return buffer
                    } catch {
                        let failure = SideFailure.wrapping(error, side: .source)
                        outcome.state.withLock { $0.failure = failure }
                        throw failure
                    }
                }
            }
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

    /// Holds one buffer back, so that the last bytes pass only after the digest was compared.
    private struct Verification {
        let descriptor: Descriptor
        var digester: Digester
        var received: Int64 = 0
        var handedOn: Int64 = 0
        var held: ByteBuffer?
        var isComplete = false

        init(of descriptor: Descriptor) {
            self.descriptor = descriptor
            digester = Digester(descriptor.digest.algorithm)
        }

        mutating func next(from iterator: inout ByteStream.AsyncIterator) async throws -> ByteBuffer? {
            while !isComplete {
                guard let buffer = try await iterator.next() else {
                    try finish()
                    break
                }
                guard buffer.readableBytes > 0 else { continue }
                received += Int64(buffer.readableBytes)
                guard received <= descriptor.size else {
                    throw ContentError.tooLong(descriptor.digest, expected: descriptor.size)
                }
                digester.update(buffer)
                guard let previous = held else {
                    held = buffer
                    continue
                }
                held = buffer
                handedOn += Int64(previous.readableBytes)
                return previous
            }
            guard let last = held else { return nil }
            held = nil
            handedOn += Int64(last.readableBytes)
            return last
        }

        private mutating func finish() throws {
            guard received == descriptor.size else {
                throw ContentError.tooShort(descriptor.digest, expected: descriptor.size, received: received)
            }
            let actual = digester.digest()
            guard actual == descriptor.digest else {
                throw ContentError.wrongDigest(expected: descriptor.digest, actual: actual)
            }
            isComplete = true
        }
    }
}
