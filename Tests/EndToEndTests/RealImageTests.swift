// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
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
