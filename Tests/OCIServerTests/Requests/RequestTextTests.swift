// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OCI
import Testing

@testable import OCIServer

@Suite struct ByteRangeTests {
    @Test(
        arguments: [
            (nil, ByteRange.whole),
            ("bytes=500-1499", .part(500..<1500)),
            ("bytes=500-", .part(500..<2048)),
            ("bytes=-500", .part(1548..<2048)),
            ("bytes=-5000", .part(0..<2048)),
            ("bytes=2000-5000", .part(2000..<2048)),
            ("bytes=0-0", .part(0..<1)),
            ("BYTES=0-0", .part(0..<1)),
            ("bytes=0-9223372036854775807", .part(0..<2048)),
            ("bytes=0-99999999999999999999999", .part(0..<2048)),
            ("bytes=500-0", .unsatisfiable),
            ("bytes=5000-10000", .unsatisfiable),
            ("bytes=2048-", .unsatisfiable),
            ("bytes=99999999999999999999999-", .unsatisfiable),
            ("bytes=-0", .unsatisfiable),
            ("bytes=0-0,5-6", .whole),
            ("bytes=", .whole),
            ("bytes=-", .whole),
            ("bytes=a-b", .whole),
            ("bytes=+1-5", .whole),
            ("bytes= 1-5", .whole),
            ("items=0-5", .whole),
            ("0-5", .whole),
        ] as [(String?, ByteRange)]
    )
    func `ranges of a blob of 2048 bytes`(_ text: String?, expected: ByteRange) {
        #expect(ByteRange(text, size: 2048) == expected)
    }

    @Test func `a blob of no bytes has no range`() {
        #expect(ByteRange("bytes=0-", size: 0) == .unsatisfiable)
        #expect(ByteRange("bytes=-1", size: 0) == .unsatisfiable)
        #expect(ByteRange(nil, size: 0) == .whole)
    }

    @Test func `very many ranges are one text that is ignored`() {
        let text = "bytes=" + (0..<100_000).map { "\($0)-\($0)" }.joined(separator: ",")
        #expect(ByteRange(text, size: 2048) == .whole)
    }
}

@Suite struct ChunkRangeTests {
    @Test(
        arguments: [
            ("0-0", 0, 1), ("0-1023", 0, 1024), ("1024-2047", 1024, 1024), ("00-05", 0, 6),
        ] as [(String, Int64, Int64)]
    )
    func `places of chunks`(_ text: String, first: Int64, length: Int64) throws {
        let chunk = try #require(ChunkRange(text))
        #expect(chunk.first == first)
        #expect(chunk.length == length)
    }

    @Test(arguments: [
        "", "-", "1", "1-", "-1", "5-4", "bytes 0-5", "0-5/6", "0-5/*", "+0-5", "0 - 5", "a-b", "0-1-2",
        "0-9223372036854775807", "0-99999999999999999999",
    ])
    func `anything else is none`(_ text: String) { #expect(ChunkRange(text) == nil) }
}

@Suite struct PageRequestTests {
    @Test(arguments: [
        ("", 1000), ("n=5", 5), ("n=0", 0), ("n=1000", 1000), ("n=1001", 1000), ("n=2147483647", 1000),
        ("n=99999999999999999999", 1000), ("n=007", 7),
    ])
    func `numbers of entries are clamped`(_ query: String, count: Int) throws {
        #expect(try PageRequest(RequestQuery(query[...])).count == count)
    }

    @Test(arguments: ["n=-1", "n=abc", "n=1e9", "n=", "n=+5", "n=999999999999999999999"])
    func `what is no number is refused`(_ query: String) throws {
        let fault = try #require(throws: RegistryFault.self) { try PageRequest(RequestQuery(query[...])) }
        #expect(fault.code == "PAGINATION_NUMBER_INVALID")
        #expect(fault.status.code == 400)
    }

    @Test func `the next page is named with what it begins after`() throws {
        let page = try PageRequest(RequestQuery("n=2&last=a%2Fb"))
        #expect(page.last == "a/b")
        #expect(page.link("/v2/_catalog", after: "c/d") == "</v2/_catalog?n=2&last=c%2Fd>; rel=\"next\"")
    }
}

@Suite struct RequestQueryTests {
    @Test func `names and values are unescaped, and a plus stays one`() throws {
        let query = try RequestQuery("digest=sha256%3Aabc&artifactType=application/vnd.a+json&tag=a&tag=b&flag&=x&&")
        #expect(try query.single("digest") == "sha256:abc")
        #expect(try query.single("artifactType") == "application/vnd.a+json")
        #expect(query.all("tag") == ["a", "b"])
        #expect(try query.single("flag") == "")
        #expect(try query.single("other") == nil)
    }

    @Test(arguments: ["digest=a&digest=b"])
    func `a value that stands twice is refused`(_ text: String) throws {
        let query = try RequestQuery(text[...])
        #expect(throws: RegistryFault.self) { try query.single("digest") }
    }

    @Test(arguments: ["a=%", "a=%z1", "a=%ff", "a=" + String(repeating: "x", count: 9000)])
    func `what is not properly escaped, or too long, is refused`(_ text: String) {
        #expect(throws: RegistryFault.self) { try RequestQuery(text[...]) }
    }
}

@Suite struct EntityTagTests {
    static let digest = "sha256:" + String(repeating: "a", count: 64)

    @Test(arguments: [
        ("\"\(digest)\"", true), ("W/\"\(digest)\"", true), ("*", true), ("\"x\", \"\(digest)\"", true),
        ("\"x\"", false), (digest, false), ("", false),
    ])
    func `what a client has is told from If-None-Match`(_ value: String, isKnown: Bool) throws {
        #expect(EntityTag(try Digest(Self.digest)).isKnown(to: [.ifNoneMatch: value]) == isKnown)
    }

    @Test(arguments: [
        ("\"\(digest)\"", true), ("\"x\"", false), ("W/\"\(digest)\"", false), ("Tue, 24 Nov 2026", false),
    ])
    func `a range counts only for the same content`(_ value: String, allows: Bool) throws {
        let tag = EntityTag(try Digest(Self.digest))
        #expect(tag.allowsRange([.ifRange: value]) == allows)
        #expect(tag.allowsRange([:]))
    }
}

@Suite struct JSONTextTests {
    @Test func `strings are escaped`() {
        var json = JSONText()
        json.strings(["a", "\"\\\n\u{7F}é", ""])
        #expect(String(decoding: json.bytes, as: UTF8.self) == #"["a","\"\\\u000a\u007fé",""]"#)
    }

    @Test func `a fault is the body that the specification asks for`() {
        let errors = SpecError.all(in: RegistryFault.blobUnknown.body)
        #expect(errors.map(\.code) == ["BLOB_UNKNOWN"])
    }
}

@Suite struct PercentEncodingTests {
    @Test(arguments: ["", "a-b._~", "a/b c", "é%\u{0}", "sha256:abc+d"])
    func `what is escaped is read back`(_ text: String) {
        #expect(PercentEncoding.decode(PercentEncoding.encode(text)[...]) == text)
    }
}

@Suite struct CivilTimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z", "01/Jan/1970:00:00:00 +0000"),
            (951_827_696, "2000-02-29T12:34:56Z", "29/Feb/2000:12:34:56 +0000"),
            (1_795_518_420, "2026-11-24T11:07:00Z", "24/Nov/2026:11:07:00 +0000"),
            (4_102_444_799, "2099-12-31T23:59:59Z", "31/Dec/2099:23:59:59 +0000"),
            (-1, "1969-12-31T23:59:59Z", "31/Dec/1969:23:59:59 +0000"),
        ] as [(Int64, String, String)]
    )
    func `moments are written in UTC`(_ seconds: Int64, iso8601: String, common: String) {
        let time = CivilTime(secondsSince1970: seconds)
        #expect(time.iso8601 == iso8601)
        #expect(time.common == common)
    }
}
