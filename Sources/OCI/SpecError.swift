// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// One entry of the error body that registries send (distribution-spec, "Error Codes").
public struct SpecError: Hashable, Sendable, Decodable {
    /// The code, `MANIFEST_UNKNOWN` for example.
    ///
    /// A server wrote this: escape it before it is shown.
    public let code: String
    /// A sentence for people, often empty.
    public let message: String

    private enum CodingKeys: String, CodingKey { case code, message }

    /// Reads an entry; a missing message is empty.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        code = String(try container.decode(String.self, forKey: .code).prefix(100))
        message = String((try container.decodeIfPresent(String.self, forKey: .message) ?? "").prefix(500))
    }

    /// Makes an entry.
    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    /// Reads an error body; anything that is not one, HTML say, has no entries.
    public static func all(in body: [UInt8]) -> [SpecError] {
        struct Body: Decodable { var errors: [SpecError] }
        guard (try? StrictJSON.topLevelKeys(of: body)) != nil else { return [] }
        return (try? JSONDecoder().decode(Body.self, from: Data(body)))?.errors ?? []
    }

    /// Whether the registry means that an upload session, or what was sent into it, is lost.
    public var concernsUploadSession: Bool {
        ["BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID", "DIGEST_INVALID", "SIZE_INVALID"].contains(code)
    }
}
