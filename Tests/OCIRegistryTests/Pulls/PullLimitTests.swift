// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

@Suite struct PullLimitTests {
    private func limit(_ limit: String?, _ remaining: String?) -> PullLimit? {
        var headers = HTTPHeaders()
        if let limit { headers.add(name: "ratelimit-limit", value: limit) }
        if let remaining { headers.add(name: "ratelimit-remaining", value: remaining) }
        return PullLimit(headers)
    }

    @Test func `reads what Docker Hub sends`() {
        let window = Duration.seconds(21_600)
        #expect(limit("100;w=21600", "57;w=21600") == PullLimit(limit: 100, remaining: 57, window: window))
        #expect(limit("100;w=21600", "0") == PullLimit(limit: 100, remaining: 0, window: window))
        #expect(limit("100", "57") == PullLimit(limit: 100, remaining: 57, window: nil))
        #expect(limit("999999999", "999999999;w=1")?.window == .seconds(1))
    }

    @Test func `an answer without a limit, or with half of one, has none`() {
        #expect(limit(nil, nil) == nil)
        #expect(limit("100;w=21600", nil) == nil)
        #expect(limit(nil, "57;w=21600") == nil)
        #expect(limit("100;w=21600", "101;w=21600") == nil)
    }

    @Test(arguments: [
        "", ";", "x", "-1", "+1", " 1", "1 ", "1;", "1;w", "1;w=", "1;w=x", "1;w=0", "1;w=-1", "1;v=1", "1;w=1;w=1",
        "1;w=1, 2;w=2", "1234567890", "1;w=1234567890", "١", "1.5", "99999999999999999999;w=1", "1; w=1",
    ])
    func `does not read what is odd`(_ text: String) {
        #expect(limit(text, "0") == nil)
        #expect(limit("100", text) == nil)
    }
}

extension RemoteRegistryTests {
    @Suite struct PullLimitRecordTests {
        @Test func `every answer of the registry tells its limit to those who watch`() async throws {
            try await withRegistry { _ in
                PeerReply(404, headers: [("ratelimit-limit", "100;w=21600"), ("ratelimit-remaining", "9;w=21600")])
            } _: { registry, _ in
                let records = Shared<[RequestRecord]>([])
                let endpoint = registry.endpoint(
                    as: .source,
                    observer: { record in records.change { $0.append(record) } }
                )
                _ = try await endpoint[RepositoryName("team/app")].resolve(.tag(.latest))
                #expect(records.value.map(\.pullLimit?.remaining) == [9])
                #expect(records.value.map(\.registry) == [registry.host])
            }
        }
    }
}
