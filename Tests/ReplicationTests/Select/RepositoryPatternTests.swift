// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
@testable import Replication
import Testing

@Suite struct RepositoryPatternTests {
    @Test(arguments: [
        ("nginx", ["nginx"], ["nginx/x", "x/nginx", "nginx2"]),
        ("team/app", ["team/app"], ["team", "team/app/x"]),
        ("*", ["a", "team-x"], ["a/b"]),
        ("team/*", ["team/a", "team/app"], ["team", "team/a/b", "teams/a"]),
        ("team-*/app", ["team-a/app", "team-a-b/app"], ["team/app", "team-a/x/app"]),
        ("team/app?", ["team/app1"], ["team/app", "team/app12"]),
        ("team/*-db", ["team/x-db", "team/x-y-db"], ["team/db", "team/x-db/y"]),
        ("team/**", ["team/a", "team/a/b/c"], ["team", "teams/a", "x/team/a"]),
        ("**", ["a", "a/b", "a/b/c"], []),
        ("**/app", ["app", "team/app", "team/x/app"], ["app/x", "team/apps", "xapp"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b", "a/b/b"], ["a", "b", "a/bb", "a/x/b/y", "ab"]),
        ("**/a/**", ["a/x", "x/a/y", "x/y/a/z/w", "a/a"], ["a", "x/a", "xa/y"]),
        ("a/**/**/b", ["a/b", "a/x/b"], ["a"]),
        ("a/*/**", ["a/b/c", "a/b/c/d"], ["a", "a/b"]),
        ("*/*", ["a/b"], ["a", "a/b/c"]),
    ])
    func `a pattern means some repositories and no others`(
        _ text: String,
        _ matching: [String],
        _ others: [String]
    ) throws {
        let pattern = try RepositoryPattern(text)
        for name in matching {
            #expect(pattern.matches(try RepositoryName(name)), "\(name)")
        }
        for name in others {
            #expect(!pattern.matches(try RepositoryName(name)), "\(name)")
        }
        #expect(pattern.description == text)
    }

    @Test func `a pattern without wildcards is a name`() throws {
        #expect(try RepositoryPattern("team/app").literal == RepositoryName("team/app"))
        for text in ["team/*", "team/**", "team/app?"] {
            #expect(try RepositoryPattern(text).literal == nil)
        }
    }

    @Test func `says the same as an address for its forms`() throws {
        for (text, address) in [("**", "h.lan/**"), ("*", "h.lan/*"), ("a/**", "h.lan/a/**"), ("a/*", "h.lan/a/*")] {
            let pattern = try RepositoryPattern(text)
            let scope = try Address(address).scope
            for name in ["a", "b", "a/x", "a/x/y", "ab/x", "b/a/x"].map({ try? RepositoryName($0) }) {
                let name = try #require(name)
                #expect(pattern.matches(name) == scope.includes(name), "\(text), \(name)")
            }
        }
    }

    @Test(arguments: [
        ("", 0, PatternError.Reason.empty),
        (String(repeating: "a*", count: 257), 512, .tooLong(512)),
        (String(repeating: "a", count: 256), 0, .name(.tooLong(255))),
        ("/a", 0, .emptyComponent), ("a/", 2, .emptyComponent), ("a//b", 2, .emptyComponent),
        ("/*", 0, .emptyComponent), ("*/", 2, .emptyComponent), ("a//**", 2, .emptyComponent),
        ("a**", 1, .doubleStar), ("**a", 0, .doubleStar), ("a/***", 2, .doubleStar), ("a/b**/c", 3, .doubleStar),
        ("Team", 0, .character), ("team/App", 5, .character), ("team/App*", 5, .character),
        ("*/App", 2, .character), ("a/../*", 2, .character), ("a-/*", 2, .character), ("a.", 2, .character),
        ("!a", 0, .character), ("!a/*", 0, .character), ("a b*", 1, .character), ("a:1", 1, .character),
        ("[a-z]*", 0, .character), ("{a,b}/*", 0, .character), ("é*", 0, .character), ("a*\n", 2, .character),
    ])
    func `a mistake has a place and a reason`(_ text: String, _ offset: Int, _ reason: PatternError.Reason) {
        let error = #expect(throws: PatternError.self) { try RepositoryPattern(text) }
        #expect(error == PatternError(text: text, offset: offset, reason: reason))
    }

    @Test func `a nasty pattern comes to an end`() throws {
        // By trying every way to share the components out, this would take longer than the sun has.
        let pattern = try RepositoryPattern(String(repeating: "**/a*a*a*/", count: 50) + "b")
        let name = try RepositoryName(String(repeating: "aaaa/", count: 50) + "aa")
        #expect(!pattern.matches(name))
    }
}
