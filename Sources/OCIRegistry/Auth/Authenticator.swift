// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// Convinces one registry: learns from its challenges what it wants, and has the tokens for it at hand.
///
/// It protects what has been learned and the tokens. A token is fetched once however many requests wait for it, renewed
/// before it ends, and kept apart by token server, scopes and credential.
actor Authenticator {
    /// What a request is about to do, as far as a token must allow it.
    struct Access: Hashable, Sendable {
        /// The repository whose credential is used; `nil` for the registry as a whole.
        var repository: RepositoryName?
        /// What a token must allow.
        var scopes: Set<AccessScope>
    }

    /// The answer of a token server.
    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
        let retryAfter: Duration?
    }

    /// Sends a request to a token server, without following redirects; bounded in length and time.
    typealias Fetch = @Sendable (TokenService.Request, Observer) async throws -> Answer
    /// Reads the realm of a challenge and decides whether it may be asked: see ``OutboundPolicy``.
    typealias AdmitRealm =
        @Sendable (_ realm: String, _ base: RequestURL, _ carriesCredential: Bool) throws(OutboundRefusal) -> RequestURL
    /// Told of each request.
    typealias Observer = @Sendable (RequestRecord) -> Void

    private enum Mode: Equatable {
        /// No challenge has come; requests are sent without a header.
        case open
        case basic
        case bearer(TokenService)
    }

    private struct Key: Hashable {
        let service: TokenService
        let scopes: Set<AccessScope>
        let credential: Credential?
    }

    private static let capacity = 512

    private let admitRealm: AdmitRealm
    private let fetch: Fetch
    private let watch: Stopwatch
    private var mode = Mode.open
    private var tokens: [Key: Token] = [:]
    /// What was found for whom; looking may start a program each time.
    private let credentials: CredentialKeeper<RepositoryName?>
    private var waiters: [Key: [CheckedContinuation<Void, Never>]] = [:]

    init(
        host: RegistryHost,
        store: any CredentialStore,
        admitRealm: @escaping AdmitRealm,
        fetch: @escaping Fetch,
        watch: Stopwatch = Stopwatch()
    ) {
        self.admitRealm = admitRealm
        self.fetch = fetch
        self.watch = watch
        credentials = CredentialKeeper(watch: watch) { try await store.credential(for: host, repository: $0) }
    }

    /// The `Authorization` header for a request; `nil` as long as the registry has not asked for one, and where there is
    /// no credential.
    ///
    /// - Parameter isLong: Whether the request takes long, so that a token with most of its life before it is wanted.
    func header(for access: Access, isLong: Bool, observer: Observer) async throws -> Secret? {
        guard mode != .open else { return nil }
        let credential = try await credential(for: access.repository)
        if case .registryToken(let token) = credential?.kind { return Secret("Bearer \(token.exposed)") }
        switch mode {
        case .open: return nil
        case .basic:
            guard case .password(let username, let password) = credential?.kind else { return nil }
            return .basic(username, password)
        case .bearer(let service):
            let key = Key(service: service, scopes: access.scopes, credential: credential)
            return Secret("Bearer \(try await token(for: key, isLong: isLong, observer).value.exposed)")
        }
    }

    /// Learns from a 401 what the registry wants.
    ///
    /// - Parameter rejected: The header that the refused request had.
    /// - Returns: Whether the request may succeed when it is sent again.
    /// - Throws: ``Transport/Failure`` if the challenge leads where no request is sent.
    func learn(from challenges: [Challenge], answeredBy url: RequestURL, access: Access, rejected: Secret?)
        async throws -> Bool
    {
        // A login that was renewed meanwhile is found.
        if rejected != nil { await credentials.forgetAll() }
        let credential = try await credential(for: access.repository)
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }), let text = bearer.parameters["realm"] {
            let realm = try admit(text, answeredBy: url, carriesCredential: credential != nil)
            mode = .bearer(TokenService(realm: realm, service: bearer.parameters["service"]))
            // A refused token is thrown away, whatever its server said about its life.
            if let rejected { tokens = tokens.filter { "Bearer \($0.value.value.exposed)" != rejected.exposed } }
            // One that is shown as it is does not get better.
            if case .registryToken = credential?.kind { return rejected == nil }
            return true
        }
        if challenges.contains(where: { $0.scheme == "basic" }) {
            mode = .basic
            switch credential?.kind {
            // One that was renewed meanwhile is another one.
            case .password(let username, let password):
                return rejected?.exposed != Secret.basic(username, password).exposed
            case .registryToken: return rejected == nil
            case .identityToken, nil: return false
            }
        }
        return false
    }

    /// What the registry wants to see, and what it gets for these scopes.
    func diagnosis(for access: Access, observer: Observer) async throws -> AccessDiagnosis {
        let wanted = access.scopes.flatMap(\.single).sorted()
        switch mode {
        case .open: return AccessDiagnosis(method: .open, wanted: wanted, granted: nil)
        case .basic: return AccessDiagnosis(method: .basic, wanted: wanted, granted: nil)
        case .bearer(let service):
            let credential = try await credential(for: access.repository)
            let key = Key(service: service, scopes: access.scopes, credential: credential)
            let token = try await token(for: key, isLong: false, observer)
            return AccessDiagnosis(
                method: .bearer(server: "\(service.realm.origin)", service: service.service),
                wanted: wanted,
                granted: token.claims
            )
        }
    }

    /// What is shown for a repository, or for the registry as a whole.
    func credential(for repository: RepositoryName?) async throws -> Credential? {
        // Tokens that were bought with a credential are found again by it, however long it still lives.
        try await credentials.credential(for: repository)?.living(nil)
    }

    private func admit(_ realm: String, answeredBy url: RequestURL, carriesCredential: Bool) throws -> RequestURL {
        do {
            return try admitRealm(realm, url, carriesCredential)
        } catch {
            throw Transport.Failure(.refused(error))
        }
    }

    private func token(for key: Key, isLong: Bool, _ observer: Observer) async throws -> Token {
        while true {
            if let token = usableToken(for: key, isLong: isLong) { return token }
            guard waiters[key] != nil else { break }
            await withCheckedContinuation { waiters[key]?.append($0) }
            try Task.checkCancellation()
        }
        waiters[key] = []
        defer { (waiters.removeValue(forKey: key) ?? []).forEach { $0.resume() } }
        let token = try await fetchToken(for: key, observer)
        forgetOldTokens()
        tokens[key] = token
        return token
    }

    /// A token that allows at least as much, for the same server and credential.
    private func usableToken(for key: Key, isLong: Bool) -> Token? {
        let now = watch.elapsed
        func isUsable(_ token: Token) -> Bool { now < (isLong ? token.halfLife : token.renewal) }
        if let token = tokens[key], isUsable(token) { return token }
        return tokens.first { other, token in
            other.service == key.service && other.credential == key.credential && token.scopes.covers(key.scopes)
                && isUsable(token)
        }?
        .value
    }

    private func fetchToken(for key: Key, _ observer: Observer) async throws -> Token {
        // The realm may have been learned from a request that had no credential.
        let realm = key.service.realm
        _ = try admit(realm.text, answeredBy: realm, carriesCredential: key.credential != nil)
        var last: Answer?
        for request in key.service.requests(for: key.scopes, with: key.credential) {
            let answer = try await fetch(request, observer)
            if answer.status == 200 {
                guard let token = Token(answer.body, scopes: key.scopes, now: watch.elapsed) else {
                    throw Transport.Failure(.answer("the token server \(realm.origin) gave no token"))
                }
                return token
            }
            last = answer
            guard TokenService.mayWantOtherMethod(answer.status, to: request) else { break }
        }
        throw Transport.Failure(
            .tokenServer("\(realm.origin)", status: last?.status ?? 0, SpecError.all(in: last?.body ?? [])),
            retryAfter: last?.retryAfter
        )
    }

    private func forgetOldTokens() {
        guard tokens.count >= Self.capacity else { return }
        let now = watch.elapsed
        tokens = tokens.filter { $0.value.end > now }
        if tokens.count >= Self.capacity { tokens = [:] }
    }
}
