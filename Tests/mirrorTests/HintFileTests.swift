// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Testing
@testable import mirror

@Suite struct HintFileTests {
    private let folder = TemporaryFolder()

    private typealias Numbers = HintFile<TagPlace, Int64>

    private func open(_ name: String = "state/hints", maximumLines: Int = 100) -> HintFile<TagPlace, Int64> {
        HintFile(folder.file(name), maximumLines: maximumLines)
    }

    private func place(_ text: String) throws -> TagPlace { try #require(TagPlace(hint: text[...])) }

    private func lines(_ name: String = "state/hints") throws -> [String] {
        try folder.text(name).split(separator: "\n").map(String.init)
    }

    @Test func `remembers the newest value of each key`() throws {
        let file = open()
        file.note(try place("app:1"), 1)
        file.note(try place("app:2"), 2)
        file.note(try place("app:1"), 3)
        #expect(file[try place("app:1")] == 3)
        let again = open()
        #expect(again.all == [try place("app:1"): 3, try place("app:2"): 2])
        #expect(again[try place("app:3")] == nil)
        #expect(try lines() == ["app:1 1", "app:2 2", "app:1 3"])
    }

    @Test func `what is known already is not written again`() throws {
        for _ in 0..<3 { open().note(try place("app:1"), 1) }
        #expect(try lines() == ["app:1 1"])
    }

    @Test func `torn and foreign lines are passed over, wherever they stand`() throws {
        try folder.write(
            "app:1 1\n\napp:2\n app:3 3\napp:4 4 4\nApp:5 5\napp 6\napp:7 x\napp:8  8\n\u{0}\napp:9 9\r\n../x:1 1\napp:10 10",
            to: "state/hints"
        )
        #expect(open().all == [try place("app:1"): 1, try place("app:10"): 10])
        try folder.write([0xFF, 0xFE, 0x0A] + Array("app:1 1\n".utf8), to: "state/hints")
        #expect(open().all == [try place("app:1"): 1])
    }

    @Test func `wherever the last line is torn, those before it stay, and the next one is read`() throws {
        let whole = "team/app:1.0 123\nteam/app:2.0 456"
        for length in 0...whole.utf8.count {
            try folder.write(Array(whole.utf8.prefix(length)), to: "state/hints")
            open().note(try place("next:1"), 7)
            let file = open()
            #expect(file[try place("next:1")] == 7, "\(length)")
            #expect(
                file[try place("team/app:1.0")] == (length > 15 ? 123 : length > 14 ? 12 : length > 13 ? 1 : nil),
                "\(length)"
            )
        }
    }

    @Test func `is cut to its newest half when it has grown too long`() throws {
        let file = open(maximumLines: 10)
        for number in 0..<10 { file.note(try place("app:\(number)"), Int64(number)) }
        #expect(open(maximumLines: 10).all.count == 10)
        file.note(try place("app:10"), 10)
        let cut = open(maximumLines: 10)
        #expect(Set(cut.all.values) == Set(6...10))
        #expect(try lines() == (6...10).map { "app:\($0) \($0)" })
    }

    @Test func `does not grow without end in one run`() throws {
        let file = open(maximumLines: 10)
        for number in 0..<1000 {
            file.note(try place("app:\(number)"), 1)
            #expect(file.all.count <= 21)
        }
        #expect(file[try place("app:999")] == 1)
        #expect(try lines().count <= 21)
    }

    @Test func `two writers do not spoil each other's lines`() async throws {
        let (one, other) = (open(maximumLines: 10_000), open(maximumLines: 10_000))
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<500 {
                for (name, file) in [("one", one), ("other", other)] {
                    group.addTask {
                        if let place = TagPlace(hint: "\(name):\(number)") { file.note(place, Int64(number)) }
                    }
                }
            }
        }
        let read = open(maximumLines: 10_000)
        #expect(read.all.count == 1000)
        for number in 0..<500 {
            for name in ["one", "other"] { #expect(read[try place("\(name):\(number)")] == Int64(number)) }
        }
        #expect(try lines().count == 1000)
    }

    @Test func `a file that cannot be written is done without`() throws {
        try folder.write("", to: "state")
        let file = open()
        file.note(try place("app:1"), 1)
        #expect(file[try place("app:1")] == 1)
        #expect(open().all.isEmpty)
    }

    @Test(arguments: ["app:1", "team/app:1.2", "a/b/c:latest", "x:sha256-00.sig"])
    func `a tag of a repository is read as it is written`(_ text: String) throws {
        #expect(try place(text).hint == text)
    }

    @Test(arguments: ["", ":", "app", "app:", ":1", "a b:1", "app:1:2", "APP:1", "app:.1", "/app:1"])
    func `what is no tag of a repository is none`(_ text: String) { #expect(TagPlace(hint: text[...]) == nil) }

    @Test(
        arguments: [
            ("0", 0), ("-5", -5), ("9223372036854775807", .max), ("9223372036854775808", nil), ("", nil), ("1x", nil),
        ] as [(String, Int64?)]
    )
    func `numbers are read as far as they go`(_ text: String, number: Int64?) {
        #expect(Int64(hint: text[...]) == number)
    }
}
