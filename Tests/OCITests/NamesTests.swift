// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@Suite("Names (P01, P02)")
struct NamesTests {
    @Test(arguments: [
        "a", "0", "library/nginx", "a/b/c/d/e/f", "a.b", "a_b", "a__b", "a-b", "a---b", "a-b_c.d__e",
        "0a/1.2.3/x86_64", String(repeating: "a", count: 255), "con", "v2", "blobs/uploads", "a/manifests/b",
    ])
    func `accepts a repository name`(_ text: String) throws {
        let name = try RepositoryName(text)
        #expect(name.text == text)
        #expect(name.description == text)
        #expect(name.components.joined(separator: "/") == text)
    }

    @Test(arguments: [
        ("/a", 0), ("a/", 2), ("a//b", 2), ("/", 0), ("//", 0),
        ("A/b", 0), ("a/B", 2), ("aB", 1),
        (".", 0), ("..", 0), ("../x", 0), ("a/..", 2), ("a/../b", 2), ("a/.", 2), ("a..b", 2), ("a.", 2), (".a", 0),
        ("_a", 0), ("a_", 2), ("a___b", 3), ("a._b", 2), ("a_.b", 2), ("a-.b", 2), ("a.-b", 2), ("a-_b", 2),
        ("-rm", 0), ("a-", 2), ("a/-b", 2), ("_oci", 0), ("a/_oci", 2),
        ("a b", 1), (" a", 0), ("a ", 1), ("a\n", 1), ("a\r\nX: y", 1), ("a\0", 1), ("\u{1B}[31mred", 0),
        ("a\u{7F}", 1),
        ("a:b", 1), ("a@b", 1), ("a*", 1), ("a?b", 1), ("a#b", 1), ("a%2e%2e", 1), ("a\\b", 1), ("~a", 0), ("a+b", 1),
        ("é", 0), ("a/e\u{301}", 3), ("a\u{301}", 1), ("\u{202E}a", 0), ("a/\u{FF11}", 2), ("a/\u{301}b", 2),
    ])
    func `P01: refuses a repository name at the first byte that does not fit`(_ text: String, offset: Int) {
        let error = #expect(throws: NameError.self) { try RepositoryName(text) }
        #expect(error?.kind == .repository)
        #expect(error?.text == text)
        #expect(error?.reason == .character(at: offset))
    }

    @Test func `refuses a repository name that is empty or too long`() {
        #expect(reason { () throws(NameError) in try RepositoryName("") } == .empty)
        #expect(
            reason { () throws(NameError) in try RepositoryName(String(repeating: "a", count: 256)) } == .tooLong(255)
        )
        #expect(
            reason { () throws(NameError) in try RepositoryName(String(repeating: "a/", count: 150)) } == .tooLong(255)
        )
        #expect(
            reason { () throws(NameError) in try RepositoryName(String(repeating: "-", count: 1_000_000)) }
                == .tooLong(255)
        )
    }

    @Test(arguments: [
        "latest", "1", "v1.2.3", "_", "_x", "A-Z", "1.27-alpine", "a..b", "a.-_", "sha256-abc.sig",
        String(repeating: "t", count: 128),
    ])
    func `accepts a tag`(_ text: String) throws {
        #expect(try TagName(text).text == text)
        #expect(try TagName(text).description == text)
    }

    @Test(arguments: [
        (".", 0), ("..", 0), (".a", 0), ("-rm", 0), ("a/b", 1), ("a:b", 1), ("a b", 1), ("a\n", 1), ("a\0", 1),
        ("a\r\nX: y", 1), ("\u{1B}[2J", 0), ("a?digest=x", 1), ("a#", 1), ("a%0d", 1), ("a+b", 1), ("a@b", 1), ("é", 0),
        ("ae\u{301}", 2), ("\u{202E}", 0), ("../x", 0), ("a\\b", 1), ("a*", 1),
    ])
    func `P01, P02: refuses a tag at the first byte that does not fit`(_ text: String, offset: Int) {
        let error = #expect(throws: NameError.self) { try TagName(text) }
        #expect(error?.kind == .tag)
        #expect(error?.text == text)
        #expect(error?.reason == .character(at: offset))
    }

    @Test func `refuses a tag that is empty or too long`() {
        #expect(reason { () throws(NameError) in try TagName("") } == .empty)
        #expect(reason { () throws(NameError) in try TagName(String(repeating: "t", count: 129)) } == .tooLong(128))
        #expect(reason { () throws(NameError) in try TagName(String(repeating: "t", count: 300)) } == .tooLong(128))
    }

    @Test func `a digest is never taken for a tag`() {
        #expect(throws: NameError.self) { try TagName("sha256:" + DigestTests.hex256) }
    }

    @Test func `orders names by their bytes`() throws {
        let names = try ["b", "a/z", "a-b", "a", "a.b", "a0"].map { try RepositoryName($0) }
        #expect(names.sorted().map(\.text) == ["a", "a-b", "a.b", "a/z", "a0", "b"])
        let tags = try ["b", "B", "_", "1", "a"].map { try TagName($0) }
        #expect(tags.sorted().map(\.text) == ["1", "B", "_", "a", "b"])
    }

    @Test func `prints a target as it follows a repository`() throws {
        let digest = try Digest("sha256:" + DigestTests.hex256)
        #expect(Target.tag(.latest).description == ":latest")
        #expect(Target.tag(.latest).text == "latest")
        #expect(Target.digest(digest).description == "@sha256:" + DigestTests.hex256)
        #expect(Target.digest(digest).text == "sha256:" + DigestTests.hex256)
    }

    @Test func `mutations never trap, and what is accepted can stand in a URL and a path`() {
        let corpus = ["library/nginx", "a/b.c/d_e", "x86-64__v1", "v1.2.3", "a/../b", "latest", "team/app/web"]
        let pieces = [
            "/", "..", ".", "//", "-", "__", "\0", "\r\n", "\u{1B}", "é", "\u{301}", "%2e", "A", "\u{2028}", ":",
        ]
        var mutator = Mutator(seed: 2, corpus: corpus, pieces: pieces)
        var accepted = (repositories: 0, tags: 0)
        for _ in 0..<20_000 {
            let text = mutator.text()
            if let name = try? RepositoryName(text) {
                accepted.repositories += 1
                #expect(Array(name.description.utf8) == Array(text.utf8))
                let components = text.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
                #expect(components.allSatisfy { !$0.isEmpty && $0.first != 0x2E && $0.first != 0x5F })
                #expect(text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !(0x41...0x5A).contains($0) })
                #expect(!text.contains(".."))
            }
            if let tag = try? TagName(text) {
                accepted.tags += 1
                #expect(Array(tag.description.utf8) == Array(text.utf8))
                #expect(text != ".." && text != "." && !text.contains("/"))
                #expect(text.utf8.allSatisfy { (0x21...0x7E).contains($0) })
            }
        }
        #expect(accepted.repositories > 1000)
        #expect(accepted.tags > 1000)
    }

    private func reason<Value>(of body: () throws(NameError) -> Value) -> NameError.Reason? {
        do {
            _ = try body()
            return nil
        } catch {
            return error.reason
        }
    }
}
