// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// The configuration of an image, as far as a mirror cares (image-spec, config.md).
public struct ImageConfiguration: Hashable, Sendable {
    /// The longest configuration that is read, in bytes.
    public static let maximumSize: Int64 = 1 << 20

    /// When the image was made, in seconds since 1970, UTC; `nil` if it does not say.
    public let created: Int64?
    /// What the image runs on; `nil` if it does not say.
    public let platform: Platform?

    /// Reads a configuration; `nil` for what is none, the configuration of an artifact for example.
    public init?(_ bytes: [UInt8]) {
        guard let body = try? JSONDecoder().decode(Body.self, from: Data(bytes)) else { return nil }
        created = body.created.flatMap(Timestamp.seconds)
        let parts = (body.os ?? "", body.architecture ?? "")
        platform =
            parts.0.isEmpty || parts.1.isEmpty
            ? nil : Platform(os: parts.0, architecture: parts.1, variant: body.variant)
    }

    private struct Body: Decodable {
        var created: String?
        var os: String?
        var architecture: String?
        var variant: String?
    }
}
