// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@Suite struct DigestTagsTests {
    private static let sha256 = "sha256:\(DigestTests.hex256)"
    private static let sha512 = "sha512:\(DigestTests.hex512)"

    @Test(arguments: [
        (
            "pinned-{algorithm}-{hex}", "pinned-sha256-\(DigestTests.hex256)",
            "pinned-sha512-\(DigestTests.hex512.prefix(64))"
        ),
        (
            "x_{short}.{algorithm}", "x_\(DigestTests.hex256.prefix(12)).sha256",
            "x_\(DigestTests.hex512.prefix(12)).sha512"
        ),
        ("{hex}", DigestTests.hex256, String(DigestTests.hex512.prefix(64))),
        // As that of a companion, but for its length.
        ("{algorithm}-{short}", "sha256-\(DigestTests.hex256.prefix(12))", "sha512-\(DigestTests.hex512.prefix(12))"),
    ])
    func `a tag is made of a digest`(_ template: String, _ short: String, _ long: String) throws {
        let tags = try DigestTags(template)
        #expect(tags.description == template)
        for (text, expected) in [(Self.sha256, short), (Self.sha512, long)] {
            let tag = try #require(tags.tag(of: Digest(text)))
            #expect(tag.text == expected)
            #expect(try TagName(tag.text) == tag)
        }
    }

    @Test func `what holds unless something is said is what it says it is`() throws {
        #expect(try DigestTags("pinned-{algorithm}-{hex}") == .standard)
    }

    @Test func `there can be none`() throws {
        #expect(try DigestTags("none") == .untagged)
        #expect(try DigestTags.untagged.tag(of: Digest(Self.sha256)) == nil)
        #expect(DigestTags.untagged.description == "none")
    }

    @Test(arguments: [
        ("", 0, TemplateError.Reason.empty), ("x", 0, .constantTag), ("{algorithm}", 0, .constantTag),
        ("{algorithm}-{hex}", 0, .companionTag), ("{algorithm}-{hex}.sig", 0, .companionTag),
        ("sha256-{hex}", 0, .companionTag), ("a b{hex}", 1, .character),
        ("a{hexes}", 1, .unknown("hexes", known: ["algorithm", "hex", "short"])),
        ("a{hex", 1, .unclosed), ("a}{hex}", 1, .unopened),
    ])
    func `a mistake has a place and a reason`(_ text: String, _ offset: Int, _ reason: TemplateError.Reason) {
        let error = #expect(throws: TemplateError.self) { try DigestTags(text) }
        #expect(error?.text == text)
        #expect(error?.offset == offset)
        #expect(error?.reason == reason)
    }

    @Test(arguments: [".{hex}", "-{hex}", "{hex}{hex}x", "\(String(repeating: "a", count: 120)){short}"])
    func `what makes no tag is refused before it is used`(_ text: String) {
        let error = #expect(throws: TemplateError.self) { try DigestTags(text) }
        guard case .tag(let reason)? = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.kind == .tag)
    }
}
