// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent

extension RegistryAPI {
    /// The user name and the password that a product's own API is shown; `nil` for somebody without credentials, who sees
    /// what is public.
    ///
    /// - Throws: ``ListingUnavailable`` for a credential of another form. The API would take whoever has it for a stranger,
    ///   and its listing would look complete without what strangers do not see.
    func servicePassword() async throws -> (username: String, password: Secret)? {
        guard let credential = try await transport.credential(for: access.repository) else { return nil }
        guard case .password(let username, let password) = credential.kind else { throw ListingUnavailable() }
        return (username, password)
    }

    /// The password as a token in a header; `nil` for somebody without credentials.
    ///
    /// - Throws: ``ListingUnavailable`` for a credential that no such header can hold.
    func serviceToken() async throws -> Secret? {
        guard let (_, password) = try await servicePassword() else { return nil }
        guard let header = Secret.bearer(password.exposed) else { throw ListingUnavailable() }
        return header
    }
}
