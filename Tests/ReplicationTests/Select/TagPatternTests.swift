// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
@testable import Replication
import Testing

@Suite struct TagPatternTests {
    @Test(arguments: [
        ("latest", ["latest"], ["Latest", "latest2"]),
        ("1.27", ["1.27"], ["1.27.1", "1x27"]),
        ("1.*", ["1.", "1.27", "1.27-alpine"], ["1", "11.2", "v1.2"]),
        ("*-perl", ["1.27-perl"], ["1.27-perl2", "perl"]),
        ("v?.?", ["v1.2"], ["v1.22", "1.2"]),
        ("/v[0-9]+/", ["v1", "v22"], ["v", "v1.2", "xv1", "v1x"]),
        ("/1|12/", ["1", "12"], ["123", "2"]),
        ("/(?i)LATEST/", ["latest", "Latest"], ["latest1"]),
        ("/.*/", ["latest", "1.2-x_y"], []),
        ("/^1$/", ["1"], ["11"]),
        ("/a/b/", [], ["a/b".replacing("/", with: "_")]),
    ])
    func `a pattern covers whole tags`(_ text: String, _ matching: [String], _ others: [String]) throws {
        let pattern = try TagPattern(text)
        let matcher = TagMatcher([pattern])
        for tag in matching {
            #expect(matcher.pattern(covering: try TagName(tag)) == pattern, "\(tag)")
        }
        for tag in others {
            #expect(matcher.pattern(covering: try TagName(tag)) == nil, "\(tag)")
        }
        #expect(pattern.description == text)
    }

    @Test(arguments: [
        ("", 0, PatternError.Reason.empty),
        ("//", 1, .empty),
        (String(repeating: "*", count: 513), 512, .tooLong(512)),
        (String(repeating: "1", count: 129), 0, .name(.tooLong(128))),
        ("/", 1, .unclosedExpression), ("/v[0-9]+", 8, .unclosedExpression),
        ("/v1/i", 4, .afterExpression), ("/a/ ", 3, .afterExpression),
        ("-a", 0, .character), ("a b", 1, .character), ("[a-z]*", 0, .character), ("1.2+x", 3, .character),
        ("*:x", 1, .character), ("*é", 1, .character), ("*\n", 1, .character), ("!1.*", 0, .character),
    ])
    func `a mistake has a place and a reason`(_ text: String, _ offset: Int, _ reason: PatternError.Reason) {
        let error = #expect(throws: PatternError.self) { try TagPattern(text) }
        #expect(error == PatternError(text: text, offset: offset, reason: reason))
    }

    @Test(arguments: [
        "/[a-/", "/(/", "/a{2,1}/", "/(?<=v)1/", "/*/", "/(?R)/", "/a{99999999999999999999}/", "/\\/",
        "/" + String(repeating: "(", count: 200) + String(repeating: ")", count: 200) + "/",
    ])
    func `an expression that cannot be used is refused with the compiler's reason`(_ text: String) {
        let error = #expect(throws: PatternError.self) { try TagPattern(text) }
        #expect(error?.offset == 1)
        guard case .expression(let reason)? = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test func `the first pattern in the order of patterns is named`() throws {
        let patterns = try ["/1.*/", "1.*", "*", "1.27"].map { try TagPattern($0) }
        #expect(patterns.sorted().map(\.text) == ["1.27", "*", "1.*", "/1.*/"])
    }
}
