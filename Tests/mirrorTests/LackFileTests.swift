// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import mirror

@Suite struct LackFileTests {
    @Test func `what a host lacks is remembered for a day, for that host only`() throws {
        let folder = TemporaryFolder()
        let (host, other) = (try RegistryHost("a.lan:5000"), try RegistryHost("a.lan"))
        let now: Int64 = 1_800_000_000
        func file(_ host: RegistryHost, at time: Int64) -> LackFile {
            LackFile.open(for: host, now: time, in: folder.url)
        }
        #expect(!file(host, at: now).lacksReferrers)
        file(host, at: now).noteLackOfReferrers()
        #expect(file(host, at: now).lacksReferrers)
        #expect(file(host, at: now + 24 * 3600).lacksReferrers)
        #expect(!file(host, at: now + 24 * 3600 + 1).lacksReferrers)
        // A clock that was set back makes it no younger.
        #expect(!file(host, at: now - 1).lacksReferrers)
        #expect(!file(other, at: now).lacksReferrers)
    }
}
