// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

/// Where the program copies to while it is stopped, as a test sees it from outside.
protocol CrashDestination: Sendable {
    /// How the program is told of it.
    var address: String { get }

    /// Checks that no tag points at half an image.
    func expectSound(_ what: String) async throws

    /// What the tag points to; `nil` if it is not there or cannot be told.
    func digest() async throws -> Digest?
}

/// Debian's registry.
struct CrashRegistry: CrashDestination {
    let registry: DockerRegistry

    var address: String { registry.host }

    func expectSound(_ what: String) async throws { try await expectWholeImages(registry) }

    func digest() async throws -> Digest? { try await EndToEndTests.digest(of: CrashImage.place, in: registry.host) }
}

/// A store in a folder.
struct CrashFolder: CrashDestination {
    let path: String

    var address: String { "layout:\(path)/" }

    func expectSound(_ what: String) async throws {
        // Stopped before it was one.
        guard FileManager.default.fileExists(atPath: "\(path)/mirror-store.json") else { return }
        let check = try await Program.run("store", "check", "--store", path)
        #expect(
            check.succeeded && check.outputText.hasPrefix("sound:"),
            "\(what): \(check.outputText)\(check.errorText)"
        )
    }

    func digest() async throws -> Digest? {
        let layout = "oci:\(path)/repositories/team/app/_oci:1"
        let result = try await ChildProcess.run("skopeo", ["inspect", "--raw", layout])
        return result.succeeded ? Digester.digest(of: result.output) : nil
    }
}

/// An image that is copied while the program is stopped.
struct CrashImage: Sendable {
    /// Its place in the source, and in a destination.
    static let place = "team/app:1"

    let root: ManifestDocument
    let parts: [BuiltImage]

    /// Puts it into a registry.
    func hold(in source: ProductRegistry) {
        for part in parts {
            for blob in part.blobs { _ = source.hold(blob.bytes, in: "team/app") }
            source.hold(part.manifest, in: "team/app")
        }
        source.hold(root, in: "team/app", as: "1")
    }

    /// An index of two images with two small layers each.
    static func small() async throws -> CrashImage { try await smallImage.value }
    /// An image with one layer that is large enough to be sent in pieces, and to be kept.
    static func large() async throws -> CrashImage { try await largeImage.value }
    /// An image of twelve layers of 1.2 MiB.
    static func several() async throws -> CrashImage { try await severalImage.value }

    // Made once: it takes a second in a build for debugging.
    private static let smallImage = Task {
        let parts = try await ["amd64", "arm64"]
            .asyncMap {
                try await BuiltImage.random(
                    seed: $0 == "amd64" ? 1 : 2,
                    platform: Platform(os: "linux", architecture: $0)
                )
            }
        return CrashImage(root: try ImageBuilder.index(parts.map { ($0.manifest, $0.platform) }), parts: parts)
    }
    private static let largeImage = Task { try await single(.random(seed: 3, layerSizes: [68 << 20])) }
    private static let severalImage = Task {
        try await single(.random(seed: 4, layerSizes: Array(repeating: 1_258_291, count: 12)))
    }

    private static func single(_ image: BuiltImage) -> CrashImage { CrashImage(root: image.manifest, parts: [image]) }
}
