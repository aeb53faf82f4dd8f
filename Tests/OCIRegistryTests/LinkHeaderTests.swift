// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OCIRegistry

@Suite struct LinkHeaderTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let values: [String]
        var target: String?

        var testDescription: String { "\(values)" }
    }

    @Test(arguments: [
        Row(values: [#"</v2/_catalog?n=2&last=b>; rel="next""#], target: "/v2/_catalog?n=2&last=b"),
        Row(
            values: [#"<https://registry.example/v2/?last=b>; rel="next""#],
            target: "https://registry.example/v2/?last=b"
        ),
        Row(values: ["</a>; rel=next"], target: "/a"),
        Row(values: ["</a>;rel=next"], target: "/a"),
        Row(values: ["</a> ; rel = \"next\" "], target: "/a"),
        Row(values: [#"</a>; REL="NEXT""#], target: "/a"),
        Row(values: [#"</a>; rel="prev next""#], target: "/a"),
        Row(values: [#"</a>; title="b"; rel="next"; type=x"#], target: "/a"),
        Row(values: [#"</a>; rel="prev", </b>; rel="next""#], target: "/b"),
        Row(values: [#"</a>; rel="next", </b>; rel="prev""#], target: "/a"),
        Row(values: [#"</a>; rel="prev""#, #"</b>; rel="next""#], target: "/b"),
        Row(values: [#"</a,b;c>; rel="next""#], target: "/a,b;c"),
        Row(values: [#"<>; rel="next""#], target: ""),
        Row(values: []),
        Row(values: [""]),
        Row(values: ["</a>"]),
        Row(values: ["/a; rel=next"]),
        Row(values: ["</a; rel=next"]),
        Row(values: [#"</a>; rel="prev""#]),
        Row(values: [#"</a>; rel="nextish""#]),
        Row(values: [#"</a>; xrel="next""#]),
        Row(values: [#"</a>; rel"#]),
        Row(values: ["<<<<<>>>>>"]),
    ])
    func `finds the link to the next page`(_ row: Row) {
        #expect(LinkHeader.next(in: row.values) == row.target)
    }

    @Test func `reads a very long header in time that grows with its length`() {
        let long = String(repeating: "<>", count: 100_000)
        #expect(LinkHeader.next(in: [long]) == nil)
    }
}
