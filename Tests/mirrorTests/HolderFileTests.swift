// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Testing
@testable import mirror

@Suite struct HolderFileTests {
    /// A directory that is gone when the test has ended.
    private final class Folder {
        let url = FileManager.default.temporaryDirectory.appending(path: "holders-\(UUID().uuidString)")

        deinit { try? FileManager.default.removeItem(at: url) }

        func file(_ name: String) -> URL { url.appending(path: "holders").appending(path: name) }

        func write(_ bytes: [UInt8], to name: String) throws {
            try FileManager.default.createDirectory(
                at: url.appending(path: "holders"),
                withIntermediateDirectories: true
            )
            try Data(bytes).write(to: file(name))
        }

        func lines(_ name: String) throws -> [Substring] {
            String(decoding: try Data(contentsOf: file(name)), as: UTF8.self).split(separator: "\n")
        }
    }

    private let folder = Folder()
    private let host: RegistryHost
    private let app: RepositoryName
    private let other: RepositoryName

    init() throws {
        host = try RegistryHost("registry.lan:5000")
        app = try RepositoryName("team/app")
        other = try RepositoryName("team/other")
    }

    private func open(_ host: RegistryHost? = nil) -> HolderFile { .open(for: host ?? self.host, in: folder.url) }

    @Test func `remembers what was noted, the newest last`() throws {
        let file = open()
        #expect(file.holder(of: Sample.digest(1)) == nil)
        file.note(Sample.digest(1), in: app)
        file.note(Sample.digest(2), in: app)
        file.note(Sample.digest(1), in: other)
        #expect(file.holder(of: Sample.digest(1)) == other)
        let again = open()
        #expect(again.holder(of: Sample.digest(1)) == other)
        #expect(again.holder(of: Sample.digest(2)) == app)
    }

    @Test func `what is known already is not written again`() throws {
        for _ in 0..<3 { open().note(Sample.digest(1), in: app) }
        #expect(try folder.lines("registry.lan_5000") == ["\(Sample.digest(1)) team/app"])
    }

    @Test func `each destination has a file of its own`() throws {
        open().note(Sample.digest(1), in: app)
        #expect(open(try RegistryHost("[::1]:5000")).holder(of: Sample.digest(1)) == nil)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.appending(path: "holders").path)
        #expect(names.sorted() == ["__1_5000", "registry.lan_5000"])
        #expect(names.allSatisfy { !$0.contains("/") && !$0.hasPrefix(".") })
    }

    @Test func `torn and foreign lines are passed over`() throws {
        let good = "\(Sample.digest(3)) team/app\n"
        let lines: [[UInt8]] = [
            Array("\n\n \n".utf8), Array("sha256:11 team/app\n".utf8), Array("\(Sample.digest(1)) ../../etc\n".utf8),
            Array("\(Sample.digest(1)) a b\n".utf8), [0xFF, 0xFE, 0, 10], Array("\(Sample.digest(1))\n".utf8),
            Array(good.utf8), Array("\(Sample.digest(2)) te\u{1B}am\n".utf8), Array("sha256:2222".utf8),
        ]
        try folder.write(Array(lines.joined()), to: "registry.lan_5000")
        let file = open()
        #expect(file.holder(of: Sample.digest(1)) == nil)
        #expect(file.holder(of: Sample.digest(2)) == nil)
        #expect(file.holder(of: Sample.digest(3)) == app)
    }

    @Test(arguments: [1, 10, 70, 80])
    func `a torn line does not spoil the next one`(_ length: Int) throws {
        let torn = "\(Sample.digest(1)) \(app)".utf8.prefix(length)
        try folder.write(Array("\(Sample.digest(2)) team/app\n".utf8) + torn, to: "registry.lan_5000")
        open().note(Sample.digest(3), in: other)
        let file = open()
        #expect(file.holder(of: Sample.digest(2)) == app)
        #expect(file.holder(of: Sample.digest(3)) == other)
    }

    private static func digest(_ number: Int) -> Digest {
        Digest(algorithm: .sha256, hash: (0..<32).map { UInt8(truncatingIfNeeded: number >> (8 * ($0 & 7))) })
    }

    @Test func `a long file is cut to its newest lines`() throws {
        let text = (0..<50_001).map { "\(Self.digest($0)) team/app\n" }.joined()
        try folder.write(Array(text.utf8), to: "registry.lan_5000")
        let file = open()
        #expect(file.holder(of: Self.digest(0)) == nil)
        #expect(file.holder(of: Self.digest(50_000)) == app)
        #expect(try folder.lines("registry.lan_5000").count == 25_000)
    }

    @Test func `one long run does not let the file grow without end`() throws {
        let file = open()
        for number in 0..<100_010 { file.note(Self.digest(number), in: app) }
        #expect(file.holder(of: Self.digest(100_009)) == app)
        #expect(try folder.lines("registry.lan_5000").count < 20)
    }

    @Test func `only its owner can read it`() throws {
        open().note(Sample.digest(1), in: app)
        func mode(_ url: URL) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
        }
        #expect(try mode(folder.file("registry.lan_5000")) == 0o600)
        #expect(try mode(folder.url.appending(path: "holders")) == 0o700)
    }

    @Test func `without a directory it remembers for this run alone`() throws {
        // A file stands where the directory should be.
        try Data().write(to: folder.url)
        let file = open()
        file.note(Sample.digest(1), in: app)
        #expect(file.holder(of: Sample.digest(1)) == app)
        #expect(open().holder(of: Sample.digest(1)) == nil)
    }

    @Test func `many tasks can note at once`() async throws {
        let file = open()
        let name = app
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<200 { group.addTask { file.note(Self.digest(number), in: name) } }
        }
        #expect(try folder.lines("registry.lan_5000").count == 200)
        let again = open()
        #expect((0..<200).allSatisfy { again.holder(of: Self.digest($0)) == app })
    }
}
