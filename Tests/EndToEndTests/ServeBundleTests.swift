// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import OCI
import OCIContent
import OCITestKit
import Testing

/// Bundles that are served as they are.
extension EndToEnd.BundleTests {
    private func skopeo(_ arguments: String..., ends succeeds: Bool = true) async throws -> ChildProcess.Result {
        let result = try await ChildProcess.run("skopeo", ["--insecure-policy"] + arguments)
        #expect(result.succeeded == succeeds, "\(arguments): \(result.errorText)")
        return result
    }

    @Test func `a served bundle is copied, verified and listed as the registry that it was made of`() async throws {
        try await withFolder { folder in
            try await withDockerRegistry { source in
                try await fill(source, with: Workload.small())
                try await mirror("export", "-o", "\(folder)/x.tar", "\(source.host)/")
                let tags = try await allTags(of: source)
                try await withEmbeddedRegistry(Program.path, [], bundles: ["\(folder)/x.tar"]) { served in
                    try await withDockerRegistry { far in
                        let copied = try await mirror("copy", "\(served.host)/", "\(far.host)/")
                        #expect(copied.outputText.hasPrefix("done: \(tags.count) published"), "\(copied.outputText)")
                        #expect(try await allTags(of: far) == tags)
                        try await expectSameManifests(tags.keys.sorted(), source, far)
                        try await expectWholeImages(far)
                    }
                    try await mirror("verify", "--depth", "content", "\(source.host)/", "\(served.host)/")
                    let name = try #require(tags.keys.min())
                    let repository = try #require(name.split(separator: ":").first)
                    let listed = try await skopeo(
                        "list-tags",
                        "--tls-verify=false",
                        "docker://\(served.host)/\(repository)"
                    )
                    for tag in tags.keys where tag.hasPrefix("\(repository):") {
                        #expect(listed.outputText.contains("\"\(tag.dropFirst(repository.count + 1))\""))
                    }
                    let reference = "docker://\(served.host)/\(name)"
                    _ = try await skopeo("copy", "--src-tls-verify=false", reference, "dir:\(folder)/pulled")
                    let digest = try await skopeo(
                        "inspect",
                        "--tls-verify=false",
                        "--format",
                        "{{.Digest}}",
                        reference
                    )
                    let expected = try #require(tags[name])
                    #expect(digest.outputText.contains("\(expected)"), "\(digest.errorText)")
                }
                // Nothing was unpacked, and nothing is left behind.
                #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder)) == ["pulled", "x.tar"])
            }
        }
    }

    @Test func `a part of a blob is read with curl, and a push is refused`() async throws {
        try await withFolder { folder in
            let image = try await BuiltImage.random(seed: 21, layerSizes: [700_000])
            try await withEmbeddedRegistry(Program.path) { source in
                try await put(image, "team/app:1", into: source.host)
                try await mirror("export", "-o", "\(folder)/x.tar", "\(source.host)/team/app:1")
            }
            try await withEmbeddedRegistry(Program.path, [], bundles: ["\(folder)/x.tar"]) { served in
                let layer = image.blobs[1]
                let url = "http://\(served.host)/v2/team/app/blobs/\(layer.descriptor.digest)"
                let part = try await ChildProcess.run("curl", ["-sf", "-r", "600000-600009", url])
                #expect(part.output == Array(layer.bytes[600_000..<600_010]), "\(part.errorText)")
                try await mirror("copy", "\(served.host)/team/app:1", "oci:\(folder)/image:1")
                let pushed = try await skopeo(
                    "copy",
                    "--dest-tls-verify=false",
                    "oci:\(folder)/image:1",
                    "docker://\(served.host)/team/app:2",
                    ends: false
                )
                #expect(pushed.errorText.contains("the registry is read-only"), "\(pushed.errorText)")
                let copied = try await mirror(
                    "copy",
                    "oci:\(folder)/image:1",
                    "\(served.host)/team/other:1",
                    ends: 1
                )
                #expect(copied.errorText.contains("405 UNSUPPORTED"), "\(copied.errorText)")
                served.send(SIGTERM)
                #expect(await served.wait().ending == .exited(0))
            }
        }
    }

    @Test func `bundles of several weeks are one registry, in which the last one has the say`() async throws {
        try await withFolder { folder in
            let images = try await [UInt64(31), 32, 33].asyncMap { try await BuiltImage.random(seed: $0) }
            let digests = images.map(\.manifest.descriptor.digest)
            try await withEmbeddedRegistry(Program.path) { source in
                try await put(images[0], "team/app:1", into: source.host)
                try await put(images[0], "team/app:latest", into: source.host)
                try await mirror("export", "-o", "\(folder)/1.tar", "--all-tags", "\(source.host)/team/app")
                try await put(images[1], "team/app:latest", into: source.host)
                try await put(images[2], "team/tool:1", into: source.host)
                try await mirror(
                    "export",
                    "-o",
                    "\(folder)/2.tar",
                    "\(source.host)/team/app:latest",
                    "\(source.host)/team/tool:1"
                )
                let weeks = ["\(folder)/1.tar", "\(folder)/2.tar"]
                let map = ["--map", "\(source.host)/team/**=hub/**"]
                try await withEmbeddedRegistry(Program.path, map, bundles: weeks) { served in
                    for (name, digest) in [
                        ("hub/app:1", digests[0]), ("hub/app:latest", digests[1]), ("hub/tool:1", digests[2]),
                        ("hub/app@\(digests[0])", digests[0]),
                    ] {
                        #expect(try await EndToEndTests.digest(of: name, in: served.host) == digest, "\(name)")
                    }
                    try await mirror("verify", "--depth", "content", "\(source.host)/team/**", "\(served.host)/hub")
                }
                try await withEmbeddedRegistry(Program.path, [], bundles: weeks.reversed()) { served in
                    let latest = try await EndToEndTests.digest(of: "team/app:latest", in: served.host)
                    #expect(latest == digests[0])
                }
            }
        }
    }

    @Test func `users and rights hold for bundles as for a store`() async throws {
        try await withHome { home in
            let bundle = "\(home.directory)/x.tar"
            try await withEmbeddedRegistry(Program.path) { source in
                for name in ["team/app:1", "other/app:1"] {
                    try await put(try await BuiltImage.random(seed: 22), name, into: source.host)
                }
                try await mirror("export", "-o", bundle, "\(source.host)/")
            }
            let entry = try await ChildProcess.run(
                "htpasswd",
                ["-n", "-i", "-B", "-C", "4", "ci"],
                input: Array("canary".utf8)
            )
            let file = try home.write(entry.outputText, to: "users")
            let rules = ["--htpasswd", file, "--allow", "ci:pull:team/**"]
            try await withEmbeddedRegistry(Program.path, rules, bundles: [bundle]) { served in
                let stranger = try await PlainHTTP.request("GET", served.host, "/v2/team/app/tags/list")
                #expect(stranger.status == 401)
                let ci = Person(name: "ci", password: "canary")
                #expect(try await EndToEndTests.digest(of: "team/app:1", in: served.host, as: ci) != nil)
                await #expect(throws: (any Error).self) {
                    try await EndToEndTests.digest(of: "other/app:1", in: served.host, as: ci)
                }
            }
        }
    }

    @Test func `what cannot be served, or not as it is wished, is refused at the start`() async throws {
        try await withFolder { folder in
            let bundle = "\(folder)/x.tar"
            try await withEmbeddedRegistry(Program.path) { source in
                try await put(try await BuiltImage.random(seed: 23), "team/app:1", into: source.host)
                try await mirror("export", "-o", bundle, "\(source.host)/team/app:1")
            }
            try bytes(bundle).dropLast(1024).write(to: URL(filePath: "\(folder)/cut.tar"))
            try Data("no tar".utf8).write(to: URL(filePath: "\(folder)/text"))
            for (arguments, status, text) in [
                ([bundle, "--store", folder], 64, "--store does not go with \(bundle)"),
                ([bundle, "--allow-delete"], 64, "--allow-delete does not go with \(bundle)"),
                (["--map", "/**=hub/**"], 64, "name the files to serve"),
                ([bundle, "--map", "hub"], 64, "hub is no rule"),
                ([folder], 64, "is served with --store \(folder)"),
                ([bundle, "--map", "docker.io/**=hub/**"], 69, "no --map names 127.0.0.1:"),
                (["\(folder)/none.tar"], 69, "there is no file \(folder)/none.tar"),
                (["\(folder)/text"], 69, "\(folder)/text is no bundle"),
                ([bundle, "\(folder)/cut.tar"], 69, "\(folder)/cut.tar is damaged at byte"),
                ([bundle, "--listen", "0.0.0.0:0"], 78, "--allow-anonymous"),
            ] as [([String], Int32, String)] {
                let child = try await Program.start(["serve", "--listen", "127.0.0.1:0"] + arguments)
                let result = await child.wait()
                #expect(result.ending == .exited(status), "\(arguments): \(result.errorText)")
                #expect(result.errorText.contains(text), "\(arguments): \(result.errorText)")
            }
        }
    }
}
