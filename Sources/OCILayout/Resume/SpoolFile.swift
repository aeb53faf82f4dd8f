// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import Synchronization

/// The file of one blob of a spool, which this process has locked.
///
/// Several readings may know it, but only the newest one may write: an older one is abandoned, or passes on what it gets
/// without keeping it. Calls block.
final class SpoolFile: Sendable {
    /// The right to write; a later one ends it.
    typealias Turn = UInt64

    private struct State {
        /// How many bytes were written successfully; only they count.
        var length: Int64
        var turn: Turn = 0
    }

    let digest: Digest
    let size: Int64
    let file: OpenFile
    private let folder: Folder
    /// Whether there is room for the rest of the blob.
    private let canGrow: Bool
    /// Held while bytes are written.
    private let state: Mutex<State>
    private let givenUp = Atomic(false)

    /// - Parameters:
    ///   - length: How many bytes the file has.
    ///   - canGrow: Whether there is room for the rest of the blob.
    init(_ blob: Descriptor, _ file: OpenFile, in folder: Folder, length: Int64, canGrow: Bool) {
        digest = blob.digest
        size = blob.size
        self.canGrow = canGrow
        self.file = file
        self.folder = folder
        state = Mutex(State(length: length))
    }

    /// Whether the file is removed, and nothing more is written.
    var isGivenUp: Bool { givenUp.load(ordering: .acquiring) }

    /// How many bytes are kept.
    var length: Int64 { state.withLock { isGivenUp ? 0 : $0.length } }

    /// Begins a reading at an offset: the turn, and how many bytes are kept.
    /// - Returns: `nil` if the reading begins behind them; who writes then may go on.
    func begin(at offset: Int64) -> (turn: Turn, length: Int64)? {
        state.withLock { state in
            guard !isGivenUp, offset <= state.length else { return nil }
            state.turn += 1
            return (state.turn, state.length)
        }
    }

    /// Appends bytes that belong at an offset.
    ///
    /// A failure of the disk is no failure of the copy: the file is given up then.
    /// - Returns: Whether more can be appended.
    func append(_ bytes: ByteBuffer, at offset: Int64, _ turn: Turn) -> Bool {
        state.withLock { state in
            guard canGrow, !isGivenUp, state.turn == turn, offset == state.length else { return false }
            let end = offset + Int64(bytes.readableBytes)
            do {
                // More bytes than the blob has are not the blob.
                guard end <= size else { throw StoreError.damaged(path: file.path, reason: "is too long") }
                try failpoint(.spoolAppend)
                try bytes.withUnsafeReadableBytes { try file.write($0, at: offset) }
                state.length = end
                return true
            } catch {
                giveUp()
                return false
            }
        }
    }

    /// Removes the file; whoever reads from it reads on.
    func remove() { state.withLock { _ in giveUp() } }

    /// Removes the file if nothing was kept, and nobody else has begun.
    func removeIfUnused(_ turn: Turn) {
        state.withLock { state in
            if state.length == 0, state.turn == turn { giveUp() }
        }
    }

    /// Under the lock, so that no write is under way.
    private func giveUp() {
        guard !givenUp.exchange(true, ordering: .acquiringAndReleasing) else { return }
        _ = try? folder.remove(digest.hex)
    }
}
