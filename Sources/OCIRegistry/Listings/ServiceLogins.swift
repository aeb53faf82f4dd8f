// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import Synchronization

/// The tokens that credentials were turned into at the API of a product.
///
/// One is bought once, however many requests wait for it.
final class ServiceLogins: Sendable {
    /// A token, as a request shows it.
    struct Token: Sendable {
        /// The `Authorization` header.
        let header: Secret
        /// How long it is used.
        let life: Duration
    }

    private let watch: Stopwatch
    private let tokens = Mutex<[Credential: (header: Secret, end: Duration)]>([:])
    private let buying = Slots(1)

    init(_ watch: Stopwatch) { self.watch = watch }

    /// The header for a credential; bought where there is none, or one that is too old.
    func header(for credential: Credential, buy: () async throws -> Token) async throws -> Secret {
        if let known = known(credential) { return known }
        let slot = try await buying.acquire()
        defer { slot.release() }
        if let known = known(credential) { return known }
        let token = try await buy()
        tokens.withLock { $0[credential] = (token.header, watch.elapsed + token.life) }
        return token.header
    }

    private func known(_ credential: Credential) -> Secret? {
        tokens.withLock { $0[credential] }.flatMap { $0.end > watch.elapsed ? $0.header : nil }
    }
}
