// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

@Suite struct PullAccountTests {
    private func limit(_ remaining: Int) -> PullLimit {
        PullLimit(limit: 100, remaining: remaining, window: .seconds(21_600))
    }

    private func isReserved(_ outcome: PullAccount.Outcome) -> Bool {
        if case .reserved = outcome { true } else { false }
    }
    private func mustWait(_ outcome: PullAccount.Outcome) -> Bool {
        if case .othersHold = outcome { true } else { false }
    }
    private func remaining(_ outcome: PullAccount.Outcome) -> Int? {
        if case .usedUp(let limit) = outcome { limit?.remaining } else { nil }
    }

    @Test func `of what is left, only what is not set aside or kept is given`() {
        let account = PullAccount()
        account.heard(limit(10), at: .zero)
        #expect(isReserved(account.take(3, keeping: 2)))
        #expect(isReserved(account.take(5, keeping: 2)))
        // Others may give some back.
        #expect(mustWait(account.take(1, keeping: 2)))
        account.giveBack(3)
        account.giveBack(5)
        #expect(remaining(account.take(9, keeping: 2)) == 10)
        #expect(isReserved(account.take(8, keeping: 2)))
    }

    @Test func `as long as something is set aside, the lowest number that was heard holds`() {
        let account = PullAccount()
        account.heard(limit(10), at: .zero)
        #expect(isReserved(account.take(4, keeping: 0)))
        for number in [7, 9, 6, 8] { account.heard(limit(number), at: .seconds(1)) }
        #expect(account.limit?.remaining == 6)
        account.giveBack(4)
        #expect(remaining(account.take(7, keeping: 0)) == 6)
        account.heard(limit(100), at: .seconds(2))
        #expect(isReserved(account.take(7, keeping: 0)))
    }

    @Test func `after a refusal nothing is given until the registry says that there are some`() {
        let account = PullAccount()
        account.heard(limit(50), at: .zero)
        account.refused()
        guard case .refused(let known) = account.take(1, keeping: 0) else {
            Issue.record("pulls were given")
            return
        }
        #expect(known?.remaining == 50)
        account.heard(limit(0), at: .seconds(1))
        #expect(!isReserved(account.take(1, keeping: 0)))
        account.heard(limit(1), at: .seconds(2))
        #expect(isReserved(account.take(1, keeping: 0)))
    }

    @Test func `what was heard is old after five minutes, and what was never heard at once`() {
        let account = PullAccount()
        #expect(account.isUnknown && account.isOld(at: .zero))
        account.looked()
        #expect(!account.isUnknown && account.isOld(at: .zero))
        account.heard(limit(5), at: .seconds(10))
        #expect(!account.isOld(at: .seconds(310)))
        #expect(account.isOld(at: .seconds(311)))
    }

    @Test func `whoever waits is woken when something is given back, and when its task is cancelled`() async throws {
        let account = PullAccount()
        account.heard(limit(1), at: .zero)
        #expect(isReserved(account.take(1, keeping: 0)))
        let waiter = Task { try await account.change() }
        account.giveBack(1)
        try await waiter.value
        #expect(isReserved(account.take(1, keeping: 0)))
        let cancelled = Task { try await account.change() }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
    }
}
