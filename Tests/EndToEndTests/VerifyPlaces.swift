// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Testing

/// A repository whose images will be damaged where they are copied to, one in each way.
struct VerifySource: Sendable {
    static let name = "team/app"

    let registry: DockerRegistry
    /// The images by their tags, without the index.
    let images: [String: BuiltImage]
    /// A child of the index.
    let child: BuiltImage

    var address: String { "\(registry.host)/team/**" }

    /// Fills a registry.
    init(in registry: DockerRegistry) async throws {
        self.registry = registry
        var images: [String: BuiltImage] = [:]
        for (number, tag) in ["gone", "cut", "flipped", "moved", "sound"].enumerated() {
            images[tag] = try await BuiltImage.tiny(UInt64(number + 10))
            try await put(try #require(images[tag]), "\(Self.name):\(tag)", into: registry.host)
        }
        let children = try await [1, 2].asyncMap { try await BuiltImage.tiny($0) }
        let index = try ImageBuilder.index(children.map { (manifest: $0.manifest, platform: $0.platform) })
        try await withEndpoint(of: registry) { endpoint in
            let repository = endpoint[try RepositoryName(Self.name)]
            for child in children { try await child.write(to: repository) }
            try await repository.publish(index, as: try TagName("index"))
        }
        self.images = images
        child = children[1]
    }

    private func layer(_ tag: String) throws -> Digest {
        try #require(images[tag]?.blobs.last?.descriptor.digest)
    }

    /// Damages each image of the destination in its way.
    func damage(_ destination: VerifyDestination) async throws {
        try FileManager.default.removeItem(atPath: destination.file(layer("gone")))
        let cut = try destination.open(layer("cut"))
        try cut.truncate(atOffset: 100)
        try cut.close()
        let flipped = try destination.open(layer("flipped"))
        try flipped.seek(toOffset: 50)
        let byte = try #require(try flipped.read(upToCount: 1)?.first)
        try flipped.seek(toOffset: 50)
        try flipped.write(contentsOf: Data([byte ^ 1]))
        try flipped.close()
        try FileManager.default.removeItem(atPath: destination.file(child.digest))
        // Another image, and a tag that the source does not have.
        let sound = try #require(images["sound"])
        if let host = destination.host {
            try await put(sound, "\(Self.name):moved", into: host)
            try await put(sound, "\(Self.name):extra", into: host)
        } else {
            for tag in ["moved", "extra"] {
                let from = "\(registry.host)/\(Self.name):sound"
                let copy = try await Program.run("copy", "--quiet", from, "\(destination.address)/app:\(tag)")
                try #require(copy.succeeded, "\(copy.errorText)")
            }
        }
    }

    /// Does what the hint says about what was not mended.
    func followHint(_ healing: ChildProcess.Result, at destination: VerifyDestination) async throws {
        for tag in ["cut", "flipped"] {
            let digest = try layer(tag)
            let folder = "docker/registry/v2/blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)"
            #expect(healing.outputText.contains(folder))
            try FileManager.default.removeItem(atPath: "\(destination.root)/\(folder)")
        }
    }

    /// What the tags of the destination point to.
    func tags(of destination: VerifyDestination) async throws -> String {
        let listed = try await Program.run("list", "\(destination.address)/**", "--format", "json")
        try #require(listed.succeeded, "\(listed.errorText)")
        return listed.outputText
    }
}

/// A place that images are copied to, and whose files can be reached.
struct VerifyDestination: Sendable {
    enum Kind: String, CaseIterable {
        case docker
        case embedded
        case folder
    }

    let kind: Kind
    /// The address of a registry.
    var host: String?
    /// The folder below which it keeps everything.
    let root: String

    var address: String { host.map { "\($0)/team" } ?? "layout:\(root)//team" }

    /// Whether it goes on with the bytes that it has, whatever it is sent.
    var keepsDamage: Bool { kind == .docker }

    static func with(_ kind: Kind, _ home: Home, _ body: (VerifyDestination) async throws -> Void) async throws {
        switch kind {
        case .docker:
            // Where another registry takes its place, that one mends.
            try await withDockerRegistry {
                let kind = DockerRegistry.isReplaced ? Kind.embedded : kind
                try await body(VerifyDestination(kind: kind, host: $0.host, root: $0.storage))
            }
        case .embedded:
            try await withEmbeddedRegistry(Program.path) {
                try await body(VerifyDestination(kind: kind, host: $0.host, root: $0.store))
            }
        case .folder: try await body(VerifyDestination(kind: kind, root: "\(home.directory)/store"))
        }
    }

    /// Where a blob or manifest is.
    func file(_ digest: Digest) -> String {
        kind == .docker
            ? "\(root)/docker/registry/v2/blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)/data"
            : "\(root)/repositories/\(VerifySource.name)/_oci/blobs/sha256/\(digest.hex)"
    }

    /// Opens a file for changing it.
    func open(_ digest: Digest) throws -> FileHandle {
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file(digest))
        return try #require(FileHandle(forUpdatingAtPath: file(digest)))
    }

    /// Writes other bytes over the first ones.
    func overwrite(_ digest: Digest?, with text: String) throws {
        let handle = try open(#require(digest))
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }
}
