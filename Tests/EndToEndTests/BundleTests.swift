// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    /// Images go into a file, are carried, and arrive.
    @Suite(.serialized)
    struct BundleTests {
        func withFolder(_ body: (String) async throws -> Void) async throws {
            let folder = Program.temporaryPath("bundle")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try await body(folder)
        }

        @discardableResult
        func mirror(_ arguments: String..., ends status: Int32 = 0) async throws -> ChildProcess.Result {
            let result = try await Program.start(arguments).wait()
            #expect(result.ending == .exited(status), "\(arguments): \(result.outputText)\(result.errorText)")
            return result
        }

        func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

        /// A registry with small images in three repositories.
        private func withSource(_ body: (DockerRegistry) async throws -> Void) async throws {
            try await withDockerRegistry { source in
                try await fill(source, with: try .many(repositories: 3))
                try await body(source)
            }
        }

        @Test func `images go from a registry over a bundle to a registry, a store and skopeo, byte for byte`()
            async throws
        {
            try await withFolder { folder in
                try await withSource { source in
                    let bundle = "\(folder)/x.tar"
                    try await mirror("export", "-o", bundle, "\(source.host)/")
                    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["x.tar"])
                    let tags = try await allTags(of: source)
                    try await withDockerRegistry { far in
                        let first = try await mirror("import", bundle, "\(far.host)/")
                        #expect(first.outputText.hasPrefix("done: \(tags.count) published"), "\(first.outputText)")
                        #expect(try await allTags(of: far) == tags)
                        try await expectSameManifests(tags.keys.sorted(), source, far)
                        try await expectWholeImages(far)
                        // A second time, nothing is sent.
                        let again = try await mirror("import", bundle, "\(far.host)/")
                        #expect(
                            again.outputText.hasPrefix("done: 0 published, \(tags.count) equal"),
                            "\(again.outputText)"
                        )
                        #expect(again.outputText.contains("0 copied (0 B), 0 mounted"), "\(again.outputText)")
                        try await mirror("verify", "--depth", "content", "bundle:\(bundle)", "\(far.host)/")
                        // The far side makes the same file, but for the registry's name.
                        try await mirror("export", "-o", "\(folder)/far.tar", "\(far.host)/")
                        #expect(
                            try bytes("\(folder)/far.tar").count
                                == bytes(bundle).count + (far.host.utf8.count - source.host.utf8.count)
                        )
                    }
                    let listed = try await mirror("list", "bundle:\(bundle)")
                    for name in tags.keys { #expect(listed.outputText.contains(name.split(separator: ":")[0])) }
                    let name = try #require(tags.keys.min())
                    let inspected = try await mirror("inspect", "bundle:\(bundle)//\(name)")
                    #expect(inspected.outputText.hasPrefix("bundle:\(bundle)//\(name)\n"), "\(inspected.outputText)")
                    try await mirror("import", bundle, "layout:\(folder)/store")
                    try await mirror("verify", "--depth", "content", "\(source.host)/", "layout:\(folder)/store")
                    for (name, digest) in tags {
                        let raw = try await ChildProcess.run(
                            "skopeo",
                            ["inspect", "--raw", "oci-archive:\(bundle):\(source.host)/\(name)"]
                        )
                        #expect(Digester.digest(of: raw.output) == digest, "\(name): \(raw.errorText)")
                    }
                }
            }
        }

        @Test func `an unchanged selection makes the same file, also through a pipe`() async throws {
            try await withFolder { folder in
                try await withSource { source in
                    try await mirror("export", "-o", "\(folder)/x.tar", "\(source.host)/")
                    try await mirror("export", "-o", "\(folder)/y.tar", "\(source.host)/")
                    let expected = try bytes("\(folder)/x.tar")
                    #expect(try bytes("\(folder)/y.tar") == expected)
                    let piped = try await ChildProcess.run(
                        "sh",
                        ["-c", "\(Program.path) export -o - \(source.host)/ 2>\(folder)/log > \(folder)/z.tar"]
                    )
                    #expect(piped.succeeded, "\(piped.errorText)")
                    #expect(try bytes("\(folder)/z.tar") == expected)
                    let log = String(decoding: try bytes("\(folder)/log"), as: UTF8.self)
                    #expect(log.contains("done: "), "\(log)")
                    try await withEmbeddedRegistry(Program.path) { far in
                        let imported = try await ChildProcess.run(
                            "sh",
                            ["-c", "cat \(folder)/x.tar | \(Program.path) import - \(far.host)/"]
                        )
                        #expect(imported.outputText.hasPrefix("done: "), "\(imported.errorText)")
                        try await mirror("verify", "\(source.host)/", "\(far.host)/")
                    }
                    // Times are the same for all members, and say so.
                    let dated =
                        try await Program.start(
                            ["export", "-o", "\(folder)/dated.tar", "\(source.host)/"],
                            environment: Home.environment(in: folder).merging(["SOURCE_DATE_EPOCH": "86400"]) { $1 }
                        )
                        .wait()
                    #expect(dated.succeeded, "\(dated.errorText)")
                    let list = try await ChildProcess.run("tar", ["tvf", "\(folder)/dated.tar", "--utc"])
                    #expect(list.outputText.split(separator: "\n").allSatisfy { $0.contains("1970-01-02") })
                }
            }
        }

        @Test func `a bundle for docker load is read as an archive of docker's, and imported as any other`()
            async throws
        {
            try await withFolder { folder in
                try await withDockerRegistry { source in
                    try await withEndpoint(of: source) { endpoint in
                        for seed in UInt64(1)...2 {
                            let image = try await BuiltImage.random(seed: seed)
                            try await image.write(to: endpoint[RepositoryName("team/app")], as: TagName("v\(seed)"))
                        }
                    }
                    let bundle = "\(folder)/x.tar"
                    try await mirror("export", "--docker-archive", "-o", bundle, "\(source.host)/")
                    for tag in ["v1", "v2"] {
                        let copied = try await ChildProcess.run(
                            "skopeo",
                            [
                                "copy", "docker-archive:\(bundle):\(source.host)/team/app:\(tag)",
                                "oci:\(folder)/copy:\(tag)",
                            ]
                        )
                        let text = copied.errorText
                        #expect(copied.ending == .exited(0), "\(text)")
                    }
                    try await mirror("import", bundle, "layout:\(folder)/store")
                    try await mirror("verify", "--depth", "content", "\(source.host)/", "layout:\(folder)/store")
                }
            }
        }

        @Test func `an image for several platforms is not exported for docker load, and the error says what is`()
            async throws
        {
            try await withFolder { folder in
                try await withSource { source in
                    let refused = try await mirror(
                        "export",
                        "--docker-archive",
                        "-o",
                        "\(folder)/x.tar",
                        "\(source.host)/",
                        ends: 1
                    )
                    #expect(refused.errorText.contains("is for several platforms"), "\(refused.errorText)")
                    #expect(refused.errorText.contains("--platform linux/amd64 --index rewritten"))
                    try await mirror(
                        "export",
                        "--docker-archive",
                        "--platform",
                        "linux/amd64",
                        "--index",
                        "rewritten",
                        "-o",
                        "\(folder)/x.tar",
                        "\(source.host)/"
                    )
                }
            }
        }

        @Test func `what hangs on images, and images without tags, come along`() async throws {
            try await withFolder { folder in
                let image = try await SignedImage.build(seed: 5) { _ in [1, 2, 3] }
                let name = try RepositoryName("team/app")
                try await withDockerRegistry { source in
                    try await withEndpoint(of: source) { try await image.write(to: $0[name], as: try TagName("1")) }
                    let child = image.images[0].manifest.descriptor.digest
                    try await mirror("export", "-o", "\(folder)/x.tar", "\(source.host)/\(name):1")
                    try await mirror("export", "-o", "\(folder)/child.tar", "\(source.host)/\(name)@\(child)")
                    try await withEmbeddedRegistry(Program.path) { far in
                        try await mirror("import", "\(folder)/x.tar", "\(folder)/child.tar", "\(far.host)/")
                        try await mirror("verify", "\(source.host)/\(name):1", "\(far.host)/\(name)")
                        let nobody = Person(name: "nobody", password: "none")
                        try await withEndpoint(of: far.host, as: nobody) { endpoint in
                            for referrer in image.referrers {
                                let digest = referrer.part.manifest.descriptor.digest
                                let found = try await endpoint[name].document(at: .digest(digest))
                                #expect(found == referrer.part.manifest)
                            }
                            #expect(try await endpoint[name].resolve(.digest(child)) != nil)
                        }
                    }
                    try await withEmbeddedRegistry(Program.path) { far in
                        try await mirror("import", "\(folder)/child.tar", "\(far.host)/")
                        let nobody = Person(name: "nobody", password: "none")
                        let found = try await withEndpoint(of: far.host, as: nobody) {
                            try await $0[name].resolve(.digest(child))
                        }
                        #expect(found?.digest == child)
                    }
                }
            }
        }

        @Test func `an export that is killed again and again goes on, and makes the same file`() async throws {
            try await withFolder { folder in
                let image = try RepeatedImage(seed: 1, layerSizes: Array(repeating: 12 << 20, count: 8))
                let source = try await ProductRegistry.start(.distribution3)
                image.hold(in: source, "team/app", as: "1")
                try await mirror("export", "-o", "\(folder)/whole.tar", "\(source.host)/team/app:1")
                let expected = try bytes("\(folder)/whole.tar")
                var random = SeededRandom(seed: 42)
                for _ in 0..<10 {
                    let child = try await Program.start([
                        "export", "-o", "\(folder)/x.tar", "\(source.host)/team/app:1",
                    ])
                    try await Task.sleep(for: .milliseconds(random.next(in: 20...500)))
                    child.send(SIGKILL)
                    guard await child.wait().ending == .signalled(SIGKILL) else { break }
                    guard FileManager.default.fileExists(atPath: "\(folder)/x.tar") else { continue }
                    // What is called a bundle is whole, also if its writer was killed before it could say so.
                    #expect(try bytes("\(folder)/x.tar") == expected)
                    break
                }
                try await mirror("export", "-o", "\(folder)/x.tar", "\(source.host)/team/app:1")
                #expect(try bytes("\(folder)/x.tar") == expected)
                #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder)) == ["whole.tar", "x.tar"])
                await source.stop()
            }
        }

        @Test func `an import that is killed again and again goes on, and no tag points to half an image`() async throws
        {
            try await withFolder { folder in
                let image = try RepeatedImage(seed: 1, layerSizes: Array(repeating: 12 << 20, count: 8))
                let source = try await ProductRegistry.start(.distribution3)
                image.hold(in: source, "team/app", as: "1")
                try await mirror("export", "-o", "\(folder)/x.tar", "\(source.host)/team/app:1")
                await source.stop()
                var random = SeededRandom(seed: 43)
                try await withDockerRegistry { far in
                    for _ in 0..<8 {
                        let child = try await Program.start(["import", "\(folder)/x.tar", "\(far.host)/"])
                        try await Task.sleep(for: .milliseconds(random.next(in: 20...800)))
                        child.send(SIGKILL)
                        _ = await child.wait()
                        try await expectWholeImages(far)
                    }
                    try await mirror("import", "\(folder)/x.tar", "\(far.host)/")
                    let digest = try await EndToEndTests.digest(of: "team/app:1", in: far.host)
                    #expect(digest == image.manifest.descriptor.digest)
                    try await expectWholeImages(far)
                }
            }
        }

        @Test func `rules name what is imported, and what no rule names is refused before anything is changed`()
            async throws
        {
            try await withFolder { folder in
                try await withSource { source in
                    let bundle = "\(folder)/x.tar"
                    try await mirror("export", "-o", bundle, "\(source.host)/")
                    let tags = try await allTags(of: source)
                    try await withEmbeddedRegistry(Program.path) { far in
                        let some = try #require(tags.keys.min()?.split(separator: ":").first)
                        let refused = try await mirror(
                            "import",
                            "--map",
                            "\(source.host)/\(some)=only",
                            bundle,
                            "\(far.host)/",
                            ends: 69
                        )
                        #expect(refused.errorText.contains("no --map names \(source.host)/"), "\(refused.errorText)")
                        let listed = try await mirror("list", "\(far.host)/")
                        #expect(!listed.outputText.contains("only"), "\(listed.outputText)")
                        try await mirror("import", "--map", "\(source.host)/**=hub/**", bundle, "\(far.host)/m")
                        let verified = try await mirror("verify", "\(source.host)/", "\(far.host)/m/hub")
                        #expect(verified.outputText.contains("\(tags.count) sound"), "\(verified.outputText)")
                    }
                }
            }
        }

        @Test func `a damaged bundle, a full disk and a missing image are named, and nothing is published`()
            async throws
        {
            try await withFolder { folder in
                try await withSource { source in
                    let bundle = "\(folder)/x.tar"
                    try await mirror("export", "-o", bundle, "\(source.host)/")
                    var damaged = try bytes(bundle)
                    let tags = try await allTags(of: source)
                    damaged[damaged.count / 2] ^= 1
                    try damaged.write(to: URL(filePath: "\(folder)/damaged.tar"))
                    try damaged.prefix(damaged.count - 1024).write(to: URL(filePath: "\(folder)/cut.tar"))
                    try await withEmbeddedRegistry(Program.path) { far in
                        let cut = try await mirror("import", "\(folder)/cut.tar", "\(far.host)/", ends: 69)
                        #expect(cut.errorText.contains("it ends there, too early"), "\(cut.errorText)")
                        #expect(!(try await mirror("list", "\(far.host)/").outputText).contains(":"))
                        // The middle is in a layer: the images that need it stay away, and only these.
                        let wrong = try await mirror("import", "\(folder)/damaged.tar", "\(far.host)/", ends: 1)
                        #expect(wrong.errorText.contains("what came for sha256:"), "\(wrong.errorText)")
                        let rest = try await mirror("import", bundle, "\(far.host)/")
                        #expect(!rest.outputText.hasPrefix("done: 0 published"), "\(rest.outputText)")
                        #expect(!rest.outputText.hasPrefix("done: \(tags.count) published"), "\(rest.outputText)")
                    }
                    let missing = try await mirror(
                        "export",
                        "-o",
                        "\(folder)/none.tar",
                        "\(source.host)/no/such:1",
                        "\(source.host)/",
                        ends: 1
                    )
                    #expect(missing.errorText.contains("no bundle was written: 1 selected"), "\(missing.errorText)")
                    #expect(
                        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("none") }
                            == []
                    )
                    let full = try await mirror("export", "-o", "/dev/full/x.tar", "\(source.host)/", ends: 69)
                    #expect(full.errorText.contains("/dev/full"), "\(full.errorText)")
                }
            }
        }
    }
}
