// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI

/// Makes projects of Harbor, which the first component of a repository's name must be one of.
struct HarborProjects: RepositoryCreation {
    /// The requests of the registry, whose API has the same origin.
    let api: RegistryAPI
    let isPublic: Bool

    func create(_ repository: RepositoryName) async throws {
        let project = String(repository.components[0])
        // It is another API than the registry's, and takes no tokens of that.
        let credential = try await api.transport.credential(for: repository)
        var header: Secret?
        if case .password(let username, let password) = credential?.kind { header = .basic(username, password) }
        // Nothing in a repository's name has a meaning in JSON.
        let body = #"{"project_name":"\#(project)","metadata":{"public":"\#(isPublic)"}}"#
        let request = api.post("/api/v2.0/projects", json: Secret(body), as: .fixed(header))
        let reply = try await api.send(request, during: .createRepository, subject: project)
        // 409: somebody else was faster.
        guard reply.status == 201 || reply.status == 409 else {
            throw try await api.error(from: reply, during: .createRepository, subject: project)
        }
        try await reply.discard()
    }
}
