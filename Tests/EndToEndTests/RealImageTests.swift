// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    /// Images that other tools made of a Debian package, copied, and read back by other tools.
    @Suite(.serialized)
    struct RealImageTests {
        private let folder = Program.temporaryPath("images")
        private static let busybox = "/bin/busybox"

        @Test func `an image of busybox-static, made by umoci and pushed by skopeo, arrives as it was`() async throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try await makeImage()
            try await withDockerRegistry { source in
                try await withDockerRegistry { destination in
                    for tag in ["amd64", "arm64"] {
                        try await tool(
                            "skopeo",
                            "copy",
                            "--quiet",
                            "--dest-tls-verify=false",
                            "oci:\(folder)/layout:\(tag)",
                            "docker://\(source.host)/debian/busybox:\(tag)"
                        )
                    }
                    // A Docker manifest list beside the OCI images: another family of media types.
                    try await tool(
                        "skopeo",
                        "copy",
                        "--quiet",
                        "--dest-tls-verify=false",
                        "--format",
                        "v2s2",
                        "oci:\(folder)/layout:amd64",
                        "docker://\(source.host)/docker/busybox:1"
                    )
                    let result = try await Program.run("copy", "\(source.host)/", "\(destination.host)/copy")
                    #expect(result.ending == .exited(0), "\(result.errorText)")
                    let copied = try await allTags(of: destination)
                    let expected = try await allTags(of: source)
                    #expect(copied.count == 3)
                    for (name, digest) in expected { #expect(copied["copy/\(name)"] == digest) }
                    try await expectWholeImages(destination)

                    try await tool(
                        "skopeo",
                        "copy",
                        "--quiet",
                        "--src-tls-verify=false",
                        "docker://\(destination.host)/copy/debian/busybox:arm64",
                        "oci:\(folder)/pulled:1"
                    )
                    try await tool(
                        "umoci",
                        "unpack",
                        "--rootless",
                        "--image",
                        "\(folder)/pulled:1",
                        "\(folder)/unpacked"
                    )
                    #expect(
                        FileManager.default.contentsEqual(
                            atPath: Self.busybox,
                            andPath: "\(folder)/unpacked/rootfs/bin/busybox"
                        )
                    )
                }
            }
        }

        @Test(arguments: ["oci", "v2s2"])
        func `a list of buildah arrives in a registry and in a folder as it was`(_ format: String) async throws {
            try await withHome { home in
                defer { try? FileManager.default.removeItem(atPath: folder) }
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try await makeImage()
                let buildah = try Buildah(in: home)
                try await withDockerRegistry { source in
                    try await buildah("manifest", "create", "list")
                    for architecture in ["amd64", "arm64"] {
                        try await buildah(
                            "manifest",
                            "add",
                            "--arch",
                            architecture,
                            "list",
                            "oci:\(folder)/layout:\(architecture)"
                        )
                    }
                    let name = "debian/list:1"
                    let pushed = "docker://\(source.host)/\(name)"
                    let push = ["--all", "--tls-verify=false", "--format", format]
                    try await buildah.expect(["manifest", "push", buildah.policy] + push + ["list", pushed])
                    try await withEmbeddedRegistry(Program.path) { registry in
                        for destination in ["\(registry.host)/\(name)", "oci:\(folder)/list:1"] {
                            let copy = try await home.run("copy", "\(source.host)/\(name)", destination)
                            #expect(copy.ending == .exited(0), "\(copy.outputText)\(copy.errorText)")
                        }
                        let original = try await raw(pushed)
                        #expect(String(decoding: original, as: UTF8.self).contains("arm64"))
                        #expect(try await raw("docker://\(registry.host)/\(name)") == original)
                        // skopeo finds no lists of Docker in a folder.
                        if format == "oci" { #expect(try await raw("oci:\(folder)/list:1") == original) }
                        let file = "\(folder)/list/blobs/sha256/\(Digester.digest(of: original).hex)"
                        #expect(try Data(contentsOf: URL(filePath: file)) == Data(original))
                    }
                }
            }
        }

        /// The bytes of a manifest, as another client reads them.
        private func raw(_ reference: String) async throws -> [UInt8] {
            let result = try await ChildProcess.run("skopeo", ["inspect", "--raw", "--tls-verify=false", reference])
            try #require(result.succeeded, "\(reference): \(result.errorText)")
            return result.output
        }

        @Test func `an image of umoci goes from its folder through registries to another one, and is unpacked`()
            async throws
        {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try await makeImage()
            try await withDockerRegistry { docker in
                try await withEmbeddedRegistry(Program.path) { embedded in
                    let way = [
                        "oci:\(folder)/layout:arm64", "\(docker.host)/a/busybox:1", "\(embedded.host)/b/busybox:1",
                        "layout:\(folder)/store//c/busybox:1", "oci:\(folder)/back:1",
                    ]
                    for (from, to) in zip(way, way.dropFirst()) {
                        let copy = try await Program.run("copy", from, to)
                        #expect(copy.ending == .exited(0), "\(from): \(copy.outputText)\(copy.errorText)")
                    }
                }
            }
            try await tool("umoci", "unpack", "--rootless", "--image", "\(folder)/back:1", "\(folder)/unpacked")
            #expect(
                FileManager.default.contentsEqual(
                    atPath: Self.busybox,
                    andPath: "\(folder)/unpacked/rootfs/bin/busybox"
                )
            )
        }

        @Test func `a chart of Helm arrives, and tar opens it`() async throws {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let chart = try await ImageKind.helmChart.build()
            try await withDockerRegistry { source in
                try await withEndpoint(of: source) { endpoint in
                    try await chart.write(to: endpoint[try RepositoryName("charts/demo")], as: try TagName("0.1.0"))
                }
                try await withEmbeddedRegistry(Program.path) { registry in
                    let copy = try await Program.run("copy", "\(source.host)/charts/**", "\(registry.host)/charts")
                    #expect(copy.ending == .exited(0), "\(copy.outputText)\(copy.errorText)")
                    let archive = try #require(chart.root.manifest.blobs.last).digest
                    let url = "http://\(registry.host)/v2/charts/demo/blobs/\(archive)"
                    try await tool("curl", "-fsS", "-o", "\(folder)/demo.tgz", url)
                    try await tool("tar", "-xzf", "\(folder)/demo.tgz", "-C", folder)
                    let about = try String(contentsOfFile: "\(folder)/demo/Chart.yaml", encoding: .utf8)
                    #expect(about.contains("name: demo"))
                }
            }
        }

        /// Two images of the same program in one layout, for two architectures.
        private func makeImage() async throws {
            try await tool("umoci", "init", "--layout", "\(folder)/layout")
            for architecture in ["amd64", "arm64"] {
                let image = "\(folder)/layout:\(architecture)"
                let bundle = "\(folder)/bundle-\(architecture)"
                try await tool("umoci", "new", "--image", image)
                try await tool("umoci", "unpack", "--rootless", "--image", image, bundle)
                try FileManager.default.createDirectory(
                    atPath: "\(bundle)/rootfs/bin",
                    withIntermediateDirectories: true
                )
                try FileManager.default.copyItem(atPath: Self.busybox, toPath: "\(bundle)/rootfs/bin/busybox")
                try await tool("umoci", "repack", "--image", image, bundle)
                try await tool("umoci", "config", "--image", image, "--os", "linux", "--architecture", architecture)
            }
        }

        private func tool(_ program: String, _ arguments: String...) async throws {
            let result = try await ChildProcess.run(program, arguments)
            try #require(result.succeeded, "\(program) \(arguments): \(result.errorText)")
        }
    }
}
