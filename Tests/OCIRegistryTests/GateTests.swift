// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// Limits, pauses and back-pressure.
    @Suite struct GateTests {
        private let blob = BuiltBlob(Array(repeating: 7, count: 1000))

        @Test(arguments: [429, 503])
        func `F15 a host that wants to be left alone is left alone by all requests`(_ status: Int) async throws {
            let arrivals = Shared<[(String, ContinuousClock.Instant)]>([])
            try await withRegistry { request in
                let count = arrivals.change {
                    $0.append((request.method, .now))
                    return $0.count
                }
                return count == 1 ? PeerReply(status, headers: [("Retry-After", "1")]) : .uploads(request)
            } _: { registry, _ in
                let app = try registry.app()
                let error = try await #require(throws: RegistryError.self) { try await app.contains(blob.descriptor) }
                #expect(error.status == status)
                #expect(error.retryAfter == .seconds(1))
                #expect(error.isTransient)
                async let isThere = app.contains(blob.descriptor)
                async let arrival = app.write(BlobContent(blob), heldBy: nil)
                #expect(try await isThere == false)
                #expect(try await arrival == .copied)
            }
            let first = try #require(arrivals.value.first?.1)
            for (method, time) in arrivals.value.dropFirst() {
                #expect(first.duration(to: time) >= .milliseconds(900), "\(method)")
            }
            #expect(arrivals.value.count == 4)
        }

        @Test func `F15 a request that came too early is made good by asking again`() async throws {
            let (blob, times) = (blob, Shared<[ContinuousClock.Instant]>([]))
            try await withRegistry { _ in
                let count = times.change {
                    $0.append(.now)
                    return $0.count
                }
                return count == 1
                    ? .error(429, "TOOMANYREQUESTS", headers: [("Retry-After", "1")])
                    : PeerReply(body: .bytes(blob.bytes))
            } _: { registry, peer in
                let source = RetryingEndpoint(registry.endpoint(), policy: RetryPolicy(firstPause: .milliseconds(1)))
                    .source(try RepositoryName("team/app"))
                #expect(try await source.blob(blob.descriptor, from: 0).collected() == blob.bytes)
                #expect(peer.requests.count == 2)
            }
            #expect(times.value[0].duration(to: times.value[1]) >= .milliseconds(900))
        }

        @Test func `a wish to be left alone does not concern another registry`() async throws {
            let blob = blob
            try await withRegistry { _ in
                PeerReply(429, headers: [("Retry-After", "60")])
            } _: { busy, _ in
                await #expect(throws: RegistryError.self) { try await busy.app().contains(blob.descriptor) }
                try await withRegistry { _ in
                    PeerReply(404)
                } _: { other, _ in
                    let isThere = try await other.app().contains(blob.descriptor)
                    #expect(!isThere)
                }
            }
        }

        @Test func `a request that waits for the end of a pause can be cancelled`() async throws {
            let blob = blob
            try await withRegistry { _ in
                PeerReply(429, headers: [("Retry-After", "60")])
            } _: { registry, peer in
                let app = try registry.app()
                await #expect(throws: RegistryError.self) { try await app.contains(blob.descriptor) }
                let waiting = Task { try await app.contains(blob.descriptor) }
                try await Task.sleep(for: .milliseconds(50))
                waiting.cancel()
                await #expect(throws: CancellationError.self) { try await waiting.value }
                #expect(peer.requests.count == 1)
            }
        }

        /// A host that answers as many requests as it was told to.
        private final class Desk: Sendable {
            private struct State { var waiting = 0, most = 0, answers = 0 }

            private let state = Shared(State())

            /// How many requests wait for an answer.
            var waiting: Int { state.value.waiting }
            /// How many waited at most since the last change.
            var most: Int { state.value.most }

            func allow(_ answers: Int) {
                state.change {
                    $0.most = $0.waiting
                    $0.answers += answers
                }
            }

            func wait() async {
                state.change {
                    $0.waiting += 1
                    $0.most = max($0.most, $0.waiting)
                }
                for _ in 0..<5000 {
                    let isAllowed = state.change { state in
                        guard state.answers > 0 else { return false }
                        state.answers -= 1
                        return true
                    }
                    if isAllowed { break }
                    try? await Task.sleep(for: .milliseconds(1))
                }
                state.change { $0.waiting -= 1 }
            }
        }

        @Test func `a host that is fast is soon asked as much as allowed, not at once`() async throws {
            let (desk, blob) = (Desk(), blob)
            let limits = RegistryLimits(requests: 16, idleTimeout: .seconds(20))
            try await withRegistry(limits: limits) { _ in
                await desk.wait()
                return PeerReply(404)
            } _: { registry, _ in
                let app = try registry.app()
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<64 { group.addTask { try await app.contains(blob.descriptor) } }
                    try await waitUntil { desk.waiting == AdaptiveWidth.start }
                    desk.allow(4)
                    for _ in 0..<4 { _ = try await group.next() }
                    try await waitUntil { desk.waiting == 8 }
                    desk.allow(8)
                    for _ in 0..<8 { _ = try await group.next() }
                    try await waitUntil { desk.waiting == 16 }
                    desk.allow(1000)
                    try await group.waitForAll()
                }
            }
            #expect(desk.most == 16)
        }

        @Test(arguments: [nil, "7", "1000000000"])
        func `F15 after a storm of refusals nobody asks until it is over, and then fewer`(_ wish: String?) async throws
        {
            let (desk, blob, clock) = (Desk(), blob, ManualClock())
            let isOver = Shared(false)
            let limits = RegistryLimits(requests: 4, idleTimeout: .seconds(20))
            try await withRegistry(limits: limits, clock: clock) { _ in
                await desk.wait()
                return isOver.value ? PeerReply(404) : PeerReply(503, headers: wish.map { [("Retry-After", $0)] } ?? [])
            } _: { registry, peer in
                let app = try registry.app()
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<20 {
                        group.addTask {
                            do { return try await app.contains(blob.descriptor) ? 200 : 404 } catch {
                                return (error as? RegistryError)?.status ?? 0
                            }
                        }
                    }
                    try await waitUntil { desk.waiting == 4 }
                    desk.allow(4)
                    for _ in 0..<4 { #expect(try await group.next() == 503) }
                    try await waitUntil { clock.sleepers == 16 }
                    #expect(peer.requests.count == 4)
                    let pause: Duration = wish == nil ? .seconds(1) : wish == "7" ? .seconds(7) : .seconds(60)
                    clock.advance(by: pause - .nanoseconds(1))
                    #expect(clock.sleepers == 16)
                    isOver.change { $0 = true }
                    desk.allow(0)
                    clock.advance(by: .nanoseconds(1))
                    try await waitUntil { desk.waiting == 2 }
                    desk.allow(1)
                    try await waitUntil { peer.requests.count == 7 }
                    #expect(desk.most == 2)
                    desk.allow(1000)
                    for try await status in group { #expect(status == 404) }
                }
            }
            #expect(desk.most <= 4)
        }

        @Test func `F15 a storm that does not end fails after a number of attempts`() async throws {
            let (blob, clock) = (blob, ManualClock())
            try await withRegistry(clock: clock) { _ in
                PeerReply(429, headers: [("Retry-After", "1000000000")])
            } _: { registry, peer in
                let policy = RetryPolicy(attempts: 3, clock: clock)
                let source = RetryingEndpoint(registry.endpoint(), policy: policy)
                    .source(try RepositoryName("team/app"))
                let asking = Task { try await source.contains(blob.descriptor) }
                for attempt in 1...2 {
                    try await waitUntil { clock.sleepers == 1 }
                    #expect(peer.requests.count == attempt)
                    clock.advance(by: .seconds(60))
                }
                let error = try await #require(throws: RegistryError.self) { try await asking.value }
                #expect(error.status == 429)
                #expect(peer.requests.count == 3)
            }
        }

        @Test func `no more requests of one direction are under way than allowed`() async throws {
            struct Count { var now = 0, most = 0 }
            let (reads, writes) = (Shared(Count()), Shared(Count()))
            let blob = blob
            let two = RegistryLimits(requests: 2, idleTimeout: .seconds(20))
            try await withRegistry(limits: two) { request in
                let counts = request.method == "GET" ? reads : writes
                counts.change {
                    $0.now += 1
                    $0.most = max($0.most, $0.now)
                }
                try? await Task.sleep(for: .milliseconds(30))
                counts.change { $0.now -= 1 }
                return request.method == "GET" ? PeerReply(body: .bytes(blob.bytes)) : .uploads(request)
            } _: { registry, _ in
                let app = try registry.app()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask { _ = try await app.blob(blob.descriptor, from: 0).collected() }
                        group.addTask { _ = try await app.write(BlobContent(blob), heldBy: nil) }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(reads.value.most == 2)
            #expect(writes.value.most == 2)
        }

        @Test func `a place is held until the body was read`() async throws {
            let blob = blob
            let one = RegistryLimits(requests: 1, idleTimeout: .seconds(20))
            try await withRegistry(limits: one) { _ in
                PeerReply(body: .bytes(blob.bytes))
            } _: { registry, peer in
                let app = try registry.app()
                let stream = try await app.blob(blob.descriptor, from: 0)
                let second = Task { try await app.blob(blob.descriptor, from: 0).collected() }
                try await Task.sleep(for: .milliseconds(100))
                #expect(peer.requests.count == 1)
                _ = try await stream.collected()
                _ = try await second.value
                #expect(peer.requests.count == 2)
            }
        }

        @Test func `copies inside one registry with a single place each way do not wait for themselves`() async throws {
            let size: Int64 = 8 << 20
            let descriptor = try await Descriptor.repeating(1, count: size)
            let one = RegistryLimits(requests: 1, idleTimeout: .seconds(5))
            try await withRegistry(limits: one) { request in
                request.method == "GET" ? PeerReply(body: .stream(.repeating(1, count: size))) : .uploads(request)
            } _: { registry, peer in
                let app = try registry.app()
                try await withThrowingTaskGroup(of: Arrival.self) { group in
                    for _ in 0..<4 {
                        group.addTask { try await app.write(BlobContent(descriptor, from: app), heldBy: nil) }
                    }
                    for try await arrival in group { #expect(arrival == .copied) }
                }
                let puts = peer.requests.filter { $0.method == "PUT" }
                #expect(puts.map(\.bodyLength) == [size, size, size, size])
            }
        }

        @Test func `a long blob passes through from peer to peer`() async throws {
            let size: Int64 = 64 << 20
            let descriptor = try await Descriptor.repeating(1, count: size)
            try await withRegistry { _ in
                PeerReply(body: .stream(.repeating(1, count: size)))
            } _: { source, _ in
                try await withRegistry { request in
                    .uploads(request)
                } _: { destination, peer in
                    let content = BlobContent(descriptor, from: try source.app())
                    let arrival = try await destination.app().write(content, heldBy: nil)
                    #expect(arrival == .copied)
                    #expect(peer.requests.last?.bodyLength == size)
                    #expect(peer.requests.last?.isComplete == true)
                }
            }
        }

        /// How much is under way is bounded, whatever the size of the blob.
        ///
        /// What was sent and is not read waits in four buffers of the system, which take some megabytes each, and in the
        /// client, which takes about one: 15 MB in all were measured. Without back-pressure it would be the whole blob.
        @Test func `a destination that does not read stops the source`() async throws {
            let size: Int64 = 128 << 20
            let descriptor = try await Descriptor.repeating(1, count: size)
            let sent = Shared<Int64>(0)
            let position = Shared<Int64>(0)
            let body = ByteStream(range: 0..<size) {
                var iterator = ByteStream.repeating(1, count: size).makeAsyncIterator()
                return {
                    let buffer = try await iterator.next()
                    sent.change { $0 += Int64(buffer?.readableBytes ?? 0) }
                    return buffer
                }
            }
            try await withRegistry { _ in
                PeerReply(body: .stream(body))
            } _: { source, _ in
                try await withRegistry { request in
                    .uploads(request)
                } early: { request in
                    request.method == "PUT" ? PeerReply(fault: .stopReading(afterBodyBytes: 4 << 20)) : nil
                } _: { destination, peer in
                    let content = BlobContent(descriptor, from: try source.app()) { step in
                        if case .position(let place) = step { position.change { $0 = place } }
                    }
                    let app = try destination.app()
                    let upload = Task { try await app.write(content, heldBy: nil) }
                    try await waitUntil { peer.requests.last.map { $0.bodyLength >= 4 << 20 } == true }
                    // Nothing moves any more when nothing has moved for a while.
                    var before: Int64 = -1
                    while before != sent.value {
                        before = sent.value
                        try await Task.sleep(for: .milliseconds(250))
                    }
                    let read = try #require(peer.requests.last).bodyLength
                    #expect(position.value - read < 40 << 20)
                    #expect(sent.value - read < 48 << 20)
                    upload.cancel()
                    _ = try? await upload.value
                }
            }
        }
    }
}
