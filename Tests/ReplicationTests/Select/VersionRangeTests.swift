// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
@testable import Replication
import Testing

@Suite struct VersionRangeTests {
    @Test(arguments: [
        (">=1.24 <2", ["1.24", "1.24.0", "1.27.3", "1.99"], ["1.23.9", "2", "2.0.1", "1.25-rc1", "2-rc1"]),
        (">=1.24, <2", ["1.24", "1.27.3"], ["2"]),
        (">= 1.24  <2", ["1.24"], ["2"]),
        (">1.2.3", ["1.2.4", "2"], ["1.2.3", "1.2.2"]),
        (">1.2", ["1.3", "2"], ["1.2", "1.2.9"]),
        ("<=1.2", ["1.2", "1.2.9", "0.1"], ["1.3", "1.3-rc1"]),
        ("<=1.2.3", ["1.2.3", "1.2"], ["1.2.4", "1.2.3.1"]),
        ("<1.2", ["1.1.9"], ["1.2", "1.2-rc1"]),
        ("1.2.3", ["1.2.3", "v1.2.3", "1.2.3-alpine"], ["1.2.4", "1.2.3.1", "1.2.3-rc1"]),
        ("=1.2.3", ["1.2.3"], ["1.2.2"]),
        ("1.2", ["1.2", "1.2.9"], ["1.3", "1.20"]),
        ("=1.2", ["1.2", "1.2.9"], ["1.3"]),
        ("v1.2", ["1.2.9"], ["1.3"]),
        ("1", ["1", "1.99"], ["2", "0.9", "10"]),
        ("1.x", ["1", "1.99"], ["2", "2-rc1", "1-rc1"]),
        ("1.2.*", ["1.2", "1.2.9"], ["1.3"]),
        ("1.X.x", ["1.4"], ["2"]),
        ("*", ["0", "1.2", "20240612"], ["1.2-rc1"]),
        ("x", ["0", "1.2"], ["1.2-rc1"]),
        (">=*", ["1.2"], ["1.2-rc1"]),
        ("^1.2", ["1.2", "1.99.1"], ["1.1", "2", "2.0-rc1"]),
        ("^1.2.3", ["1.2.3", "1.3"], ["1.2.2", "2"]),
        ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3", "0.2.2"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("^0.0", ["0.0.9"], ["0.1"]),
        ("^0", ["0.9"], ["1"]),
        ("^1.x", ["1.9"], ["2"]),
        ("~1.2.3", ["1.2.3", "1.2.9"], ["1.2.2", "1.3"]),
        ("~1.2", ["1.2", "1.2.9"], ["1.3"]),
        ("~1", ["1.9"], ["2"]),
        ("1.2 - 1.4", ["1.2", "1.3", "1.4", "1.4.9"], ["1.1.9", "1.5"]),
        ("1.2.3 - 1.4.0", ["1.2.3", "1.4.0"], ["1.2.2", "1.4.1"]),
        ("1.2 - *", ["1.2", "9"], ["1.1"]),
        ("1.x || >=3", ["1.5", "3", "4"], ["2", "0.9"]),
        ("1.x||>=3 <4||5", ["1.5", "3.9", "5.1"], ["2", "4", "6"]),
        // Prereleases: only those that are named.
        (">=1.2.3-rc.1", ["1.2.3-rc.1", "1.2.3-rc2", "1.2.3", "1.3"], ["1.2.3-beta", "1.2.4-rc1", "1.3-rc1"]),
        (">=1.2.0-rc1 <1.3", ["1.2-rc1", "1.2-rc2-alpine", "1.2.9"], ["1.3-rc1", "1.2.1-rc1"]),
        ("=1.2-rc1", ["1.2-rc.1", "1.2.0rc1"], ["1.2", "1.2-rc2"]),
        ("^2-beta1", ["2-beta1", "2-rc1", "2.5"], ["3-rc1", "2-alpha", "2.1-rc1"]),
        ("^1.2 || 2.0.0-rc.1", ["1.3", "2-rc1"], ["2", "1.3-rc1"]),
        (">=1.3-beta <1.3.0", ["1.3-rc1"], ["1.3", "1.3-alpha"]),
        (">=1.3-beta <1.3", [], ["1.3-rc1", "1.3"]),
        (">=1.3-beta <=1.2", [], ["1.3-rc1", "1.3", "1.2"]),
        ("1.2 - 1.3-rc1", ["1.3-rc1", "1.2.5"], ["1.3", "1.2-rc1"]),
    ])
    func `a range means some versions and no others`(_ text: String, _ inside: [String], _ outside: [String]) throws {
        let range = try VersionRange(text)
        for tag in inside {
            #expect(range.contains(try #require(TagVersion(try TagName(tag))).number), "\(tag)")
        }
        for tag in outside {
            #expect(!range.contains(try #require(TagVersion(try TagName(tag))).number), "\(tag)")
        }
        #expect(range.description == text)
    }

    @Test(arguments: [
        ("", 0, VersionRangeError.Reason.empty), ("   ", 3, .empty), ("||1", 0, .empty), ("1 ||", 4, .empty),
        ("1 || || 2", 5, .empty), (">=", 2, .empty), (">= ||1", 3, .empty), ("1.2 - ", 6, .empty),
        ("1.2 -", 4, .version("-")),
        (String(repeating: " ", count: 513), 512, .tooLong(512)),
        (">>1", 1, .character), ("1|2", 1, .character), (">=1.24<2", 6, .character), ("=<1", 1, .character),
        ("1.2~", 3, .character),
        ("latest", 0, .version("latest")), (">=1.2 <foo", 7, .version("foo")), ("1.x.2", 0, .version("1.x.2")),
        ("1.2.", 0, .version("1.2.")), ("!1", 0, .version("!1")), ("x.1", 0, .version("x.1")),
        ("1-rc.x", 0, .version("1-rc.x")), ("1.2é", 0, .version("1.2é")),
        ("1.123456789012345678901", 0, .version("1.123456789012345678901")),
        ("^1.24-alpine", 1, .variant("alpine")), ("1.2.3-4", 0, .variant("4")),
        (">*", 1, .nothing), ("<x", 1, .nothing),
    ])
    func `a mistake has a place and a reason`(_ text: String, _ offset: Int, _ reason: VersionRangeError.Reason) {
        let error = #expect(throws: VersionRangeError.self) { try VersionRange(text) }
        #expect(error == VersionRangeError(text: text, offset: offset, reason: reason))
    }
}
