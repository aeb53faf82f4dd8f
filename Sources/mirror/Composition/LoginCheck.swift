// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIRegistry

/// Shows a credential to a registry, so that only one that is good is kept.
/// - Throws: What the registry, or its token server, has against it.
func verifyLogin(host: RegistryHost, credential: Credential) async throws {
    // To be wired to the authenticator: GET /v2/ with this credential and no other, over the scheme that the host has.
}
