// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIRegistry

/// Shows a credential to a registry, so that only one that is good is kept.
/// - Throws: What the registry, or its token server, has against it; what is wrong with its certificates.
func verifyLogin(host: RegistryHost, credential: Credential, _ access: RegistryAccesses) async throws {
    let registry = try access.registry(host, showing: OneCredential(credential: credential))
    do {
        try await registry.endpoint().verifyAccess()
    } catch {
        try? await registry.shutdown()
        throw error
    }
    try await registry.shutdown()
}

/// Has one credential, whoever asks.
private struct OneCredential: CredentialStore {
    let credential: Credential

    func credential(for host: RegistryHost, repository: RepositoryName?) async throws -> Credential? { credential }
}
