// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

@testable import OCI
import Replication
import Testing

@Suite struct ReferenceListTests {
    static let hex = CompanionTagTests.hex

    /// The entries, written as references.
    private func read(_ text: String) throws -> [String] {
        try ReferenceList(Array(text.utf8)).entries.map { "\($0.repository)\($0.target.map(\.description) ?? "")" }
    }

    @Test func `a line is a repository, a tag or a digest`() throws {
        let digest = "sha256:\(Self.hex)"
        let text = """
            # What the team needs.
            alpine
              team/app:1.2   # the stable one
            \tteam/app@\(digest)\t

            team/app:1.2@\(digest) #
               # indented
            alpine
            x:latest
            """
        // One as its digest alone, one with a tag beside it.
        let expected = ["alpine", "team/app:1.2", "team/app@\(digest)", "team/app@\(digest)", "x:latest"]
        #expect(try read(text) == expected)
        #expect(try read(text.replacing("\n", with: "\r\n")) == expected)
        #expect(try read("\u{FEFF}" + text + "\n") == expected)
    }

    @Test func `with a tag and a digest, the digest counts and the tag is kept`() throws {
        let text = "a:1@sha256:\(Self.hex)\na@sha256:\(Self.hex)\na:1\na:1@sha256:\(Self.hex)\n"
        let entries = try ReferenceList(Array(text.utf8)).entries
        #expect(entries.map { $0.writtenTag?.text } == ["1", nil, nil])
        #expect(entries.map { $0.target?.description ?? "" } == ["@sha256:\(Self.hex)", "@sha256:\(Self.hex)", ":1"])
    }

    @Test(arguments: ["", "\n", "\r\n\r\n", "# nothing", "   \t", "#"])
    func `a list may be empty`(_ text: String) throws {
        #expect(try read(text) == [])
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let line: String
        let column: Int
        let reason: ReferenceListError.Reason
        var testDescription: String { line }

        init(_ line: String, _ column: Int, _ reason: ReferenceListError.Reason) {
            self.line = line
            self.column = column
            self.reason = reason
        }

        init(_ line: String, _ column: Int, _ kind: NameError.Kind, _ text: String, _ reason: NameError.Reason) {
            self.init(line, column, .name(NameError(kind: kind, text: text, reason: reason)))
        }
    }

    @Test(arguments: [
        Row("Team/app", 1, .repository, "Team/app", .character(at: 0)),
        Row("  team/App", 8, .repository, "team/App", .character(at: 5)),
        Row("team/", 6, .repository, "team/", .character(at: 5)),
        Row("a#b", 2, .repository, "a#b", .character(at: 1)),
        Row("team/*", 6, .repository, "team/*", .character(at: 5)),
        Row("localhost:5000/a", 15, .tag, "5000/a", .character(at: 4)),
        Row("a:", 3, .tag, "", .empty),
        Row("a:-b", 3, .tag, "-b", .character(at: 0)),
        Row("a:b:c", 4, .tag, "b:c", .character(at: 1)),
        Row(":b", 1, .repository, "", .empty),
        Row("a:\(String(repeating: "b", count: 129))", 3, .tag, String(repeating: "b", count: 129), .tooLong(128)),
        Row("a@", 3, .digest(.malformed(""))),
        Row("a@sha256:12", 3, .digest(.malformed("sha256:12"))),
        Row("a@md5:12", 3, .digest(.unsupportedAlgorithm("md5"))),
        Row("a@b@c", 3, .digest(.malformed("b@c"))),
        Row("a b", 3, .afterReference),
        Row("a:1\t\tb # c", 6, .afterReference),
        Row("a\rb", 2, .repository, "a\rb", .character(at: 1)),
        Row("é", 1, .repository, "é", .character(at: 0)),
    ])
    func `a mistake has a line, a column and a reason`(_ row: Row) {
        let error = #expect(throws: ReferenceListError.self) { try read("ok\n\n\(row.line)\nok:1\n") }
        #expect(error == .mistakes([.init(line: 3, column: row.column, reason: row.reason)]))
    }

    @Test func `all mistakes are found`() {
        let error = #expect(throws: ReferenceListError.self) { try read("A\nok\nb:\nc d\n") }
        guard case .mistakes(let mistakes)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(mistakes.map(\.line) == [1, 3, 4])
        #expect(mistakes.map(\.column) == [1, 3, 3])
    }

    @Test func `bytes that are no text are a mistake`() {
        let error = #expect(throws: ReferenceListError.self) { try ReferenceList([0x61, 0xFF, 0x0A, 0x00]) }
        guard case .mistakes(let mistakes)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(mistakes.map(\.line) == [1, 2])
        #expect(mistakes.map(\.column) == [2, 1])
    }

    @Test func `a list is bounded in bytes and lines`() throws {
        let line = Array("a\n".utf8)
        let full = Array(repeating: line, count: ReferenceLines.maximumLines).flatMap { $0 }
        #expect(try ReferenceList(full).entries.count == 1)
        #expect(throws: ReferenceListError.tooManyLines(limit: 100_000)) { try ReferenceList(full + line) }
        #expect(throws: ReferenceListError.tooManyLines(limit: 100_000)) { try ReferenceList(full + Array("\n".utf8)) }
        let blank = [UInt8](repeating: UInt8(ascii: " "), count: ReferenceList.maximumBytes)
        #expect(try ReferenceList(blank).entries == [])
        #expect(throws: ReferenceListError.tooManyBytes(limit: 1 << 20)) { try ReferenceList(blank + blank) }
    }
}
