// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Synchronization

/// Lists: of repositories, tags and referrers.
extension ProductDesk {
    func catalog(_ request: PeerRequest) -> PeerReply {
        guard quirks.hasCatalog else { return .error(404, "UNSUPPORTED") }
        let names = state.withLock { $0.store.repositories.keys.sorted() }
        let page = page(names, request)
        return .text(200, #"{"repositories":\#(json(page.entries))}"#, headers: page.link)
    }

    func tags(_ request: PeerRequest, in name: String) -> PeerReply {
        let tags = state.withLock { $0.store.repositories[name]?.tags.keys.sorted() }
        guard let tags = tags ?? (quirks.writesNullTags ? [] : nil) else { return .error(404, "NAME_UNKNOWN") }
        let page = page(tags, request)
        let list = page.entries.isEmpty && quirks.writesNullTags ? "null" : json(page.entries)
        return .text(200, #"{"name":"\#(name)","tags":\#(list)}"#, headers: page.link)
    }

    private func page(
        _ all: [String],
        _ request: PeerRequest
    ) -> (entries: [String], link: [(name: String, value: String)]) {
        let rest = request.query("last").map { last in all.filter { $0 > last } } ?? all
        guard let count = request.query("n").flatMap(Int.init), count >= 0, count < rest.count else {
            return (rest, [])
        }
        let entries = Array(rest.prefix(count))
        guard let last = entries.last else { return ([], []) }
        return (entries, [("Link", "<\(request.path)?n=\(count)&last=\(last)>; rel=\"next\"")])
    }

    private func json(_ names: [String]) -> String { "[\(names.map { "\"\($0)\"" }.joined(separator: ","))]" }

    func referrers(_ request: PeerRequest, in name: String, of digest: String) -> PeerReply {
        guard quirks.hasReferrers else { return .error(404, "UNSUPPORTED") }
        let manifests = state.withLock { $0.store.repositories[name]?.manifests.values.map { $0 } ?? [] }
        let wanted = request.query("artifactType")
        let entries = manifests.sorted { "\($0.digest)" < "\($1.digest)" }
            .compactMap { manifest -> String? in
                let details = ManifestDetails(manifest.bytes)
                guard details.subjectDigest.map({ "\($0)" }) == digest else { return nil }
                let type = details.referrerType ?? ""
                guard wanted == nil || wanted == type else { return nil }
                return """
                    {"mediaType":"\(manifest.mediaType)","digest":"\(manifest.digest)","size":\(manifest.bytes.count),\
                    "artifactType":"\(type)"}
                    """
            }
        let body = """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociIndex)","manifests":[\(entries.joined(separator: ","))]}
            """
        let filter = wanted == nil ? [] : [(name: "OCI-Filters-Applied", value: "artifactType")]
        return .text(200, body, contentType: "\(MediaType.ociIndex)", headers: filter)
    }
}
