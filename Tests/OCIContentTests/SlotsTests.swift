// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import Synchronization
import Testing

@Suite struct SlotsTests {
    /// Begins to wait for a place, and gives it the time to stand in the queue.
    private func queued(
        _ slots: Slots,
        _ urgency: Slots.Urgency = .ordinary,
        _ granted: @escaping @Sendable (Slots.Slot) -> Void = { _ in }
    ) async -> Task<Void, any Error> {
        let task = Task { granted(try await slots.acquire(urgency)) }
        for _ in 0..<200 { await Task.yield() }
        return task
    }

    /// How many are in it at once.
    private final class Crowd: Sendable {
        private let state = Mutex((now: 0, most: 0))

        var most: Int { state.withLock { $0.most } }

        func enter() {
            state.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
            }
        }

        func leave() { state.withLock { $0.now -= 1 } }
    }

    @Test(arguments: [1, 2, 5])
    func `never more are given than there are`(_ count: Int) async throws {
        let slots = Slots(count)
        let crowd = Crowd()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    let slot = try await slots.acquire()
                    defer { slot.release() }
                    crowd.enter()
                    for _ in 0..<5 { await Task.yield() }
                    crowd.leave()
                }
            }
            try await group.waitForAll()
        }
        #expect((1...count).contains(crowd.most))
    }

    @Test(arguments: [0, -3])
    func `there is always one place`(_ count: Int) async throws {
        let slot = try await Slots(count).acquire()
        slot.release()
    }

    @Test func `the urgent go first, each kind in the order of asking`() async throws {
        let slots = Slots(1)
        let held = try await slots.acquire()
        let order = Recorder<String>()
        var tasks: [Task<Void, any Error>] = []
        let asked: [(String, Slots.Urgency)] = [
            ("ordinary 1", .ordinary), ("urgent 1", .urgent), ("ordinary 2", .ordinary), ("urgent 2", .urgent),
        ]
        for (name, urgency) in asked {
            tasks.append(
                await queued(slots, urgency) { slot in
                    order.record(name)
                    slot.release()
                }
            )
        }
        #expect(order.count == 0)
        held.release()
        for task in tasks { try await task.value }
        #expect(order.elements == ["urgent 1", "urgent 2", "ordinary 1", "ordinary 2"])
    }

    @Test func `a waiter that is cancelled leaves the queue and takes no place`() async throws {
        let slots = Slots(1)
        let held = try await slots.acquire()
        let waiter = await queued(slots) { _ in Issue.record("granted") }
        let urgent = await queued(slots, .urgent) { _ in Issue.record("granted") }
        waiter.cancel()
        urgent.cancel()
        #expect(await failure { try await waiter.value } is CancellationError)
        #expect(await failure { try await urgent.value } is CancellationError)
        held.release()
        try await slots.acquire().release()
    }

    @Test func `a task that is cancelled already gets nothing`() async throws {
        let slots = Slots(1)
        let task = Task {
            cancelCurrentTask()
            try await slots.acquire().release()
        }
        #expect(await failure { try await task.value } is CancellationError)
        try await slots.acquire().release()
    }

    @Test func `a place that nobody holds any more is given back`() async throws {
        let slots = Slots(1)
        var slot: Slots.Slot? = try await slots.acquire()
        #expect(slot != nil)
        let waiter = await queued(slots)
        slot = nil
        try await waiter.value
        // The waiter has let go of it as well.
        try await slots.acquire().release()
    }

    @Test func `a second release gives nothing back`() async throws {
        let slots = Slots(1)
        let first = try await slots.acquire()
        first.release()
        let second = try await slots.acquire()
        first.release()
        let granted = Recorder<Bool>()
        let waiter = await queued(slots) { slot in
            granted.record(true)
            slot.release()
        }
        #expect(granted.count == 0)
        second.release()
        try await waiter.value
    }

    @Test func `no place is lost when waiters are cancelled while places are given back`() async throws {
        let slots = Slots(3)
        for round in 0..<50 {
            let tasks = (0..<12)
                .map { number in
                    Task {
                        let slot = try await slots.acquire(number.isMultiple(of: 2) ? .urgent : .ordinary)
                        await Task.yield()
                        slot.release()
                    }
                }
            for (number, task) in tasks.enumerated() where (number + round).isMultiple(of: 3) { task.cancel() }
            for task in tasks { _ = try? await task.value }
        }
        let all = [try await slots.acquire(), try await slots.acquire(), try await slots.acquire()]
        let fourth = await queued(slots)
        all[0].release()
        try await fourth.value
        withExtendedLifetime(all) {}
    }

    @Test func `more places are given out at once, fewer as they come back`() async throws {
        let slots = Slots(1)
        let granted = Recorder<Int>()
        let held = Recorder<Slots.Slot>()
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<5 {
            tasks.append(
                await queued(slots) { slot in
                    held.record(slot)
                    granted.record(number)
                }
            )
        }
        #expect(granted.count == 1)
        slots.resize(to: 3)
        for task in tasks.prefix(3) { try await task.value }
        #expect(granted.count == 3)
        slots.resize(to: 2)
        held.elements[0].release()
        for _ in 0..<200 { await Task.yield() }
        #expect(granted.count == 3)
        held.elements[1].release()
        try await tasks[3].value
        #expect(granted.count == 4)
        held.elements[2].release()
        try await tasks[4].value
    }

    @Test(arguments: [0, -1])
    func `one place remains`(_ count: Int) async throws {
        let slots = Slots(4)
        slots.resize(to: count)
        let slot = try await slots.acquire()
        let waiter = await queued(slots)
        slot.release()
        try await waiter.value
    }
}
