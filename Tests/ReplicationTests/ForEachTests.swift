// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import OCITestKit
@testable import Replication
import Synchronization
import Testing

@Suite struct ForEachTests {
    private struct Refusal: Error, Equatable { var number: Int }

    /// How many are in it at once.
    private final class Crowd: Sendable {
        private let state = Mutex<(now: Int, most: Int, all: [Int], cancelled: Int)>((0, 0, [], 0))

        var most: Int { state.withLock { $0.most } }
        var now: Int { state.withLock { $0.now } }
        var all: [Int] { state.withLock { $0.all } }
        var cancelled: Int { state.withLock { $0.cancelled } }

        func visit(_ number: Int, yields: Int = 20) async {
            state.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
                state.all.append(number)
            }
            for _ in 0..<yields { await Task.yield() }
            state.withLock { $0.now -= 1 }
        }

        /// Stays until it is cancelled.
        func stay() async {
            state.withLock { $0.now += 1 }
            while !Task.isCancelled { await Task.yield() }
            state.withLock { state in
                state.now -= 1
                state.cancelled += 1
            }
        }
    }

    /// The two forms: over a collection, and over a listing.
    enum Form: CaseIterable { case collection, listing }

    private func run(
        _ form: Form,
        _ numbers: [Int],
        width: Int,
        _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        switch form {
        case .collection: try await forEach(numbers, width: width, body)
        case .listing: try await forEach(Pages(numbers).elements(wrapping: .source), width: width, body)
        }
    }

    @Test(arguments: Form.allCases, [1, 2, 7, 100])
    func `does everything once, and never more at once than allowed`(_ form: Form, _ width: Int) async throws {
        let crowd = Crowd()
        try await run(form, Array(0..<60), width: width) { await crowd.visit($0) }
        #expect(crowd.all.sorted() == Array(0..<60))
        #expect(crowd.most <= width)
        if width > 1 { #expect(crowd.most > 1) }
    }

    @Test(arguments: Form.allCases)
    func `is done at once with nothing to do`(_ form: Form) async throws {
        try await run(form, [], width: 3) { _ in Issue.record("called") }
    }

    @Test(arguments: Form.allCases)
    func `keeps the window full: one slow element does not hold up the others`(_ form: Form) async throws {
        let crowd = Crowd()
        let others = Shared(0)
        try await run(form, Array(0..<20), width: 2) { number in
            if number == 0 {
                while others.value < 19 { await Task.yield() }
            } else {
                await crowd.visit(number, yields: 1)
                others.change { $0 += 1 }
            }
        }
        #expect(crowd.all == Array(1..<20))
    }

    @Test(arguments: Form.allCases)
    func `an error cancels the rest, and is thrown when that has ended`(_ form: Form) async throws {
        let crowd = Crowd()
        let error = await failure {
            try await run(form, Array(0..<50), width: 4) { number in
                if number == 3 {
                    while crowd.now < 3 { await Task.yield() }
                    throw Refusal(number: 3)
                }
                await crowd.stay()
                try Task.checkCancellation()
            }
        }
        #expect(error as? Refusal == Refusal(number: 3))
        #expect(crowd.now == 0)
        #expect(crowd.cancelled == 3)
    }

    @Test func `an error of the listing ends it as well`() async throws {
        let crowd = Crowd()
        let pages = Pages<Int> {
            var page = 0
            return {
                page += 1
                guard page < 3 else {
                    while crowd.now < 2 { await Task.yield() }
                    throw Refusal(number: page)
                }
                return [page]
            }
        }
        let error = await failure {
            try await forEach(pages.elements(wrapping: .destination), width: 8) { _ in await crowd.stay() }
        }
        #expect(underlying(error) as? Refusal == Refusal(number: 3))
        #expect((error as? SideFailure)?.side == .destination)
        #expect(crowd.cancelled == 2)
    }

    @Test(arguments: Form.allCases)
    func `a task that is cancelled ends`(_ form: Form) async throws {
        let crowd = Crowd()
        let task = Task {
            try await run(form, Array(0..<10), width: 3) { _ in
                await crowd.stay()
                try Task.checkCancellation()
            }
        }
        while crowd.now < 3 { await Task.yield() }
        task.cancel()
        #expect(await failure { try await task.value } is CancellationError)
        #expect(crowd.now == 0)
    }

    @Test func `empty pages are passed over`() async throws {
        let pages = Pages<Int> {
            var rest = [[], [1], [], [], [2, 3], []][...]
            return { rest.popFirst() }
        }
        var numbers: [Int] = []
        for try await number in pages.elements(wrapping: .source) { numbers.append(number) }
        #expect(numbers == [1, 2, 3])
    }
}
