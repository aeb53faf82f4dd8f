// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HTTPTypes
import OCI
import OCILayout

/// `/v2/<name>/referrers/<digest>` (distribution-spec, "Listing Referrers").
///
/// A subject that nobody has pushed has no referrers, which is not an error.
struct ReferrerRoutes: Sendable {
    let served: ServedPlace
    let name: RepositoryName
    let subject: Digest

    /// The most entries of one answer; annotations can make each of them long.
    private static let pageSize = 500
    /// How long an answer may become, by the lengths that its entries are known to have.
    private static let mostBytes = 3 << 20

    func answer(_ request: RegistryRequest) async throws -> RegistryResponse {
        try request.allow("GET, HEAD", [.get, .head])
        let wanted = try request.query.single("artifactType")
        let last = try request.query.single("last").map(RequestPath.digest)
        let found = try await served[name].referrers(of: subject, after: last, limit: Self.pageSize + 1)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var json = JSONText()
        json.raw(#"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":["#)
        var isFirst = true
        var shownLast: Digest?
        var isCut = false
        for referrer in found.prefix(Self.pageSize) {
            if json.bytes.count > Self.mostBytes {
                isCut = true
                break
            }
            shownLast = referrer.descriptor.digest
            if let wanted, referrer.artifactType != wanted { continue }
            if !isFirst { json.raw(",") }
            isFirst = false
            json.raw(try encoder.encode(referrer))
        }
        json.raw("]}")
        var headers: HTTPFields = [:]
        if wanted != nil { headers[.ociFiltersApplied] = "artifactType" }
        if isCut || found.count > Self.pageSize, let shownLast {
            let filter = wanted.map { "artifactType=\(PercentEncoding.encode($0))&" } ?? ""
            headers[.link] =
                "</v2/\(name)/referrers/\(subject)?\(filter)last=\(PercentEncoding.encode("\(shownLast)"))>; rel=\"next\""
        }
        return .json(json.bytes, type: MediaType.ociIndex.text, headers)
    }
}
