// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    /// Archives that other tools wrote are copied like anything else.
    @Suite(.serialized)
    struct ArchiveTests {
        private static let name = "team/app:1"

        private func withFolder(_ body: (String) async throws -> Void) async throws {
            let folder = Program.temporaryPath("archive")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try await body(folder)
        }

        @discardableResult
        private func mirror(_ arguments: String..., ends status: Int32 = 0) async throws -> ChildProcess.Result {
            let result = try await Program.start(arguments).wait()
            #expect(result.ending == .exited(status), "\(arguments): \(result.outputText)\(result.errorText)")
            return result
        }

        private func skopeo(_ arguments: String...) async throws -> [UInt8] {
            let result = try await ChildProcess.run("skopeo", ["--insecure-policy"] + arguments)
            #expect(result.succeeded, "\(arguments): \(result.errorText)")
            return result.output
        }

        private func shell(_ command: String) async throws {
            let result = try await ChildProcess.run("sh", ["-c", command])
            #expect(result.succeeded, "\(command): \(result.errorText)")
        }

        /// A layout with one image.
        private func layout(in folder: String) async throws -> BuiltImage {
            let image = try await BuiltImage.random(seed: 7)
            try await withDockerRegistry { registry in
                try await withEndpoint(of: registry) {
                    try await image.write(to: $0[try RepositoryName("team/app")], as: try TagName("1"))
                }
                try await mirror("copy", "\(registry.host)/\(Self.name)", "oci:\(folder)/layout:1")
            }
            return image
        }

        /// Every form that a file can have.
        private static let packings: [(suffix: String, command: String)] = [
            ("", "true"), (".gz", "gzip -k"), (".zst", "zstd -q"),
        ]

        @Test func `what skopeo packs into a layout arrives byte for byte, plain and compressed`() async throws {
            try await withFolder { folder in
                let image = try await layout(in: folder)
                _ = try await skopeo("copy", "oci:\(folder)/layout:1", "oci-archive:\(folder)/x.tar:1")
                _ = try await skopeo("copy", "oci:\(folder)/layout:1", "oci-archive:\(folder)/nameless.tar")
                for packing in Self.packings {
                    try await shell("\(packing.command) \(folder)/x.tar")
                    try await withDockerRegistry { far in
                        let source = "oci-archive:\(folder)/x.tar\(packing.suffix):1"
                        try await mirror("copy", source, "\(far.host)/team/app")
                        let raw = try await skopeo(
                            "inspect",
                            "--raw",
                            "--tls-verify=false",
                            "docker://\(far.host)/\(Self.name)"
                        )
                        #expect(raw == image.manifest.bytes)
                        try await expectWholeImages(far)
                        try await mirror("verify", "--depth", "content", source, "\(far.host)/team/app")
                    }
                }
                try await mirror("copy", "oci-archive:\(folder)/nameless.tar", "layout:\(folder)/store//team/app")
                let inspected = try await mirror("inspect", "layout:\(folder)/store//team/app:latest")
                #expect(inspected.outputText.contains(image.manifest.descriptor.digest.hex.prefix(12)))
                // What another tool makes of the same layout names the same.
                try await shell("tar -C \(folder)/layout -cf \(folder)/tar.tar .")
                let listed = try await mirror("list", "oci-archive:\(folder)/tar.tar")
                #expect(listed.outputText.hasSuffix(":1\n"), "\(listed.outputText)")
            }
        }

        @Test func `what docker saves gets a manifest of its own, always the same, that skopeo reads`() async throws {
            try await withFolder { folder in
                let image = try await layout(in: folder)
                _ = try await skopeo("copy", "oci:\(folder)/layout:1", "docker-archive:\(folder)/x.tar:\(Self.name)")
                var digests: Set<Digest> = []
                for packing in Self.packings {
                    try await shell("\(packing.command) \(folder)/x.tar")
                    try await withDockerRegistry { far in
                        let source = "docker-archive:\(folder)/x.tar\(packing.suffix)"
                        let planned = try await mirror("plan", source, "\(far.host)/")
                        #expect(planned.outputText.contains("1 new"), "\(planned.outputText)")
                        try await mirror("copy", source, "\(far.host)/")
                        try await expectWholeImages(far)
                        try await mirror("verify", "--depth", "content", source, "\(far.host)/")
                        digests.insert(try #require(await EndToEndTests.digest(of: Self.name, in: far.host)))
                        let config = try await skopeo(
                            "inspect",
                            "--raw",
                            "--config",
                            "--tls-verify=false",
                            "docker://\(far.host)/\(Self.name)"
                        )
                        #expect(config == image.blobs[0].bytes)
                        // An independent client takes all layers apart.
                        _ = try await skopeo(
                            "copy",
                            "--src-tls-verify=false",
                            "docker://\(far.host)/\(Self.name)",
                            "docker-archive:\(folder)/back\(packing.suffix).tar:\(Self.name)"
                        )
                    }
                }
                #expect(digests.count == 1)
                // The configuration is that which skopeo finds in the archive.
                _ = try await skopeo("copy", "docker-archive:\(folder)/x.tar", "dir:\(folder)/dir")
                let config = image.blobs[0].descriptor.digest
                #expect(FileManager.default.fileExists(atPath: "\(folder)/dir/\(config.hex)"))
                try await shell("cmp \(folder)/x.tar \(folder)/back.tar")
                let listed = try await mirror("list", "docker-archive:\(folder)/x.tar//team/**")
                #expect(listed.outputText == "\(Self.name)\n")
                let inspected = try await mirror("inspect", "docker-archive:\(folder)/x.tar:\(Self.name)")
                #expect(inspected.outputText.contains(config.hex.prefix(12)), "\(inspected.outputText)")
                try await mirror("export", "-o", "\(folder)/bundle.tar", "docker-archive:\(folder)/x.tar")
                let carried = try await mirror("list", "bundle:\(folder)/bundle.tar")
                #expect(carried.outputText == "\(Self.name)\n")
                // A bundle is an archive of a layout, too.
                let read = try await mirror("inspect", "oci-archive:\(folder)/bundle.tar:\(Self.name)")
                #expect(read.outputText.contains(config.hex.prefix(12)), "\(read.outputText)")
            }
        }

        @Test func `what buildah writes is copied by its whole name`() async throws {
            try await withFolder { folder in
                let home = Home(directory: folder)
                let buildah = try Buildah(in: home)
                let name = "localhost/team/app:1"
                _ = try await layout(in: folder)
                _ = try await skopeo("copy", "oci:\(folder)/layout:1", "docker-archive:\(folder)/x.tar:\(Self.name)")
                try await buildah("pull", buildah.policy, "docker-archive:\(folder)/x.tar")
                try await buildah("tag", "docker.io/\(Self.name)", name)
                try await buildah("push", buildah.policy, name, "oci-archive:\(folder)/o.tar:\(name)")
                try await buildah("push", buildah.policy, name, "docker-archive:\(folder)/d.tar:\(name)")
                try await mirror("copy", "oci-archive:\(folder)/o.tar:\(name)", "layout:\(folder)/store//oci")
                try await mirror("copy", "oci-archive:\(folder)/o.tar:1", "layout:\(folder)/store//tag")
                try await mirror("copy", "docker-archive:\(folder)/d.tar", "layout:\(folder)/store//docker")
                try await mirror("copy", "oci-archive:\(folder)/o.tar//", "layout:\(folder)/store//all")
                let listed = try await mirror("list", "layout:\(folder)/store")
                #expect(listed.outputText == "all/team/app:1\ndocker/team/app:1\noci:1\ntag:1\n")
            }
        }

        @Test func `what cannot be done with an archive is said, with what can`() async throws {
            try await withFolder { folder in
                _ = try await layout(in: folder)
                _ = try await skopeo("copy", "oci:\(folder)/layout:1", "oci-archive:\(folder)/o.tar:1")
                _ = try await skopeo("copy", "oci:\(folder)/layout:1", "docker-archive:\(folder)/d.tar:\(Self.name)")
                let store = "layout:\(folder)/store"
                let imported = try await mirror("import", "\(folder)/o.tar", store, ends: 69)
                #expect(imported.errorText.contains("mirror copy oci-archive:\(folder)/o.tar"), "\(imported.errorText)")
                let saved = try await mirror("import", "\(folder)/d.tar", store, ends: 69)
                #expect(saved.errorText.contains("mirror copy docker-archive:\(folder)/d.tar"), "\(saved.errorText)")
                let other = try await mirror("list", "oci-archive:\(folder)/d.tar", ends: 69)
                #expect(other.errorText.contains("docker-archive:\(folder)/d.tar"), "\(other.errorText)")
                let written = try await mirror("copy", "\(store)//a:1", "oci-archive:\(folder)/y.tar:1", ends: 64)
                #expect(written.errorText.contains("oci-archive: is only read"), "\(written.errorText)")
                try await shell("head -c 3000 \(folder)/o.tar > \(folder)/cut.tar")
                let cut = try await mirror("copy", "oci-archive:\(folder)/cut.tar:1", "\(store)//a", ends: 69)
                #expect(cut.errorText.contains("it ends there, too early"), "\(cut.errorText)")
                #expect(!FileManager.default.fileExists(atPath: "\(folder)/y.tar"))
            }
        }
    }
}
