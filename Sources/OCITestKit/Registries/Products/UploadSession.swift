// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import Synchronization

/// The bytes of one upload as they arrive; they are hashed, and kept up to a bound.
final class UploadSession: Sendable {
    private struct Point {
        var size: Int64 = 0
        var digester = Digester(.sha256)
    }

    private struct State {
        var now = Point()
        var kept: [UInt8] = []
        /// Where the body that is being received began.
        var start = Point()
        var received: Int64 = 0
        var chunks: [Int64] = []
        /// The offsets that were told the client.
        var states: [String: Int64] = [:]
        var digest: Digest?
    }

    let id: String
    let repository: String
    private let bound: Int
    private let state = Mutex(State())

    init(id: String, repository: String, bound: Int) {
        self.id = id
        self.repository = repository
        self.bound = bound
    }

    /// How long the upload is.
    var size: Int64 { state.withLock { $0.now.size } }
    /// How long the body is that is being received.
    var bodySize: Int64 { state.withLock { $0.now.size - $0.start.size } }
    /// The bytes of all bodies, also of those that were thrown away.
    var received: Int64 { state.withLock { $0.received } }
    /// The lengths of the bodies that stayed, in order, but for empty ones.
    var chunks: [Int64] { state.withLock { $0.chunks } }
    /// What the upload became.
    var digest: Digest? { state.withLock { $0.digest } }

    func begin() { state.withLock { $0.start = $0.now } }

    func take(_ buffer: ByteBuffer) {
        state.withLock {
            $0.received += Int64(buffer.readableBytes)
            $0.now.size += Int64(buffer.readableBytes)
            $0.now.digester.update(buffer)
            let room = bound - $0.kept.count
            if room > 0 { $0.kept += buffer.readableBytesView.prefix(room) }
        }
    }

    /// Counts the body that has come as one chunk.
    func finish() {
        state.withLock {
            if $0.now.size > $0.start.size { $0.chunks.append($0.now.size - $0.start.size) }
        }
    }

    /// Throws the body away that has come.
    func rollBack() {
        state.withLock {
            $0.now = $0.start
            $0.kept = Array($0.kept.prefix(Int(min(Int64(bound), $0.now.size))))
        }
    }

    /// The content; its bytes are `nil` if there were too many to keep.
    func content(_ algorithm: Digest.Algorithm) -> (digest: Digest?, size: Int64, bytes: [UInt8]?) {
        state.withLock {
            let bytes = $0.now.size <= Int64(bound) ? $0.kept : nil
            let digest =
                switch algorithm {
                case .sha256: $0.now.digester.digest()
                case .sha512: bytes.map { Digester.digest(of: $0, algorithm: .sha512) }
                }
            return (digest, $0.now.size, bytes)
        }
    }

    /// Ends the upload, which needs no memory from now on.
    func close(as digest: Digest?) {
        state.withLock {
            $0.digest = digest
            $0.kept = []
        }
    }

    /// A name for the offset that the upload has now.
    func newState() -> String {
        let token = String(UInt64.random(in: 1...UInt64.max), radix: 36)
        state.withLock { $0.states[token] = $0.now.size }
        return token
    }

    /// Whether a name was given for the offset that the upload has now.
    func fits(_ token: String?) -> Bool {
        guard let token else { return false }
        return state.withLock { $0.states[token] == $0.now.size }
    }
}
