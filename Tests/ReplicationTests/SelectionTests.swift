// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
@testable import Replication
import Testing

@Suite struct SelectionTests {
    @Test(arguments: [
        ("h.lan/", ["a", "a/x", "a/x/app", "b"], []),
        ("h.lan/**", ["a", "a/x", "a/x/app", "b"], []),
        ("h.lan/*", ["a", "b"], ["a/x", "a/x/app"]),
        ("h.lan/a/**", ["a/x", "a/x/app", "a/b/c/d"], ["a", "ab", "ab/x", "b/a/x"]),
        ("h.lan/a/*", ["a/x", "a/app"], ["a", "a/x/app", "ab/x", "b"]),
        ("h.lan/a/x/**", ["a/x/app", "a/x/app/y"], ["a/x", "a/xy/app", "a/y", "x/app"]),
        ("h.lan/a/x/*", ["a/x/app"], ["a/x", "a/x/app/y", "a/xy/app"]),
        ("h.lan/a/x", ["a/x"], ["a", "a/x/app", "a/xy"]),
        ("h.lan/a/x:1", ["a/x"], ["a", "a/x/app", "a/xy"]),
    ])
    func `a pattern means some repositories and no others`(
        _ address: String,
        _ included: [String],
        _ excluded: [String]
    ) throws {
        let scope = try Address(address).scope
        for name in included { #expect(scope.includes(try RepositoryName(name)), "\(name)") }
        for name in excluded { #expect(!scope.includes(try RepositoryName(name)), "\(name)") }
    }

    @Test func `a repository alone means its tag latest, unless all tags are asked for`() throws {
        let name = try RepositoryName("a/x")
        let scope = try Address("h.lan/a/x").scope
        #expect(Selection(scope, allTags: false) == .image(name, .tag(.latest)))
        #expect(Selection(scope, allTags: true) == .repository(name))
        let tagged = try Address("h.lan/a/x:1").scope
        #expect(Selection(tagged, allTags: false) == .image(name, .tag(try TagName("1"))))
    }

    @Test(arguments: ["h.lan/", "h.lan/**", "h.lan/*", "h.lan/a/**", "h.lan/a/*"])
    func `patterns mean all tags, asked for or not`(_ address: String) throws {
        let scope = try Address(address).scope
        #expect(Selection(scope, allTags: false) == .catalog(scope))
        #expect(Selection(scope, allTags: true) == .catalog(scope))
    }
}
