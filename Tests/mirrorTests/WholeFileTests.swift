// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
@testable import mirror

@Suite struct WholeFileTests {
    private let folder = TemporaryFolder()

    @Test func `a file is made, and replaced`() throws {
        for text in ["one\n", "a longer second one\n", "", String(repeating: "x", count: 1 << 20)] {
            try WholeFile.write(text, to: folder.file("plan"))
            #expect(try folder.text("plan") == text)
            #expect(try folder.names() == ["plan"])
        }
    }

    @Test func `whoever has the old file open still reads all of it`() throws {
        try WholeFile.write("the old one", to: folder.file("plan"))
        let old = try FileHandle(forReadingFrom: folder.file("plan"))
        try WholeFile.write("new", to: folder.file("plan"))
        #expect(try old.readToEnd().map { String(decoding: $0, as: UTF8.self) } == "the old one")
        #expect(try folder.text("plan") == "new")
    }

    @Test func `a reader finds the old or the new text, never a part`() async throws {
        let texts = (0..<40).map { String(repeating: "\($0 % 10)", count: 100_000) }
        let file = folder.file("plan")
        try WholeFile.write(texts[0], to: file)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for text in texts { try WholeFile.write(text, to: file) } }
            group.addTask {
                for _ in 0..<200 {
                    let text = try Data(contentsOf: file)
                    #expect(text.count == 100_000)
                    #expect(Set(text).count == 1)
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a draft that a kill left is written over`() throws {
        try folder.write("left behind", to: ".plan.\(getpid())")
        try WholeFile.write("new", to: folder.file("plan"))
        #expect(try folder.names() == ["plan"])
        #expect(try folder.text("plan") == "new")
    }

    @Test func `a place that cannot be written is told by the name that was given`() throws {
        try folder.write("", to: "file")
        try FileManager.default.createDirectory(at: folder.file("taken"), withIntermediateDirectories: true)
        for (name, number) in [("none/plan", ENOENT), ("file/plan", ENOTDIR), ("taken", EISDIR)] {
            let error = try #require(throws: StateError.self) { try WholeFile.write("x", to: folder.file(name)) }
            #expect(error == StateError(path: folder.file(name).path, number: number))
        }
        // Nothing is left of what was begun.
        #expect(try folder.names() == ["file", "taken"])
    }

    @Test func `a disk that is full is told, and the file stays`() throws {
        let error = try #require(throws: StateError.self) {
            try WholeFile.write("x", to: URL(filePath: "/proc/version"))
        }
        #expect(error.path == "/proc/version")
        #expect(Wording.sentence(for: error).hasPrefix("cannot use /proc/version: "))
    }
}
