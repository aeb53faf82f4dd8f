// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OCIRegistry

@Suite struct PauseScheduleTests {
    @Test(
        arguments: [
            (nil, [1, 2, 4, 8, 16, 32, 60, 60, 60]),
            // Some say that they may be asked again at once, each time.
            (0, [0, 2, 4, 8, 16, 32, 60, 60]),
            (5, [5, 5, 5, 5]),
            (90, [60, 60]),
        ] as [(Int?, [Int])]
    )
    func `F15 pauses of a host grow until an answer is good`(_ wish: Int?, _ expected: [Int]) {
        var schedule = PauseSchedule { 0 }
        var now = Duration.zero
        func refuse() -> Duration {
            now += .milliseconds(1)
            let isNew = schedule.refused(wish: wish.map { .seconds($0) }, sentAt: now, now: now)
            #expect(isNew)
            let rest = schedule.rest(at: now) ?? .zero
            now += rest
            return rest
        }
        #expect(expected.map { _ in refuse() } == expected.map { .seconds($0) })
        now += .milliseconds(1)
        schedule.answered(sentAt: now)
        #expect(refuse() == .seconds(min(wish ?? 1, 60)))
    }

    @Test func `F15 growing pauses are not the same everywhere`() {
        var schedule = PauseSchedule { 1 }
        var rests: [Duration?] = []
        for now in stride(from: 0, to: 800, by: 100).map({ Duration.seconds($0) }) {
            _ = schedule.refused(wish: .zero, sentAt: now, now: now)
            rests.append(schedule.rest(at: now))
        }
        #expect(rests == [nil, 2.5, 5, 10, 20, 40, 60, 60].map { $0.map { .seconds($0) } })
    }

    @Test func `F15 the refusals of one burst are one pause`() {
        var schedule = PauseSchedule { 0 }
        var began = 0
        for _ in 0..<16 where schedule.refused(wish: nil, sentAt: .seconds(9), now: .seconds(10)) {
            began += 1
        }
        #expect(began == 1)
        #expect(schedule.rest(at: .seconds(10)) == .seconds(1))
        // It was sent before the pause, and comes after it.
        let isLate = schedule.refused(wish: nil, sentAt: .seconds(9), now: .seconds(20))
        #expect(!isLate)
        #expect(schedule.rest(at: .seconds(20)) == nil)
        let isNext = schedule.refused(wish: nil, sentAt: .seconds(21), now: .seconds(21))
        #expect(isNext)
        #expect(schedule.rest(at: .seconds(21)) == .seconds(2))
    }

    @Test func `a good answer to a request that was sent before the refusal says nothing`() {
        var schedule = PauseSchedule { 0 }
        for now in [Duration.seconds(0), .seconds(10)] { _ = schedule.refused(wish: nil, sentAt: now, now: now) }
        schedule.answered(sentAt: .seconds(9))
        _ = schedule.refused(wish: nil, sentAt: .seconds(20), now: .seconds(20))
        #expect(schedule.rest(at: .seconds(20)) == .seconds(4))
    }

    @Test(arguments: [(-5, nil), (0, nil), (3, 3), (60, 60), (86_400, 60), (1_000_000_000, 60)] as [(Int, Int?)])
    func `F15 wishes are bounded`(_ wish: Int, _ rest: Int?) {
        var schedule = PauseSchedule { 0 }
        _ = schedule.refused(wish: .seconds(wish), sentAt: .zero, now: .zero)
        #expect(schedule.rest(at: .zero) == rest.map { .seconds($0) })
    }

    @Test func `a pause under way is made longer, never shorter`() {
        var schedule = PauseSchedule { 0 }
        for wish in [5, 30, 1] { _ = schedule.refused(wish: .seconds(wish), sentAt: .zero, now: .zero) }
        #expect(schedule.rest(at: .zero) == .seconds(30))
        #expect(schedule.rest(at: .seconds(30)) == nil)
    }
}
