// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

@Suite(.timeLimit(.minutes(1))) struct CredentialKeeperTests {
    private struct Broken: Error, Equatable { let number: Int }

    private struct Busy: TransientError, Equatable { let isTransient = true }

    /// A keeper whose credentials are numbered, and live for ten minutes of a clock.
    private func keeper(
        _ clock: ManualClock,
        failureLife: Duration = .zero,
        life: Duration? = .seconds(600),
        _ looks: Shared<Int>,
        _ meet: @escaping @Sendable (Int) async throws -> Void = { _ in }
    ) -> CredentialKeeper<String> {
        CredentialKeeper(watch: Stopwatch(clock), failureLife: failureLife) { _ in
            let number = looks.change { count in
                count += 1
                return count
            }
            try await meet(number)
            return Credential(.password(username: "\(number)", Secret("s")), origin: "a test", life: life)
        }
    }

    private func name(_ keeper: CredentialKeeper<String>, _ key: String = "a") async throws -> String? {
        try await keeper.credential(for: key)?.username
    }

    @Test func `a credential is looked up once for all who wait, and by its key`() async throws {
        let looks = Shared(0)
        let gate = Shared(false)
        let keeper = keeper(ManualClock(), looks) { _ in try await waitUntil { gate.value } }
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<50 { group.addTask { try await name(keeper) } }
            try await waitUntil { looks.value == 1 }
            gate.change { $0 = true }
            for try await found in group { #expect(found == "1") }
        }
        #expect(try await name(keeper, "b") == "2")
        #expect(looks.value == 2)
    }

    @Test func `it is renewed at three quarters of its life, and says how much of it is left`() async throws {
        let clock = ManualClock()
        let looks = Shared(0)
        let keeper = keeper(clock, looks)
        #expect(try await keeper.credential(for: "a")?.life == .seconds(600))
        clock.advance(by: .seconds(449))
        #expect(try await keeper.credential(for: "a")?.life == .seconds(151))
        #expect(try await name(keeper) == "1")
        clock.advance(by: .seconds(1))
        #expect(try await name(keeper) == "2")
    }

    @Test func `while it is renewed, the old one is used as long as it is good`() async throws {
        let clock = ManualClock()
        let looks = Shared(0)
        let gate = Shared(false)
        let keeper = keeper(clock, looks) { number in
            if number == 2 { try await waitUntil { gate.value } }
        }
        #expect(try await name(keeper) == "1")
        clock.advance(by: .seconds(500))
        async let renewed = name(keeper)
        try await waitUntil { looks.value == 2 }
        #expect(try await name(keeper) == "1")
        clock.advance(by: .seconds(100))
        async let late = name(keeper)
        gate.change { $0 = true }
        #expect(try await renewed == "2")
        #expect(try await late == "2")
        #expect(looks.value == 2)
    }

    @Test func `if it cannot be renewed, the old one serves to its end and not a moment longer`() async throws {
        let clock = ManualClock()
        let looks = Shared(0)
        let keeper = keeper(clock, looks) { if $0 > 1 { throw Broken(number: $0) } }
        #expect(try await name(keeper) == "1")
        clock.advance(by: .seconds(500))
        #expect(try await name(keeper) == "1")
        #expect(looks.value == 2)
        // Not with each request: after a quarter of what is left.
        #expect(try await name(keeper) == "1")
        #expect(looks.value == 2)
        clock.advance(by: .seconds(25))
        #expect(try await name(keeper) == "1")
        #expect(looks.value == 3)
        clock.advance(by: .seconds(75))
        await #expect(throws: Broken(number: 4)) { try await name(keeper) }
    }

    @Test func `a failure is everybody's who waited, and stands as long as is said`() async throws {
        let clock = ManualClock()
        let looks = Shared(0)
        let gate = Shared(false)
        let keeper = keeper(clock, failureLife: .seconds(30), looks) { number in
            try await waitUntil { gate.value }
            throw Broken(number: number)
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask { await #expect(throws: Broken(number: 1)) { try await name(keeper) } }
            }
            group.addTask {
                try? await waitUntil { looks.value == 1 }
                gate.change { $0 = true }
            }
        }
        await #expect(throws: Broken(number: 1)) { try await name(keeper) }
        clock.advance(by: .seconds(30))
        await #expect(throws: Broken(number: 2)) { try await name(keeper) }
    }

    @Test func `a failure that may pass by itself does not stand`() async throws {
        let looks = Shared(0)
        let keeper = keeper(ManualClock(), failureLife: .seconds(30), looks) { if $0 == 1 { throw Busy() } }
        await #expect(throws: Busy()) { try await name(keeper) }
        #expect(try await name(keeper) == "2")
    }

    @Test func `who waits does not suffer from the cancellation of who looks`() async throws {
        let looks = Shared(0)
        let keeper = keeper(ManualClock(), looks) { number in
            if number == 1 { try await Task.sleep(for: .seconds(3600)) }
        }
        let first = Task { try await name(keeper) }
        try await waitUntil { looks.value == 1 }
        let second = Task { try await name(keeper) }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        #expect(try await second.value == "2")
    }

    @Test func `what does not end is kept until all is forgotten`() async throws {
        let clock = ManualClock()
        let looks = Shared(0)
        let keeper = keeper(clock, life: nil, looks)
        #expect(try await keeper.credential(for: "a")?.life == nil)
        clock.advance(by: .seconds(1 << 30))
        #expect(try await name(keeper) == "1")
        await keeper.forgetAll()
        #expect(try await name(keeper) == "2")
    }
}
