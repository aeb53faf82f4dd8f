// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCITestKit
@testable import Replication
import Testing

@Suite struct OverwriteRuleTests {
    private static let new = BuiltBlob([1]).descriptor.digest
    private static let old = BuiltBlob([2]).descriptor.digest
    private static let other = BuiltBlob([3]).descriptor.digest

    @Test(
        arguments: [
            // Always: whatever is known.
            (.always, nil, .move), (.always, old, .move), (.always, new, .move), (.always, other, .move),
            // Never: likewise.
            (.never, nil, .refuse(.neverOverwrites)), (.never, old, .refuse(.neverOverwrites)),
            (.never, new, .refuse(.neverOverwrites)), (.never, other, .refuse(.neverOverwrites)),
            // If unchanged, one way: only what nobody else has moved.
            (.ifUnchanged(isTwoWay: false), nil, .refuse(.unknownThere)),
            (.ifUnchanged(isTwoWay: false), old, .move),
            (.ifUnchanged(isTwoWay: false), new, .refuse(.changedThere(lastEqual: new))),
            (.ifUnchanged(isTwoWay: false), other, .refuse(.changedThere(lastEqual: other))),
            // If unchanged, two ways: what moved only at the destination comes back by the other job.
            (.ifUnchanged(isTwoWay: true), nil, .refuse(.unknownThere)),
            (.ifUnchanged(isTwoWay: true), old, .move),
            (.ifUnchanged(isTwoWay: true), new, .leave),
            (.ifUnchanged(isTwoWay: true), other, .refuse(.changedThere(lastEqual: other))),
        ] as [(OverwriteRule, Digest?, OverwriteRule.Verdict)]
    )
    func `what becomes of a tag that differs`(
        _ rule: OverwriteRule,
        _ lastEqual: Digest?,
        verdict: OverwriteRule.Verdict
    ) {
        #expect(rule.verdict(new: Self.new, old: Self.old, lastEqual: lastEqual) == verdict)
    }

    @Test func `a tag is looked at once more unless it is moved in any case`() {
        #expect(!OverwriteRule.always.guardsTags)
        for rule in [OverwriteRule.never, .ifUnchanged(isTwoWay: false), .ifUnchanged(isTwoWay: true)] {
            #expect(rule.guardsTags)
        }
    }
}
