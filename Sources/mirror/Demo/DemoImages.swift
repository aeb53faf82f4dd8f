// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// A few images for the demo, made of nothing: for two platforms, with layers that they share.
///
/// The same each time, so that whoever runs the demo again sees the same digests.
enum DemoImages {
    /// Makes the images in memory.
    static func make() async throws -> MemoryEndpoint {
        let endpoint = MemoryEndpoint(name: "demo")
        let system = layer("etc/os-release", bytes: 6 << 20, seed: 1)
        let runtime = layer("usr/lib/runtime.so", bytes: 12 << 20, seed: 2)
        try await add(["1.0", "latest"], [system], to: "demo/base", endpoint)
        for (index, version) in ["1.0.0", "1.1.0", "1.2.0"].enumerated() {
            let app = layer("opt/app/\(version)", bytes: 2 << 20, seed: UInt64(10 + index))
            let tags = version == "1.2.0" ? [version, "latest"] : [version]
            try await add(tags, [system, runtime, app], to: "demo/team/app", endpoint)
        }
        try await add(["3.2"], [system, layer("bin/tool", bytes: 1 << 20, seed: 20)], to: "demo/team/tool", endpoint)
        return endpoint
    }

    /// Puts an image for two platforms under some tags.
    private static func add(
        _ tags: [String],
        _ layers: [[UInt8]],
        to repository: String,
        _ endpoint: MemoryEndpoint
    ) async throws {
        let place = endpoint[try RepositoryName(repository)]
        var manifests: [String] = []
        for (index, architecture) in ["amd64", "arm64"].enumerated() {
            let own = layer("usr/lib/\(architecture).so", bytes: 256 << 10, seed: UInt64(30 + index))
            let descriptors = (layers + [own]).map { place.add($0, mediaType: layerType) }
            let differences = descriptors.map { "\"\($0.digest)\"" }.joined(separator: ",")
            let configuration =
                #"{"architecture":"\#(architecture)","os":"linux","config":{},"#
                + #""rootfs":{"type":"layers","diff_ids":[\#(differences)]}}"#
            let config = place.add(Array(configuration.utf8), mediaType: .ociConfig)
            let document = try document(
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":\#(json(config)),"layers":["#
                    + descriptors.map { json($0) }.joined(separator: ",") + "]}"
            )
            try await place.write(document)
            let platform = #","platform":{"architecture":"\#(architecture)","os":"linux"}"#
            manifests.append(json(document.descriptor, platform))
        }
        let index = try document(
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":["#
                + manifests.joined(separator: ",") + "]}"
        )
        for tag in tags { try await place.publish(index, as: try TagName(tag)) }
    }

    private static let layerType = MediaType(contentType: "application/vnd.oci.image.layer.v1.tar") ?? .ociLayerGzip

    private static func json(_ descriptor: Descriptor, _ more: String = "") -> String {
        #"{"mediaType":"\#(descriptor.mediaType)","digest":"\#(descriptor.digest)","size":\#(descriptor.size)\#(more)}"#
    }

    private static func document(_ text: String) throws -> ManifestDocument {
        let bytes = Array(text.utf8)
        return try ManifestDocument(bytes: bytes, digest: Digester.digest(of: bytes), contentType: nil)
    }

    /// A layer that is a tar archive of one file, whose content cannot be compressed.
    private static func layer(_ path: String, bytes count: Int, seed: UInt64) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        func octal(_ number: Int, digits: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(path, at: 0)
        put(octal(0o644, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(octal(count, digits: 11), at: 124)
        put(octal(0, digits: 11), at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put(octal(header.reduce(0) { $0 + Int($1) }, digits: 6) + "\0 ", at: 148)
        var content = header
        content.reserveCapacity(count + 1536)
        var state = seed
        while content.count < count + 512 {
            // The numbers of splitmix64.
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            mixed ^= mixed >> 31
            withUnsafeBytes(of: mixed.littleEndian) { content.append(contentsOf: $0) }
        }
        return content + [UInt8](repeating: 0, count: 1024)
    }
}
