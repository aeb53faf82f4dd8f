// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
@testable import Replication
import Synchronization
import Testing

@Suite struct ArrivalLedgerTests {
    private struct Refusal: Error, Equatable {}

    /// Hints that tests can read.
    private final class Hints: HolderHints {
        private let state: Mutex<[Digest: RepositoryName]>

        init(_ known: [Digest: RepositoryName] = [:]) { state = Mutex(known) }

        func holder(of digest: Digest) -> RepositoryName? { state.withLock { $0[digest] } }

        func note(_ digest: Digest, in repository: RepositoryName) { state.withLock { $0[digest] = repository } }
    }

    private let digest = BuiltBlob([1]).descriptor.digest
    private var blob: ArrivalLedger.Content { .blob(digest) }
    private let first: Route
    private let second: Route
    private let third: Route

    init() throws {
        first = try Self.route("1")
        second = try Self.route("2")
        third = try Self.route("3")
    }

    private static func route(_ name: String) throws -> Route {
        Route(source: try RepositoryName("from/\(name)"), destination: try RepositoryName("to/\(name)"))
    }

    /// Begins a claim, and gives it the time to wait.
    private func waiting(
        _ ledger: ArrivalLedger,
        _ content: ArrivalLedger.Content,
        _ route: Route
    ) async -> (task: Task<ArrivalLedger.Claim, any Error>, isOver: @Sendable () -> Bool) {
        let isOver = Shared(false)
        let task = Task {
            defer { isOver.change { $0 = true } }
            return try await ledger.claim(content, on: route)
        }
        for _ in 0..<200 { await Task.yield() }
        return (task, { isOver.value })
    }

    @Test func `the first claim is granted, and what arrived is held`() async throws {
        let ledger = ArrivalLedger()
        #expect(try await ledger.claim(blob, on: first) == .granted(sibling: nil))
        await ledger.settle(blob, on: first, .arrived(.copied))
        #expect(try await ledger.claim(blob, on: first) == .held)
        #expect(try await ledger.claim(blob, on: first) == .held)
    }

    @Test(arguments: [Arrival.copied, .mounted, .present])
    func `another repository mounts from one that holds it, however it came there`(_ arrival: Arrival) async throws {
        let ledger = ArrivalLedger()
        _ = try await ledger.claim(blob, on: first)
        await ledger.settle(blob, on: first, .arrived(arrival))
        #expect(try await ledger.claim(blob, on: second) == .granted(sibling: first.destination))
        // Many can mount at the same time.
        #expect(try await ledger.claim(blob, on: third) == .granted(sibling: first.destination))
    }

    @Test func `a second repository waits for the first bytes, then mounts`() async throws {
        let ledger = ArrivalLedger()
        _ = try await ledger.claim(blob, on: first)
        let waiter = await waiting(ledger, blob, second)
        #expect(!waiter.isOver())
        await ledger.settle(blob, on: first, .arrived(.copied))
        #expect(try await waiter.task.value == .granted(sibling: first.destination))
    }

    @Test func `the same repository waits, and finds it held`() async throws {
        let ledger = ArrivalLedger()
        _ = try await ledger.claim(blob, on: first)
        let waiter = await waiting(ledger, blob, first)
        #expect(!waiter.isOver())
        await ledger.settle(blob, on: first, .arrived(.copied))
        #expect(try await waiter.task.value == .held)
    }

    @Test func `the same repository waits for a mount, too`() async throws {
        let ledger = ArrivalLedger()
        _ = try await ledger.claim(blob, on: first)
        await ledger.settle(blob, on: first, .arrived(.copied))
        _ = try await ledger.claim(blob, on: second)
        let waiter = await waiting(ledger, blob, second)
        #expect(!waiter.isOver())
        await ledger.settle(blob, on: second, .arrived(.mounted))
        #expect(try await waiter.task.value == .held)
    }

    @Test func `one of those that wait takes over a claim that failed, and only one`() async throws {
        let ledger = ArrivalLedger()
        _ = try await ledger.claim(blob, on: first)
        let waiters = [await waiting(ledger, blob, second), await waiting(ledger, blob, third)]
        await ledger.settle(blob, on: first, .failed)
        for _ in 0..<200 { await Task.yield() }
        let over = waiters.filter { $0.isOver() }
        #expect(over.count == 1)
        let winner = try #require(waiters.firstIndex { $0.isOver() })
        #expect(try await waiters[winner].task.value == .granted(sibling: nil))
        let routes = [second, third]
        await ledger.settle(blob, on: routes[winner], .arrived(.copied))
        #expect(
            try await waiters[1 - winner].task.value == .granted(sibling: routes[winner].destination)
        )
    }

    @Test func `a failed claim can be made again by the same repository`() async throws {
        let ledger = ArrivalLedger()
        _ = try await ledger.claim(blob, on: first)
        await ledger.settle(blob, on: first, .failed)
        #expect(try await ledger.claim(blob, on: first) == .granted(sibling: nil))
    }

    @Test func `what a repository of the source does not deliver is not asked of it again`() async throws {
        let ledger = ArrivalLedger()
        _ = try await ledger.claim(blob, on: first)
        let same = await waiting(ledger, blob, first)
        let other = await waiting(ledger, blob, second)
        await ledger.settle(blob, on: first, .impossible(Refusal()))
        #expect(await failure { try await same.task.value } is Refusal)
        #expect(await failure { try await ledger.claim(blob, on: first) } is Refusal)
        // Another repository of the source may have it.
        #expect(try await other.task.value == .granted(sibling: nil))
        // Other content of the same repository is another matter.
        #expect(
            try await ledger.claim(.blob(BuiltBlob([2]).descriptor.digest), on: first) == .granted(sibling: nil)
        )
    }

    @Test func `a hint is followed as long as nothing is known, and corrected when it was wrong`() async throws {
        let hints = Hints([digest: third.destination])
        let ledger = ArrivalLedger(hints: hints)
        #expect(try await ledger.claim(blob, on: first) == .granted(sibling: third.destination))
        #expect(hints.holder(of: digest) == third.destination)
        // The mount was refused, so the bytes were sent.
        await ledger.settle(blob, on: first, .arrived(.copied))
        #expect(hints.holder(of: digest) == first.destination)
        #expect(try await ledger.claim(blob, on: second) == .granted(sibling: first.destination))
        await ledger.settle(blob, on: second, .arrived(.mounted))
        #expect(hints.holder(of: digest) == first.destination)
    }

    @Test func `a hint that names the repository itself is no sibling`() async throws {
        let ledger = ArrivalLedger(hints: Hints([digest: first.destination]))
        #expect(try await ledger.claim(blob, on: first) == .granted(sibling: nil))
    }

    @Test func `where a blob goes is noted before its first byte`() async throws {
        let hints = Hints()
        let ledger = ArrivalLedger(hints: hints)
        _ = try await ledger.claim(blob, on: first)
        #expect(hints.holder(of: digest) == first.destination)
    }

    @Test func `a manifest is written to each repository, at the same time, and never mounted`() async throws {
        let hints = Hints()
        let ledger = ArrivalLedger(hints: hints)
        let manifest = ArrivalLedger.Content.manifest(digest)
        #expect(try await ledger.claim(manifest, on: first) == .granted(sibling: nil))
        #expect(try await ledger.claim(manifest, on: second) == .granted(sibling: nil))
        let waiter = await waiting(ledger, manifest, first)
        #expect(!waiter.isOver())
        await ledger.settle(manifest, on: first, .arrived(.copied))
        #expect(try await waiter.task.value == .held)
        #expect(try await ledger.claim(manifest, on: third) == .granted(sibling: nil))
        #expect(hints.holder(of: digest) == nil)
    }

    @Test func `to hold a blob is not to hold the manifest of the same bytes (G1)`() async throws {
        let ledger = ArrivalLedger()
        _ = try await ledger.claim(blob, on: first)
        await ledger.settle(blob, on: first, .arrived(.copied))
        #expect(try await ledger.claim(.manifest(digest), on: first) == .granted(sibling: nil))
        await ledger.settle(.manifest(digest), on: first, .arrived(.copied))
        #expect(try await ledger.claim(.manifest(digest), on: first) == .held)
    }

    @Test func `the oldest is forgotten beyond the capacity, but nothing that is under way`() async throws {
        let ledger = ArrivalLedger(capacity: 4)
        let contents = (0..<10).map { ArrivalLedger.Content.blob(BuiltBlob([9, $0]).descriptor.digest) }
        // The first is being written all the time.
        _ = try await ledger.claim(contents[0], on: first)
        for content in contents[1...] {
            _ = try await ledger.claim(content, on: first)
            await ledger.settle(content, on: first, .arrived(.copied))
        }
        #expect(try await ledger.claim(contents[9], on: first) == .held)
        // Forgotten: to be asked of the destination again.
        #expect(try await ledger.claim(contents[1], on: first) == .granted(sibling: nil))
        let waiter = await waiting(ledger, contents[0], second)
        #expect(!waiter.isOver())
        await ledger.settle(contents[0], on: first, .arrived(.copied))
        #expect(try await waiter.task.value == .granted(sibling: first.destination))
    }

    @Test func `a waiter that is cancelled throws once it is woken`() async throws {
        let ledger = ArrivalLedger()
        _ = try await ledger.claim(blob, on: first)
        let waiter = await waiting(ledger, blob, second)
        waiter.task.cancel()
        await ledger.settle(blob, on: first, .failed)
        #expect(await failure { try await waiter.task.value } is CancellationError)
        // It holds nothing up.
        #expect(try await ledger.claim(blob, on: third) == .granted(sibling: nil))
    }

    @Test func `many that want the same move it once`() async throws {
        let ledger = ArrivalLedger()
        let written = Shared(0)
        let content = blob
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                let route = try Self.route("\(number % 20)")
                group.addTask {
                    guard case .granted(let sibling) = try await ledger.claim(content, on: route) else { return }
                    if sibling == nil { written.change { $0 += 1 } }
                    await Task.yield()
                    await ledger.settle(content, on: route, .arrived(sibling == nil ? .copied : .mounted))
                }
            }
            try await group.waitForAll()
        }
        #expect(written.value == 1)
    }
}
