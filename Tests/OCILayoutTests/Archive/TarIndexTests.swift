// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct TarIndexTests {
    private static let content = Array("hello".utf8)
    private static let long = "\(String(repeating: "a", count: 90))/\(String(repeating: "b", count: 90))"

    /// One of everything that is read.
    private static let sample =
        TarSample.member("./", type: "5") + TarSample.member("dir/", type: "5")
        + TarSample.member("dir/one", content) + TarSample.link("link", to: "dir/one")
        + TarSample.records(TarSample.record("path", long) + TarSample.record("mtime", "1.5"))
        + TarSample.member("short", content) + TarSample.member("empty") + TarSample.end

    /// A member as GNU tar writes it.
    private static func gnu(_ name: String, change: (inout [UInt8]) -> Void) -> [UInt8] {
        TarSample.member(name) {
            TarSample.put("ustar  \u{0}", at: 257, in: &$0)
            change(&$0)
        }
    }

    @Test func `nobody who has gone is worked for`() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.sample, to: "x.tar")
        let bytes = try ArchiveBytes(at: folder.below("x.tar"))
        #expect(throws: CancellationError.self) { try TarIndex(of: bytes, isCancelled: { true }) }
    }

    @Test func `files are found by their names, and where their bytes are`() throws {
        let index = try TemporaryFolder().index(of: Self.sample)
        #expect(index.files.keys.sorted() == [Self.long, "dir/one", "empty"])
        #expect(index.files["dir/one"] == 1536..<1541)
        #expect(index.files["empty"]?.isEmpty == true)
        #expect(index.links == ["link": "dir/one"])
        #expect(index.file(at: "link") == 1536..<1541)
    }

    @Test(arguments: ["gnu", "ustar", "pax"])
    func `archives of GNU tar are read, and name the same`(format: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.content, to: "in/blobs/sha256/\(String(repeating: "0", count: 64))")
        try folder.write(Self.content, to: "in/index.json")
        let arguments = ["--format=\(format)", "-C", folder.below("in"), "-cf", folder.below("x.tar"), "."]
        #expect(try await ChildProcess.run("tar", arguments).succeeded)
        let index = try TarIndex(of: ArchiveBytes(at: folder.below("x.tar")))
        #expect(index.files.keys.sorted() == ["blobs/sha256/\(String(repeating: "0", count: 64))", "index.json"])
    }

    @Test func `an archive that ends anywhere too early is refused`() throws {
        let folder = try TemporaryFolder()
        for length in stride(from: 0, to: Self.sample.count, by: 512) {
            #expect(try folder.mistake(in: Array(Self.sample[..<length])) == .cut, "at \(length)")
        }
        #expect(try folder.mistake(in: Self.sample) == nil)
        #expect(try folder.mistake(in: Self.sample + [UInt8](repeating: 0, count: 9 * 1024)) == nil)
    }

    static let refused: [(String, [UInt8], TarMistake)] = [
        ("something behind the end", sample + [1], .tail),
        ("a second archive behind the end", sample + sample, .tail),
        ("a member behind one empty block", [UInt8](repeating: 0, count: 512) + sample, .tail),
        ("zeros without end", sample + [UInt8](repeating: 0, count: 2 << 20), .tail),
        ("no archive", [UInt8](repeating: 65, count: 2048), .header),
        ("a file twice", TarSample.member("a") + TarSample.member("./a"), .duplicate("a")),
        ("a file and a link", TarSample.member("a") + TarSample.link("a", to: "b"), .duplicate("a")),
        ("a link and a file", TarSample.link("a", to: "b") + TarSample.member("a"), .duplicate("a")),
        ("a hard link", TarSample.member("a", type: "1", target: "b"), .kind(UInt8(ascii: "1"))),
        ("a device", TarSample.member("a", type: "3"), .kind(UInt8(ascii: "3"))),
        ("a pipe", TarSample.member("a", type: "6"), .kind(UInt8(ascii: "6"))),
        ("a sparse file", TarSample.member("a", type: "S"), .kind(UInt8(ascii: "S"))),
        ("a long name of GNU tar", TarSample.member("././@LongLink", content, type: "L"), .kind(UInt8(ascii: "L"))),
        ("records for all", TarSample.member("pax", content, type: "g"), .kind(UInt8(ascii: "g"))),
        ("a link with a length", TarSample.member("a", content, type: "2", target: "b"), .size),
        ("a folder with a length", TarSample.member("a/", content, type: "5"), .size),
        ("a length beyond the end", TarSample.member("a", content, size: 4096), .cut),
        (
            "a length near the largest number",
            TarSample.member("a") {
                $0.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7))
            }, .cut
        ),
        (
            "a negative length",
            TarSample.member("a") { $0.replaceSubrange(124..<136, with: [UInt8](repeating: 0xFF, count: 12)) }, .size
        ),
        (
            "a small length in binary",
            TarSample.member("a") { $0.replaceSubrange(124..<136, with: [0x80] + [UInt8](repeating: 0, count: 11)) },
            .size
        ),
        ("a sparse map of GNU tar in a plain header", gnu("a") { $0[386] = UInt8(ascii: "1") }, .fields),
        ("a time of an incremental archive of GNU tar", gnu("a") { $0[345] = UInt8(ascii: "1") }, .fields),
        ("something in the last byte of GNU tar", gnu("a") { $0[511] = 1 }, .fields),
        ("the mark of star", TarSample.member("a") { TarSample.put("tar\u{0}", at: 508, in: &$0) }, .fields),
        ("something in the first byte behind a name", TarSample.member("a") { $0[500] = 1 }, .fields),
        (
            "a length without digits",
            TarSample.member("a") { $0.replaceSubrange(124..<136, with: [UInt8](repeating: 0x20, count: 12)) }, .size
        ),
        ("a length with a sign", TarSample.member("a") { $0[124] = UInt8(ascii: "-") }, .size),
        ("a length of digits behind its end", TarSample.member("a") { $0[130] = 0 }, .size),
        ("a name that leads outside", TarSample.member("../a"), .name("../a")),
        (
            "a name that leads outside on a detour", TarSample.member("blobs/sha256/../../../a"),
            .name("blobs/sha256/../../../a")
        ),
        ("an absolute name", TarSample.member("/etc/passwd"), .name("/etc/passwd")),
        ("a name of Windows", TarSample.member("C:\\a"), .name("C:\\a")),
        ("a name with a line feed", TarSample.member("a\nb"), .name("a\nb")),
        ("no name", TarSample.member(""), .name("")),
        ("a file with the name of a folder", TarSample.member("a/"), .name("a/")),
        ("something behind the end of a name", TarSample.member("a") { $0[50] = 65 }, .name("a")),
        (
            "a name of 4097 bytes",
            TarSample.records(TarSample.record("path", String(repeating: "a", count: 4097))) + TarSample.member("a"),
            .name(String(repeating: "a", count: 200))
        ),
        (
            "a name in records that leads outside",
            TarSample.records(TarSample.record("path", "../a")) + TarSample.member("a"), .name("../a")
        ),
        (
            "a name in records with a zero byte",
            TarSample.records(TarSample.record("path", "a\u{0}b")) + TarSample.member("a"), .name("a\u{0}b")
        ),
        (
            "records that contradict the length",
            TarSample.records(TarSample.record("size", "5")) + TarSample.member("a", [1, 2, 3]), .size
        ),
        (
            "records with a small length for none",
            TarSample.records(TarSample.record("size", "5")) + TarSample.member("a"), .size
        ),
        (
            "records with a negative length", TarSample.records(TarSample.record("size", "-5")) + TarSample.member("a"),
            .size
        ),
        (
            "records with a length of 2^60",
            TarSample.records(TarSample.record("size", "1152921504606846976")) + TarSample.member("a"), .cut
        ),
        (
            "a key twice",
            TarSample.records(TarSample.record("path", "b") + TarSample.record("path", "c")) + TarSample.member("a"),
            .records("path stands twice")
        ),
        (
            "a sparse file in records",
            TarSample.records(TarSample.record("GNU.sparse.size", "5")) + TarSample.member("a"),
            .records("GNU.sparse.size is not understood")
        ),
        (
            "a record longer than all", TarSample.records("99 path=b\n") + TarSample.member("a"),
            .records("a record has no length")
        ),
        (
            "a record that is too short", TarSample.records("5 path=b\n") + TarSample.member("a"),
            .records("a record is malformed")
        ),
        (
            "a record without a length", TarSample.records("path=b\n") + TarSample.member("a"),
            .records("a record has no length")
        ),
        (
            "records without anything behind them", TarSample.records(TarSample.record("path", "b")) + TarSample.end,
            .header
        ),
        (
            "records in front of records",
            TarSample.records(TarSample.record("path", "b")) + TarSample.records(TarSample.record("path", "c"))
                + TarSample.member("a"), .kind(UInt8(ascii: "x"))
        ),
        (
            "records of 65 KiB",
            TarSample.member("pax", [UInt8](repeating: 65, count: 65 << 10), type: "x") + TarSample.member("a"),
            .records("they have 66560 bytes")
        ),
        (
            "records of a gibibyte", TarSample.member("pax", type: "x", size: 1 << 30) + TarSample.member("a"),
            .records("they have 1073741824 bytes")
        ),
    ]

    @Test(arguments: refused.map(\.0)) func `what only some readers understand is refused`(name: String) throws {
        let row = try #require(Self.refused.first { $0.0 == name })
        let isWhole = row.1.starts(with: Self.sample) || row.1.suffix(1024) == TarSample.end[...]
        #expect(try TemporaryFolder().mistake(in: isWhole ? row.1 : row.1 + TarSample.end) == row.2)
    }

    @Test func `a link is followed once, and never out of the archive`() throws {
        let archive =
            TarSample.member("a/layer.tar", Self.content) + TarSample.link("b/layer.tar", to: "../a/layer.tar")
            + TarSample.link("c/layer.tar", to: "../b/layer.tar") + TarSample.link("d", to: "/a/layer.tar")
            + TarSample.link("e", to: "../a/layer.tar") + TarSample.link("f", to: "./f") + TarSample.end
        let index = try TemporaryFolder().index(of: archive)
        #expect(index.file(at: "b/layer.tar") == index.files["a/layer.tar"])
        for name in ["c/layer.tar", "d", "e", "f", "g"] { #expect(index.file(at: name) == nil, "\(name)") }
    }

    @Test func `a length of more than eleven digits stands in records or in binary`() throws {
        let size = TarNumber.longestOctal + 1
        var field = [UInt8](repeating: 0, count: 12)
        field[0] = 0x80
        for place in 0..<8 { field[11 - place] = UInt8(truncatingIfNeeded: size >> (8 * place)) }
        #expect(TarNumber.size(field[...]) == size)
        let block = try TarBlock(TarSample.member("a"))
        let records = try PaxRecords(Array(TarSample.record("size", "\(size)").utf8)[...])
        #expect(try TarMember(block, records, at: 512).size == size)
    }

    /// Readers that disagree are a known way in: whatever is not refused must be what GNU tar takes it for.
    @Test func `a header that is changed in one byte is refused, or means what GNU tar says`() async throws {
        let folder = try TemporaryFolder()
        var names: [String] = []
        for offset in 0..<512 where !(148..<156).contains(offset) {
            for value in [0, 0x2F, 0x31, 0x80] as [UInt8] {
                let range = 1024..<1536
                var archive = Self.sample
                guard archive[range.lowerBound + offset] != value else { continue }
                archive[range.lowerBound + offset] = value
                archive.replaceSubrange(range, with: TarSample.summed(Array(archive[range])))
                guard let index = try? folder.index(of: archive) else { continue }
                let name = "\(offset)-\(value)"
                try folder.write(archive, to: "kept/\(name).tar")
                try folder.write(Array(Self.listing(index).utf8), to: "kept/\(name).ours")
                names.append(name)
            }
        }
        // Owners, times and modes may be anything; names and lengths may not.
        #expect(names.count > 100)
        let script = """
            cd '\(folder.below("kept"))' && for f in *.tar; do
            tar tvf $f --numeric-owner --quoting-style=literal 2>/dev/null | awk '/^-/ {print $3, $6}' | sed 's, \\./, ,' | LC_ALL=C sort > theirs
            cmp -s theirs ${f%.tar}.ours || { echo $f; cat theirs; echo; cat ${f%.tar}.ours; exit 1; }; done
            """
        let compared = try await ChildProcess.run("bash", ["-c", script])
        #expect(compared.succeeded, "\(compared.outputText)")
    }

    private static func listing(_ index: TarIndex) -> String {
        index.files.map { "\($0.value.count) \($0.key)\n" }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined()
    }
}
