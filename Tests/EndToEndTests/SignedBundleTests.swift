// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

extension EndToEnd {
    /// Bundles that are carried in pieces, and that somebody stands up for.
    @Suite(.serialized)
    struct SignedBundleTests {
        private let folder: String

        init() throws {
            folder = Program.temporaryPath("signed")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }

        private func clean() { try? FileManager.default.removeItem(atPath: folder) }

        private func shell(_ script: String) async throws -> ChildProcess.Result {
            let result = try await ChildProcess.run("sh", ["-ec", "cd \(folder)\n\(script)"])
            #expect(result.succeeded, "\(script): \(result.outputText)\(result.errorText)")
            return result
        }

        @discardableResult
        private func mirror(_ arguments: String..., ends status: Int32 = 0) async throws -> ChildProcess.Result {
            let result = try await Program.start(arguments).wait()
            #expect(result.ending == .exited(status), "\(arguments): \(result.outputText)\(result.errorText)")
            return result
        }

        private func withSource(_ body: (DockerRegistry) async throws -> Void) async throws {
            defer { clean() }
            try await withDockerRegistry { source in
                try await fill(source, with: try .many(repositories: 2))
                _ = try await shell(
                    """
                    openssl ecparam -name prime256v1 -genkey -noout -out key.pem
                    openssl ec -in key.pem -pubout -out key.pub
                    openssl genpkey -algorithm ed25519 -out other.pem
                    openssl pkey -in other.pem -pubout -out other.pub
                    """
                )
                try await body(source)
            }
        }

        @Test func `volumes and signature are checked by others, and by whoever imports them`() async throws {
            try await withSource { source in
                let bundle = "\(folder)/x.tar"
                try await mirror(
                    "export",
                    "-o",
                    bundle,
                    "--volume-size",
                    "100kB",
                    "--sign-key",
                    "\(folder)/key.pem",
                    "\(source.host)/"
                )
                let checked = try await shell(
                    """
                    sha256sum --check --strict x.tar.SHA256SUMS
                    base64 -d x.tar.SHA256SUMS.sig > sig
                    openssl dgst -sha256 -verify key.pub -signature sig x.tar.SHA256SUMS
                    base64 -d x.tar.sig > sig
                    cat x.tar.0* | tar xOf - mirror/bundle.json | openssl dgst -sha256 -verify key.pub -signature sig
                    """
                )
                let output = checked.outputText
                #expect(output.split(separator: "\n").filter { $0 == "Verified OK" }.count == 2, "\(output)")
                let tags = try await allTags(of: source)
                try await withDockerRegistry { far in
                    let wrong = try await mirror(
                        "import",
                        "--verify-key",
                        "\(folder)/other.pub",
                        bundle,
                        "\(far.host)/",
                        ends: 69
                    )
                    #expect(wrong.errorText.contains("is no signature of"), "\(wrong.errorText)")
                    #expect(try await allTags(of: far).isEmpty)
                    try await mirror("import", "--verify-key", "\(folder)/key.pub", bundle, "\(far.host)/")
                    #expect(try await allTags(of: far) == tags)
                }
                // Through a pipe they are one file again.
                try await withEmbeddedRegistry(Program.path) { far in
                    _ = try await shell("cat x.tar.0* | \(Program.path) import - \(far.host)/")
                    try await mirror("verify", "\(source.host)/", "\(far.host)/")
                }
            }
        }

        @Test func `what was changed after it had been signed is refused before anything is changed`() async throws {
            try await withSource { source in
                let bundle = "\(folder)/x.tar"
                let store = "layout:\(folder)/store"
                try await mirror("export", "-o", bundle, "--sign-key", "\(folder)/other.pem", "\(source.host)/")
                let signature = try Data(contentsOf: URL(filePath: "\(bundle).sig"))
                // A bundle of other content that is whole in itself.
                let one = try #require(try await allTags(of: source).keys.min())
                try await mirror("export", "-o", bundle, "\(source.host)/\(one)")
                try signature.write(to: URL(filePath: "\(bundle).sig"))
                let refused = try await mirror(
                    "import",
                    "--verify-key",
                    "\(folder)/other.pub",
                    bundle,
                    store,
                    ends: 69
                )
                #expect(refused.errorText.contains("x.tar.sig is no signature of"), "\(refused.errorText)")
                try FileManager.default.removeItem(atPath: "\(bundle).sig")
                let unsigned = try await mirror(
                    "import",
                    "--verify-key",
                    "\(folder)/other.pub",
                    bundle,
                    store,
                    ends: 78
                )
                #expect(unsigned.errorText.contains("there is no signature"), "\(unsigned.errorText)")
                // There is no store: it would have been made.
                try await mirror("list", store, ends: 69)
            }
        }

        @Test func `of inventories and earlier bundles, only those are believed that are signed`() async throws {
            try await withSource { source in
                let host = source.host
                try await mirror(
                    "inventory",
                    "\(host)/",
                    "-o",
                    "\(folder)/far.json",
                    "--sign-key",
                    "\(folder)/key.pem"
                )
                try await mirror("export", "-o", "\(folder)/1.tar", "--sign-key", "\(folder)/key.pem", "\(host)/")
                for base in ["far.json", "1.tar"] {
                    let made = try await mirror(
                        "export",
                        "--base",
                        "\(folder)/\(base)",
                        "--verify-key",
                        "\(folder)/key.pub",
                        "-o",
                        "\(folder)/2.tar",
                        "\(host)/"
                    )
                    #expect(made.outputText.contains("left out"), "\(made.outputText)")
                    let refused = try await mirror(
                        "export",
                        "--base",
                        "\(folder)/\(base)",
                        "--verify-key",
                        "\(folder)/other.pub",
                        "-o",
                        "\(folder)/2.tar",
                        "\(host)/",
                        ends: 78
                    )
                    #expect(refused.errorText.contains("is no signature of"), "\(refused.errorText)")
                }
            }
        }
    }
}
