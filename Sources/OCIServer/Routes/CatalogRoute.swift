// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OCI
import OCILayout

/// `/v2/_catalog`, which is no part of the specification, but what clients ask (Docker Registry HTTP API V2).
///
/// Shows what the client may read, and nothing else.
struct CatalogRoute: Sendable {
    let served: ServedPlace

    func answer(_ request: RegistryRequest) async throws -> RegistryResponse {
        try request.allow("GET, HEAD", [.get, .head])
        let page = try PageRequest(request.query)
        let names = try await names(page, request.principal)
        let shown = names.prefix(page.count)
        var json = JSONText()
        json.raw(#"{"repositories":"#)
        json.strings(shown.map(\.text))
        json.raw("}")
        var headers: HTTPFields = [:]
        if names.count > shown.count, let last = shown.last {
            headers[.link] = page.link("/v2/_catalog", after: last.text)
        }
        return .json(json.bytes, headers)
    }

    /// One name more than asked for, where there is one.
    private func names(_ page: PageRequest, _ principal: Principal) async throws -> [RepositoryName] {
        var last: RepositoryName?
        if let text = page.last {
            do { last = try RepositoryName(text) } catch { throw RegistryFault.nameInvalid("last is not a name") }
        }
        guard page.count > 0 else { return [] }
        var names: [RepositoryName] = []
        while names.count <= page.count {
            let found = try await served.content.repositories(after: last, limit: page.count + 1)
            names += found.filter { served.rules.allows(principal, .pull, in: $0) }
            guard found.count > page.count else { break }
            last = found.last
        }
        return Array(names.prefix(page.count + 1))
    }
}
