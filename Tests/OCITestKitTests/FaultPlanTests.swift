// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCITestKit
import Testing

@Suite struct FaultPlanTests {
    /// The statuses of the same request, made some times.
    private func statuses(_ plan: FaultPlan, _ requests: [(method: String, uri: String)]) async throws -> [Int] {
        try await withScriptedPeer { _ in
            PeerReply(200)
        } _: { peer in
            try await withCountingProxy(port: peer.port, onRequest: plan.rule) { proxy in
                var statuses: [Int] = []
                for request in requests {
                    statuses.append(try await PlainHTTP.request(request.method, proxy.host, request.uri).status)
                }
                return statuses
            }
        }
    }

    @Test(arguments: [
        (1...1, [503, 200, 200, 200]), (2...3, [200, 503, 503, 200]), (4...9, [200, 200, 200, 503]),
        (1...Int.max, [503, 503, 503, 503]),
    ])
    func `harms the requests of its range, counted from one`(occurrences: ClosedRange<Int>, expected: [Int])
        async throws
    {
        let plan = FaultPlan().on("GET", pathContains: "/x", occurrences: occurrences, .reply(503))
        #expect(try await statuses(plan, Array(repeating: ("GET", "/x"), count: 4)) == expected)
        #expect(plan.fired == expected.filter { $0 == 503 }.count)
    }

    @Test func `counts only what fits, and lets its first entry decide`() async throws {
        let plan = FaultPlan()
            .on("PUT", pathContains: "manifests", occurrences: 2...2, .replaceStatus(500))
            .on(pathContains: "manifests", occurrences: 3...3, .reply(404))
            .on(pathContains: "manifests", occurrences: 4...4, .reply(405))
        let requests = [
            ("PUT", "/manifests"), ("GET", "/blobs"), ("GET", "/manifests"), ("PUT", "/manifests?a"),
            ("PUT", "/manifests"),
        ]
        #expect(try await statuses(plan, requests) == [200, 200, 200, 500, 405])
        #expect(plan.fired == 2)
    }
}
