// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OCI

/// Answers a request that was read and let in: one switch over what it is about.
struct Routes: Sendable {
    let served: ServedPlace

    /// The answer; errors are those of the store, or ``RegistryFault``.
    func answer(_ request: RegistryRequest) async throws -> RegistryResponse {
        switch request.path {
        case .root:
            try request.allow("GET, HEAD", [.get, .head])
            return .json(Array("{}".utf8))
        case .catalog: return try await CatalogRoute(served: served).answer(request)
        case .blob(let name, let digest):
            return try await BlobRoutes(served: served, name: name, digest: digest).answer(request)
        case .uploads(let name): return try await UploadRoutes(served: served, name: name).begin(request)
        case .upload(let name, let id): return try await UploadRoutes(served: served, name: name).answer(request, id)
        case .manifest(let name, let target):
            return try await ManifestRoutes(served: served, name: name, target: target).answer(request)
        case .tags(let name): return try await TagRoutes(served: served, name: name).answer(request)
        case .referrers(let name, let digest):
            return try await ReferrerRoutes(served: served, name: name, subject: digest).answer(request)
        }
    }
}

extension RegistryRequest {
    /// Refuses methods that do not go with the path.
    func allow(_ names: String, _ methods: Set<HTTPRequest.Method>) throws(RegistryFault) {
        guard methods.contains(method) else { throw .methodNotAllowed(names) }
    }
}
