// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A pointer to content: what it is, how it is named and how long it is (image-spec, descriptor.md).
public struct Descriptor: Hashable, Sendable {
    /// The type of the content.
    public var mediaType: MediaType
    /// The name of the content.
    public var digest: Digest
    /// The length of the content in bytes, never negative.
    ///
    /// It is a claim of whoever wrote it: allocate nothing from it.
    public var size: Int64
    /// Where else the content is said to be.
    ///
    /// Never fetched: whoever wrote the manifest chose these addresses.
    public var urls: [String]
    /// The platform that the content is for, in an index.
    public var platform: Platform?

    /// Describes content.
    /// - Precondition: `size` is not negative.
    public init(
        mediaType: MediaType,
        digest: Digest,
        size: Int64,
        urls: [String] = [],
        platform: Platform? = nil
    ) {
        precondition(size >= 0)
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.urls = urls
        self.platform = platform
    }

    /// Whether this layer may be missing from a registry on purpose, because its publisher does not let it be copied.
    public var isNonDistributable: Bool { mediaType.isNonDistributable }
}

extension Descriptor: Codable {
    private enum CodingKeys: String, CodingKey { case mediaType, digest, size, urls, platform }

    /// Reads a descriptor; a negative size is refused, one above 2^63−1 cannot be read.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        mediaType = try container.decode(MediaType.self, forKey: .mediaType)
        digest = try container.decode(Digest.self, forKey: .digest)
        do { size = try container.decode(Int64.self, forKey: .size) } catch let error as DecodingError {
            throw error
        } catch {
            // Foundation would say of a number that does not fit that the document is not JSON, and not where.
            throw DecodingError.dataCorruptedError(forKey: .size, in: container, debugDescription: "not a length")
        }
        urls = try container.decodeIfPresent([String].self, forKey: .urls) ?? []
        platform = try container.decodeIfPresent(Platform.self, forKey: .platform)
        guard size >= 0 else {
            throw DecodingError.dataCorruptedError(forKey: .size, in: container, debugDescription: "negative size")
        }
    }

    /// Writes a descriptor; empty parts are left out.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(mediaType, forKey: .mediaType)
        try container.encode(digest, forKey: .digest)
        try container.encode(size, forKey: .size)
        if !urls.isEmpty { try container.encode(urls, forKey: .urls) }
        try container.encodeIfPresent(platform, forKey: .platform)
    }
}
