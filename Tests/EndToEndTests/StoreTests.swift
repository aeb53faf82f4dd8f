// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCILayout
import OCITestKit
import Testing

extension EndToEnd {
    /// Stores on disk, beside other tools that know the format.
    @Suite(.serialized)
    struct StoreTests {
        private static let name = "team/app"

        private static func withFolder(_ body: (String) async throws -> Void) async throws {
            let folder = Program.temporaryPath("store")
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try await body(folder)
        }

        private static func withStore(at path: String, _ body: (LayoutRepository) async throws -> Void) async throws {
            let store = try await LayoutStore.open(at: path)
            do { try await body(store.repository(try RepositoryName(name))) } catch {
                try? await store.shutdown()
                throw error
            }
            try await store.shutdown()
        }

        @discardableResult
        private static func tool(_ program: String, _ arguments: String...) async throws -> String {
            let result = try await ChildProcess.run(
                program,
                program == "skopeo" ? ["--insecure-policy"] + arguments : arguments
            )
            try #require(result.succeeded, "\(program) \(arguments): \(result.errorText)")
            return result.outputText.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        @Test func `a server and copies on one store at the same time lose nothing`() async throws {
            try await withDockerRegistry { source in
                try await fill(source, with: Workload.small(repositories: 3))
                try await withEmbeddedRegistry(Program.path) { registry in
                    let folder = "layout:\(registry.store)"
                    // The same repository from both sides, and one of each side's own.
                    let ends = [
                        ("\(source.host)/small/**", "\(folder)//both"),
                        ("\(source.host)/small/**", "\(registry.host)/both"),
                        ("\(source.host)/small/**", "\(folder)//folder"),
                        ("\(source.host)/small/**", "\(registry.host)/server"),
                    ]
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for (from, to) in ends {
                            group.addTask {
                                let result = try await Program.run("copy", "--quiet", from, to)
                                #expect(result.ending == .exited(0), "\(to): \(result.errorText)")
                            }
                        }
                        group.addTask {
                            let result = try await Program.run("store", "gc", "--delete", "--store", registry.store)
                            #expect(result.ending == .exited(0), "\(result.errorText)")
                        }
                        try await group.waitForAll()
                    }
                    for name in ["both", "folder", "server"] {
                        let copied = try await Program.run(
                            "copy",
                            "\(source.host)/small/**",
                            "\(registry.host)/\(name)"
                        )
                        #expect(
                            copied.outputText.contains("done: 0 published, 9 equal"),
                            "\(name): \(copied.outputText)"
                        )
                    }
                    let check = try await Program.run("store", "check", "--store", registry.store)
                    #expect(check.outputText.contains("sound:"), "\(check.outputText)")
                }
            }
        }

        @Test func `skopeo and umoci read a repository of a store in its place`() async throws {
            try await Self.withFolder { folder in
                let images = [try await BuiltImage.random(seed: 1), try await BuiltImage.random(seed: 2)]
                try await Self.withStore(at: "\(folder)/store") { repository in
                    for (number, image) in images.enumerated() {
                        try await image.write(to: repository, as: try TagName("v\(number)"))
                    }
                }
                let layout = "\(folder)/store/repositories/\(Self.name)/_oci"
                for (number, image) in images.enumerated() {
                    let digest = try await Self.tool(
                        "skopeo",
                        "inspect",
                        "--format",
                        "{{.Digest}}",
                        "oci:\(layout):v\(number)"
                    )
                    #expect(digest == "\(image.manifest.descriptor.digest)")
                    try await Self.tool(
                        "skopeo",
                        "copy",
                        "--quiet",
                        "oci:\(layout):v\(number)",
                        "dir:\(folder)/d\(number)"
                    )
                    let copied = try Data(contentsOf: URL(filePath: "\(folder)/d\(number)/manifest.json"))
                    #expect([UInt8](copied) == image.manifest.bytes)
                }
                #expect(try await Self.tool("umoci", "ls", "--layout", layout).split(separator: "\n") == ["v0", "v1"])
                try await Self.tool("umoci", "stat", "--image", "\(layout):v1")
                try await Self.tool(
                    "umoci",
                    "unpack",
                    "--rootless",
                    "--image",
                    "\(layout):v1",
                    "\(folder)/unpacked"
                )
            }
        }

        @Test func `a layout that skopeo and umoci wrote is read, and written on so that they read it`() async throws {
            try await Self.withFolder { folder in
                let layout = "\(folder)/layout"
                try await Self.tool("umoci", "init", "--layout", layout)
                try await Self.tool("umoci", "new", "--image", "\(layout):empty")
                try await withSourceImage { image, source in
                    try await Self.tool("skopeo", "copy", "--quiet", source, "oci:\(layout):theirs")
                    let plain = try await PlainLayout.open(at: layout)
                    let any = try RepositoryName("any")
                    let tags = try await plain.source(any).tags().all()
                    #expect(tags.map(\.tag.text) == ["empty", "theirs"])
                    for entry in tags {
                        let found = try await plain.source(any).document(at: .tag(entry.tag))
                        #expect(found?.descriptor.digest == entry.digest)
                        for blob in found?.manifest.blobs ?? [] { #expect(try await plain.source(any).contains(blob)) }
                    }
                    let other = try await BuiltImage.random(seed: 9)
                    let index = try ImageBuilder.index([(manifest: other.manifest, platform: other.platform)])
                    try await other.write(to: plain.sink(any))
                    try await plain.sink(any).publish(index, as: try TagName("ours"))
                    try await plain.shutdown()
                    let raw = try await Self.tool("skopeo", "inspect", "--raw", "oci:\(layout):ours")
                    #expect(raw == String(decoding: index.bytes, as: UTF8.self))
                    try await Self.tool("skopeo", "copy", "--quiet", "oci:\(layout):ours", "dir:\(folder)/copied")
                    let names = try await Self.tool("umoci", "ls", "--layout", layout).split(separator: "\n")
                    #expect(Set(names) == ["empty", "ours", "theirs"])
                    _ = image
                }
            }
        }

        private func withSourceImage(_ body: (BuiltImage, String) async throws -> Void) async throws {
            let folder = Program.temporaryPath("image")
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let image = try await BuiltImage.random(seed: 4)
            func write(_ bytes: some Sequence<UInt8>, _ name: String) throws {
                try Data(bytes).write(to: URL(filePath: "\(folder)/\(name)"))
            }
            try write("Directory Transport Version: 1.1\n".utf8, "version")
            try write(image.manifest.bytes, "manifest.json")
            for blob in image.blobs { try write(blob.bytes, blob.descriptor.digest.hex) }
            try await body(image, "dir:\(folder)")
        }

        @Test func `stats, check and gc say what is there, and change nothing unless told to`() async throws {
            try await Self.withFolder { folder in
                let path = "\(folder)/store"
                let image = try await BuiltImage.random(seed: 1)
                try await Self.withStore(at: path) { repository in
                    try await image.write(to: repository, as: .latest)
                    let held = MemoryEndpoint()[try RepositoryName("held")]
                    let garbage = held.add(Array("garbage".utf8))
                    _ = try await repository.write(BlobContent(garbage, from: held), heldBy: nil)
                }
                let stats = try await Program.run("store", "stats", "--store", path)
                #expect(stats.ending == .exited(0), "\(stats.errorText)")
                #expect(stats.outputText.hasPrefix("1 repository, 1 tag, 1 manifest, 4 blobs\n"), "\(stats.outputText)")
                let check = try await Program.run("store", "check", "--store", path, "--format", "json")
                #expect(check.ending == .exited(0))
                #expect(check.outputText.contains(#""sound":true"#), "\(check.outputText)")
                let fresh = try await Program.run("store", "gc", "--store", path, "--delete")
                #expect(fresh.outputText.hasPrefix("removed: 0 files"), "\(fresh.outputText)")
                // A file that was written a day ago.
                let digest = Digester.digest(of: Array("garbage".utf8)).hex
                let file = "\(path)/blobs/sha256/\(digest.prefix(2))/\(digest)"
                let old = [FileAttributeKey.modificationDate: Date(timeIntervalSinceNow: -86_400)]
                try FileManager.default.setAttributes(old, ofItemAtPath: file)
                let seen = try await Program.run("store", "gc", "--store", path)
                #expect(seen.outputText.hasPrefix("garbage: 1 file with 7 B"), "\(seen.outputText)")
                #expect(FileManager.default.fileExists(atPath: file))
                let done = try await Program.run("store", "gc", "--store", path, "--delete", "--format", "json")
                #expect(done.outputText.contains(#""removed":true"#) && done.outputText.contains(#""files":1"#))
                #expect(!FileManager.default.fileExists(atPath: file))
            }
        }

        @Test func `damage gives the status 1, and goes away when told to`() async throws {
            try await Self.withFolder { folder in
                let path = "\(folder)/store"
                let image = try await BuiltImage.random(seed: 1)
                try await Self.withStore(at: path) { try await image.write(to: $0, as: .latest) }
                let layer = image.blobs[1].descriptor.digest
                let file = "\(path)/blobs/sha256/\(layer.hex.prefix(2))/\(layer.hex)"
                chmod(file, 0o600)
                try await Self.tool("truncate", "-s", "-1", file)
                let found = try await Program.run("store", "check", "--store", path)
                #expect(found.ending == .exited(1))
                #expect(found.outputText.contains("  damaged  \(layer)\n"), "\(found.outputText)")
                #expect(found.outputText.contains("  broken   team/app:latest, for lack of \(layer)\n"))
                #expect(found.outputText.contains("  --quarantine moves damaged files away\n"))
                let moved = try await Program.run("store", "check", "--store", path, "--quarantine")
                #expect(moved.ending == .exited(1))
                #expect(!FileManager.default.fileExists(atPath: file))
                #expect(try FileManager.default.contentsOfDirectory(atPath: "\(path)/quarantine").count == 1)
            }
        }

        @Test func `a folder that is no store is refused, and not made into one`() async throws {
            try await Self.withFolder { folder in
                for command in ["stats", "check", "gc"] {
                    let result = try await Program.run("store", command, "--store", folder)
                    #expect(result.ending == .exited(69))
                    #expect(result.errorText.hasPrefix("error: \(folder) is no store"), "\(result.errorText)")
                }
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
            }
        }
    }
}
