// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCITestKit

/// An image whose layers are long and quickly made: their bytes are only different, not a real archive.
struct LargeImage: Sendable {
    let manifest: ManifestDocument
    /// The configuration, then the layers.
    let blobs: [BuiltBlob]

    /// The bytes of all blobs.
    var size: Int64 { blobs.reduce(0) { $0 + $1.descriptor.size } }
    /// The layers, lowest first.
    var layers: [Descriptor] { blobs.dropFirst().map(\.descriptor) }

    /// - Parameters:
    ///   - seed: What the content depends on.
    ///   - layerSizes: The length of each layer in bytes.
    init(seed: UInt64, layerSizes: [Int]) throws {
        var random = SeededRandom(seed: seed)
        let layers = layerSizes.map { BuiltBlob(Self.bytes($0, &random)) }
        let config = ImageBuilder.configuration(
            platform: Platform(os: "linux", architecture: "amd64"),
            diffIDs: layers.map(\.descriptor.digest),
            label: "seed-\(seed)"
        )
        manifest = try ImageBuilder.manifest(config: config.descriptor, layers: layers.map(\.descriptor))
        blobs = [config] + layers
    }

    /// One random block over and over, each with a number, so that no two parts of a blob are equal.
    private static func bytes(_ count: Int, _ random: inout SeededRandom) -> [UInt8] {
        var block = (0..<8192)
            .flatMap { _ in
                let word = random.next()
                return (0..<8).map { UInt8(truncatingIfNeeded: word >> (UInt64($0) * 8)) }
            }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + block.count)
        var number: UInt32 = 0
        while bytes.count < count {
            for place in 0..<4 { block[place] = UInt8(truncatingIfNeeded: number >> (UInt32(place) * 8)) }
            bytes += block
            number += 1
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Writes the image into a registry that asks for no names, by the simplest of clients.
    /// - Parameter name: Such as `team/app:1`.
    func push(to host: String, as name: String) async throws {
        let (repository, tag) = Self.split(name)
        for blob in blobs {
            let begun = try await PlainHTTP.request("POST", host, "/v2/\(repository)/blobs/uploads/")
            guard var place = begun.header("Location") else { throw Refused(reply: begun) }
            if let scheme = place.firstRange(of: "://") {
                let rest = place[scheme.upperBound...]
                place = String(rest[(rest.firstIndex(of: "/") ?? rest.startIndex)...])
            }
            let target = "\(place)\(place.contains("?") ? "&" : "?")digest=\(blob.descriptor.digest)"
            let reply = try await PlainHTTP.request("PUT", host, target, body: blob.bytes)
            guard reply.status == 201 else { throw Refused(reply: reply) }
        }
        try await publish(to: host, as: "\(repository):\(tag)")
    }

    /// Puts the manifest only.
    func publish(to host: String, as name: String) async throws {
        let (repository, tag) = Self.split(name)
        let reply = try await PlainHTTP.request(
            "PUT",
            host,
            "/v2/\(repository)/manifests/\(tag)",
            fields: [("Content-Type", "\(manifest.descriptor.mediaType)")],
            body: manifest.bytes
        )
        guard reply.status == 201 else { throw Refused(reply: reply) }
    }

    private static func split(_ name: String) -> (repository: Substring, tag: Substring) {
        let colon = name.lastIndex(of: ":") ?? name.endIndex
        return (name[..<colon], name[colon...].dropFirst())
    }

    /// A registry did not take what was put.
    struct Refused: Error {
        let reply: PlainHTTP.Reply
    }
}
