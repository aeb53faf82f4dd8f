// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Google's list of tags, which has the manifests and the names below beside them, all at once.
///
/// Source: pkg/v1/google/list.go of google/go-containerregistry.
extension ProductDesk {
    private struct Listed: Encodable {
        struct Manifest: Encodable {
            let imageSizeBytes: String
            let layerId = ""
            let mediaType: String
            var tag: [String]
            let timeCreatedMs: String
            let timeUploadedMs: String
        }

        let child: [String]
        let manifest: [String: Manifest]
        let name: String
        let tags: [String]
    }

    func googleTags(_ request: PeerRequest, in name: String) -> PeerReply {
        if let refusal = quirks.apiRefusal { return refusal }
        let tags = listedTags(of: name)
        let below = repositories(below: name).map { $0.dropFirst(name.count + 1).prefix { $0 != "/" } }
        guard tags != nil || !below.isEmpty else { return .error(404, "NAME_UNKNOWN", "Repository not found") }
        var manifests: [String: Listed.Manifest] = [:]
        for tag in tags ?? [] {
            let digest = "\(tag.manifest.digest)"
            let known = manifests[digest]
            manifests[digest] = Listed.Manifest(
                imageSizeBytes: "\(tag.size)",
                mediaType: tag.manifest.mediaType,
                tag: (known?.tag ?? []) + [tag.name],
                timeCreatedMs: "0",
                timeUploadedMs: known?.timeUploadedMs ?? "\(tag.pushed * 1000)"
            )
        }
        return .json(
            Listed(
                child: Set(below.map(String.init)).sorted(),
                manifest: manifests,
                name: name,
                tags: (tags ?? []).map(\.name)
            ),
            keys: .useDefaultKeys
        )
    }
}
