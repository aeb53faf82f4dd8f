// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

extension EndToEnd {
    /// The program between two registries of each product.
    @Suite(.serialized)
    struct ProductTests {
        /// Two registries of a product with three images in the first, and a home that knows what they are.
        private func withPair(
            _ quirks: ProductQuirks,
            _ body: (ProductRegistry, ProductRegistry, Home, _ config: String) async throws -> Void
        ) async throws {
            // Nobody names a repository to a test's registry before it is copied to.
            // What must be created first has tests of its own.
            let quirks = quirks.with {
                $0.createsRepositories = true
                $0.needsProjects = false
            }
            try await withProductRegistry(quirks) { from in
                for (number, name) in ["team/app", "team/app", "team/web"].enumerated() {
                    try await from.hold(BuiltImage.tiny(UInt64(number)), in: name, as: "v\(number)")
                }
                try await withProductRegistry(quirks) { to in
                    try await withHome { home in
                        let product = quirks.configuredName
                        let entries = [from, to].map { "\($0.host): {product: \(product), api: http://\($0.host)}" }
                        let file = try home.configure(entries.joined(separator: "\n"))
                        if quirks.api == .github { try home.keep("mona", "token", for: from.host) }
                        try await body(from, to, home, file)
                    }
                }
            }
        }

        @Test(arguments: ProductQuirks.all)
        func `images are copied, a second time without a write or, where digests are listed, a question, and verified`(
            _ quirks: ProductQuirks
        ) async throws {
            try await withPair(quirks) { from, to, home, config in
                func run(_ command: String, _ more: String...) async throws {
                    // Some products list no repositories.
                    for name in ["team/app", "team/web"] {
                        let addresses = ["\(from.host)/\(name)", "\(to.host)/\(name)"]
                        let options = [command, "--config", config, "--all-tags"] + more
                        let result = try await home.start(options + addresses).wait()
                        #expect(result.ending == .exited(0), "\(name): \(result.outputText)\(result.errorText)")
                    }
                }
                try await run("copy")
                for (name, tag) in [("team/app", "v0"), ("team/app", "v1"), ("team/web", "v2")] {
                    let copied = to.digest(of: tag, in: name)
                    #expect(copied != nil && copied == from.digest(of: tag, in: name))
                }
                #expect(to.brokenTags == [])
                for peer in [from, to] { peer.reset() }
                try await run("copy")
                #expect(!to.exchanges.contains { ["POST", "PUT", "PATCH"].contains($0.method) }, "\(to.exchanges)")
                if quirks.api != nil {
                    #expect(from.exchanges.allSatisfy { $0.method == "GET" }, "\(from.exchanges)")
                }
                try await run("verify", "--depth", "content")
            }
        }
    }
}

extension ProductRegistry {
    /// Puts an image there.
    fileprivate func hold(_ image: BuiltImage, in repository: String, as tag: String) async throws {
        for blob in image.blobs { _ = hold(blob.bytes, in: repository) }
        hold(image.manifest, in: repository, as: tag)
    }
}
