// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import OCI

/// What a manifest says of itself for the list of referrers (distribution-spec, "Listing Referrers").
struct ManifestFacts: Sendable {
    let subject: Digest?
    let artifactType: String?
    let annotations: [String: String]

    /// Reads a manifest; what cannot be understood is left out.
    init(_ bytes: [UInt8]) {
        let body = try? JSONDecoder().decode(Body.self, from: Data(bytes))
        subject = body?.subject?.digest.flatMap { try? Digest($0) }
        let stated = body?.artifactType.flatMap { $0.isEmpty ? nil : $0 }
        artifactType = stated ?? body?.config?.mediaType
        annotations = body?.annotations ?? [:]
    }

    private struct Body: Decodable {
        var subject: Pointer?
        var config: Pointer?
        var artifactType: String?
        var annotations: [String: String]?

        private enum CodingKeys: String, CodingKey { case subject, config, artifactType, annotations }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            subject = try? container.decodeIfPresent(Pointer.self, forKey: .subject)
            config = try? container.decodeIfPresent(Pointer.self, forKey: .config)
            artifactType = try? container.decodeIfPresent(String.self, forKey: .artifactType)
            annotations = try? container.decodeIfPresent([String: String].self, forKey: .annotations)
        }
    }

    private struct Pointer: Decodable {
        var mediaType: String?
        var digest: String?
    }
}
