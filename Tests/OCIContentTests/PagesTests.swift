// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import Testing

@Suite struct PagesTests {
    /// A listing of pages 1, 2, 3…, of which each call can be made to do something first.
    private func pages(
        _ count: Int,
        calls: Recorder<Int> = Recorder(),
        before: @escaping @Sendable (_ call: Int, _ page: Int) async throws -> Void = { _, _ in }
    ) -> Pages<Int> {
        Pages {
            var page = 0
            return {
                guard page < count else { return nil }
                try await before(calls.record(page + 1), page + 1)
                page += 1
                return [page * 10, page * 10 + 1]
            }
        }
    }

    @Test func `gives every page in order, then the end`() async throws {
        #expect(try await pages(3).all() == [10, 11, 20, 21, 30, 31])
        #expect(try await pages(0).all() == [])
        var iterator = pages(1).makeAsyncIterator()
        #expect(try await iterator.next() == [10, 11])
        #expect(try await iterator.next() == nil)
        #expect(try await iterator.next() == nil)
    }

    @Test func `a listing of one page gives it once in each reading`() async throws {
        let listing = Pages(["a", "b"])
        for _ in 0..<2 {
            var iterator = listing.makeAsyncIterator()
            #expect(try await iterator.next() == ["a", "b"])
            #expect(try await iterator.next() == nil)
        }
        #expect(try await Pages<Int>([]).all() == [])
    }

    @Test func `every reading begins anew`() async throws {
        let listing = pages(2)
        #expect(try await listing.all() == [10, 11, 20, 21])
        #expect(try await listing.all() == [10, 11, 20, 21])
    }

    @Test(arguments: [1, 2, 3])
    func `a listing that is cancelled in the middle is an error, never a short list`(_ at: Int) async {
        // The place itself notices nothing: it gives its page as if all were well.
        let listing = pages(3) { _, page in if page == at { cancelCurrentTask() } }
        let error = await failure { try await Task { try await listing.all() }.value }
        #expect(error is CancellationError)
    }

    @Test func `a listing that is cancelled at its end is an error as well`() async {
        let listing = Pages<Int> {
            var isFirst = true
            return {
                defer { isFirst = false }
                if isFirst { return [1] }
                cancelCurrentTask()
                return nil
            }
        }
        let error = await failure { try await Task { try await listing.all() }.value }
        #expect(error is CancellationError)
    }

    @Test func `a task that is cancelled asks for nothing`() async {
        let calls = Recorder<Int>()
        let listing = pages(3, calls: calls)
        let error = await failure {
            try await Task {
                cancelCurrentTask()
                return try await listing.all()
            }
            .value
        }
        #expect(error is CancellationError)
        #expect(calls.count == 0)
    }

    @Test func `a page that failed can be asked for again`() async throws {
        let listing = pages(3) { call, _ in if call == 2 { throw Fault() } }
        var iterator = listing.makeAsyncIterator()
        #expect(try await iterator.next() == [10, 11])
        let error = await failure { try await iterator.next() }
        #expect(error as? Fault == Fault())
        #expect(try await iterator.next() == [20, 21])
        #expect(try await iterator.next() == [30, 31])
        #expect(try await iterator.next() == nil)
    }

    @Test func `a retried listing repeats the page that failed and no other`() async throws {
        let calls = Recorder<Int>()
        let clock = VirtualClock()
        let listing = pages(3, calls: calls) { call, _ in if [2, 3, 5].contains(call) { throw Fault() } }
        #expect(try await listing.retried(by: .test(clock)).all() == [10, 11, 20, 21, 30, 31])
        #expect(calls.elements == [1, 2, 2, 2, 3, 3])
        // Each page has its own count of failures.
        #expect(clock.pauses == [.seconds(1), .seconds(2), .seconds(1)])
    }

    @Test func `a retried listing fails with the last error of a page, never short`() async {
        let calls = Recorder<Int>()
        let listing = pages(3, calls: calls) { _, page in if page == 3 { throw Fault() } }
        let error = await failure { try await listing.retried(by: .test()).all() }
        #expect(error as? Fault == Fault())
        #expect(calls.elements == [1, 2, 3, 3, 3])
    }

    @Test func `a retried listing that is cancelled is an error and repeats nothing`() async {
        let calls = Recorder<Int>()
        let clock = VirtualClock()
        let listing = pages(3, calls: calls) { _, page in
            guard page == 2 else { return }
            cancelCurrentTask()
            throw Fault()
        }
        let error = await failure { try await Task { try await listing.retried(by: .test(clock)).all() }.value }
        #expect(error is CancellationError)
        #expect(calls.elements == [1, 2])
        #expect(clock.pauses.isEmpty)
    }
}
