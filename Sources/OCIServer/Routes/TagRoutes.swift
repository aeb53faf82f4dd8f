// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OCI
import OCILayout

/// `/v2/<name>/tags/list`.
struct TagRoutes: Sendable {
    let served: ServedPlace
    let name: RepositoryName

    func answer(_ request: RegistryRequest) async throws -> RegistryResponse {
        try request.allow("GET, HEAD", [.get, .head])
        let page = try PageRequest(request.query)
        let repository = served[name]
        let tags = try await repository.tags(after: try last(page), limit: page.count + 1)
        if tags.isEmpty, try await !repository.exists() { throw RegistryFault.nameUnknown }
        let shown = tags.prefix(page.count)
        var json = JSONText()
        json.raw(#"{"name":"#)
        json.string(name.text)
        json.raw(#","tags":"#)
        json.strings(shown.map(\.text))
        json.raw("}")
        var headers: HTTPFields = [:]
        if tags.count > shown.count, let last = shown.last {
            headers[.link] = page.link("/v2/\(name)/tags/list", after: last.text)
        }
        return .json(json.bytes, headers)
    }

    private func last(_ page: PageRequest) throws(RegistryFault) -> TagName? {
        guard let text = page.last else { return nil }
        do { return try TagName(text) } catch { throw .tagInvalid }
    }
}
