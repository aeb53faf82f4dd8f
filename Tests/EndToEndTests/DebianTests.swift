// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCITestKit
import Testing

extension EndToEnd {
    /// A whole system, as it is run: thousands of files, links, devices and owners.
    @Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["MIRROR_TEST_DEBIAN"] != nil))
    struct DebianTests {
        private static let packages = "http://deb.debian.org/debian"

        @Test func `a root file system of Debian comes back from all places as it was`() async throws {
            try await withHome { home in
                let folder = home.directory
                try await run("debootstrap", "--variant=minbase", "bookworm", "\(folder)/root", Self.packages)
                let expected = try await listing(of: "\(folder)/root")
                try await makeImages(of: "\(folder)/root", in: folder)
                try await withKindPlaces(1) { places, _ in
                    let origin = KindPlace(kind: .oci, place: "\(folder)/made")
                    let way = [origin] + places[0]
                    for (from, to) in zip(way, way.dropFirst()) {
                        let pair = ["--all-tags", from.address, to.address]
                        let copy = try await home.start(["copy"] + pair).wait()
                        #expect(copy.outputText.contains("done: 2 published"), "\(copy.outputText)\(copy.errorText)")
                        let verify = try await home.start(["verify", "--depth", "content"] + pair).wait()
                        #expect(verify.ending == .exited(0), "\(verify.outputText)\(verify.errorText)")
                    }
                    let last = try #require(way.last?.address).dropFirst("oci:".count)
                    try await run("umoci", "unpack", "--image", "\(last):system", "\(folder)/back")
                    #expect(try await listing(of: "\(folder)/back/rootfs") == expected)
                    try await run("umoci", "unpack", "--image", "\(last):greeting", "\(folder)/greeting")
                    let greeting = "\(folder)/greeting/rootfs/etc/motd"
                    #expect(try String(contentsOfFile: greeting, encoding: .utf8) == "welcome\n")
                }
            }
        }

        /// Makes two images that share the system: it alone, and with one more layer.
        private func makeImages(of root: String, in folder: String) async throws {
            let layout = KindPlace(kind: .oci, place: "\(folder)/made").address.dropFirst("oci:".count)
            try await run("umoci", "init", "--layout", "\(layout)")
            try await run("umoci", "new", "--image", "\(layout):system")
            try await run("umoci", "unpack", "--image", "\(layout):system", "\(folder)/bundle")
            try FileManager.default.removeItem(atPath: "\(folder)/bundle/rootfs")
            try FileManager.default.moveItem(atPath: root, toPath: "\(folder)/bundle/rootfs")
            try await run("umoci", "repack", "--image", "\(layout):system", "\(folder)/bundle")
            try Data("welcome\n".utf8).write(to: URL(filePath: "\(folder)/motd"))
            try await run(
                "umoci",
                "insert",
                "--image",
                "\(layout):system",
                "--tag",
                "greeting",
                "\(folder)/motd",
                "/etc/motd"
            )
        }

        /// Every file with its kind, mode, owner, target and content.
        private func listing(of directory: String) async throws -> String {
            let script = #"""
                cd "$0" && {
                    find . -printf '%P %y %m %U:%G %l\n'
                    find . -type f -exec sha256sum {} +
                } | LC_ALL=C sort
                """#
            let text = try await run("sh", "-c", script, directory)
            #expect(text.split(separator: "\n").count > 5000)
            return text
        }

        @discardableResult
        private func run(_ program: String, _ arguments: String...) async throws -> String {
            let path = "/usr/sbin:/usr/bin:/sbin:/bin"
            let child = try await ChildProcess.start(
                program,
                arguments,
                environment: ["PATH": path, "HOME": "/root"],
                outputLimit: 16 << 20
            )
            let result = await child.wait()
            try #require(result.succeeded, "\(program) \(arguments): \(result.errorText.suffix(2000))")
            return result.outputText
        }
    }
}
