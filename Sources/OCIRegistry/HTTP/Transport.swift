// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI
import OCIContent

/// Sends requests to one registry and to where it redirects.
///
/// It never repeats a request and never sleeps but at a gate: repeating is the work of the retrying wrappers. What it
/// learns of a host that wants to be left alone it tells the host's gates.
final class Transport: Sendable {
    static let maximumRedirects = 10

    let policy: OutboundPolicy
    private let host: RegistryHost
    private let authenticator: Authenticator
    let clients: ClientSet
    private let readingGate: RequestGate
    private let writingGate: RequestGate
    private let pause: HostPause
    let limits: RegistryLimits
    /// How long nothing may move in a request.
    var idleTimeout: Duration { limits.idleTimeout }
    let userAgent: String

    /// - Parameters:
    ///   - host: The registry as the user named it, by which its credentials are found.
    ///   - origin: Where its requests go.
    init(
        host: RegistryHost,
        origin: RequestURL.Origin,
        limits: RegistryLimits,
        access: RegistryAccess,
        userAgent: String,
        addresses: [String: String] = [:],
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.host = host
        policy = OutboundPolicy(
            origin: origin,
            uploadHosts: access.uploadHosts,
            tokenServers: access.tokenServers
        )
        clients = ClientSet(policy: policy, limits: limits, access: access, addresses: addresses)
        pause = HostPause(clock: clock)
        let tokens = TokenClient(clients: clients, timeout: limits.idleTimeout, userAgent: userAgent)
        authenticator = Authenticator(
            host: host,
            store: access.credentials,
            admitRealm: { [policy, clients] realm, base, carriesCredential throws(OutboundRefusal) in
                try policy.admitRealm(
                    realm,
                    answeredBy: base,
                    carriesCredential: carriesCredential,
                    reached: clients.reachedKinds
                )
            },
            fetch: { try await tokens.send($0, observer: $1) },
            watch: pause.watch
        )
        readingGate = RequestGate(bound: limits.requests, pause: pause)
        writingGate = RequestGate(bound: limits.requests, pause: pause)
        self.limits = limits
        self.userAgent = userAgent
    }

    /// The time of all that is measured at the host.
    var watch: Stopwatch { pause.watch }

    func shutdown() async throws { try await clients.shutdown() }

    /// A place among the requests that write to the registry.
    ///
    /// An upload takes it before its source is opened, so that no read is held open for an upload that has to wait.
    func placeToWrite() async throws -> Slots.Slot { try await writingGate.acquire(.ordinary) }

    func gate(_ direction: Exchange.Direction) -> RequestGate {
        direction == .reading ? readingGate : writingGate
    }

    /// Sends a request and returns the answer's head, following redirects of reads.
    ///
    /// - Parameters:
    ///   - slot: A place at the gate, if the caller has one already.
    ///   - observer: Told of each request that was sent, redirected ones included.
    /// - Throws: `RegistryError.Cause`, `SideFailure` of a blob that could not be read, `CancellationError`.
    func send(
        _ exchange: Exchange,
        holding slot: Slots.Slot? = nil,
        observer: @Sendable (RequestRecord) -> Void
    ) async throws -> Reply {
        let held: Slots.Slot
        if let slot {
            held = slot
        } else {
            held = try await gate(exchange.direction).acquire(exchange.urgency)
        }
        var exchange = exchange
        for _ in 0...Self.maximumRedirects {
            let reply = try await sendAuthorized(exchange, slot: held, observer: observer)
            guard [301, 302, 303, 307, 308].contains(reply.status), let location = reply.headers.first(name: "Location")
            else { return reply }
            let target = try admit(location, answeredBy: exchange.url, for: .redirect)
            guard exchange.direction == .reading else {
                throw Failure(.answer("a redirect of a \(exchange.method) to \(target.origin), which is not followed"))
            }
            try await reply.discard(keepingSlot: true)
            exchange.url = target
        }
        throw Failure(
            .refused(
                OutboundRefusal(
                    purpose: .redirect,
                    origin: policy.origin,
                    target: "\(exchange.url.origin)",
                    reason: .tooManyRedirects
                )
            )
        )
    }

    /// The credential for a repository, or for the registry as a whole.
    func credential(for repository: RepositoryName?) async throws -> Credential? {
        try await authenticator.credential(for: repository)
    }

    /// What the registry wants to see, as far as its answers have told.
    func diagnose(
        _ access: Authenticator.Access,
        observer: @Sendable (RequestRecord) -> Void
    ) async throws -> AccessDiagnosis {
        try await authenticator.diagnosis(for: access, observer: observer)
    }

    /// Reads a URL that the registry sent, if it may be requested.
    func admit(_ reference: String, answeredBy base: RequestURL, for purpose: OutboundPolicy.Purpose) throws(Failure)
        -> RequestURL
    {
        do {
            return try policy.admit(reference, answeredBy: base, for: purpose, reached: clients.reachedKinds)
        } catch {
            throw Failure(.refused(error))
        }
    }

    /// Why a request has no usable answer; the repository that asked adds what it was doing.
    struct Failure: Error {
        let cause: RegistryError.Cause
        let retryAfter: Duration?

        init(_ cause: RegistryError.Cause, retryAfter: Duration? = nil) {
            self.cause = cause
            self.retryAfter = retryAfter
        }
    }

    /// Sends a request with what the registry wants to see, and answers one refusal: with a first header, or with a new
    /// token.
    ///
    /// A blob is not sent twice; its upload begins anew with the new token.
    private func sendAuthorized(
        _ exchange: Exchange,
        slot: Slots.Slot,
        observer: @Sendable (RequestRecord) -> Void
    ) async throws -> Reply {
        // Whatever other host a redirect led to: it gets nothing of this.
        guard exchange.url.origin == policy.origin else {
            return try await sendOnce(exchange, authorization: nil, slot: slot, observer: observer)
        }
        if case .fixed(let header) = exchange.identification {
            return try await sendOnce(exchange, authorization: header, slot: slot, observer: observer)
        }
        let access = exchange.access
        let header = try await authenticator.header(for: access, isLong: exchange.isStreaming, observer: observer)
        let reply = try await sendOnce(exchange, authorization: header, slot: slot, observer: observer)
        guard reply.status == 401 else { return reply }
        let challenges = try await challenges(of: reply, slot: slot, observer: observer)
        guard
            try await authenticator.learn(
                from: challenges,
                answeredBy: exchange.url,
                access: access,
                rejected: header
            ), !exchange.isStreaming
        else { return reply }
        try await reply.discard(keepingSlot: true)
        let next = try await authenticator.header(for: access, isLong: false, observer: observer)
        var answer = try await sendOnce(exchange, authorization: next, slot: slot, observer: observer)
        answer.refusal = reply.headers
        return answer
    }

    /// The challenges of a refusal.
    ///
    /// Some registries send them only in answers to `GET /v2/` (gcr.io does).
    private func challenges(
        of reply: Reply,
        slot: Slots.Slot,
        observer: @Sendable (RequestRecord) -> Void
    ) async throws -> [Challenge] {
        let challenges = Challenge.parse(reply.headers["WWW-Authenticate"])
        guard challenges.isEmpty else { return challenges }
        let ping = Exchange(
            method: .GET,
            url: RequestURL(origin: policy.origin, path: "/v2/"),
            access: Authenticator.Access(repository: nil, scopes: [])
        )
        let answer = try await sendOnce(ping, authorization: nil, slot: slot, observer: observer)
        try await answer.discard(keepingSlot: true)
        return Challenge.parse(answer.headers["WWW-Authenticate"])
    }

    private func sendOnce(
        _ exchange: Exchange,
        authorization: Secret?,
        slot: Slots.Slot,
        observer: @Sendable (RequestRecord) -> Void
    ) async throws -> Reply {
        let sentAt = pause.watch.elapsed
        let kind = exchange.kind ?? RequestRecord.Kind(method: exchange.method.rawValue, path: exchange.url.path)
        func record(_ status: Int?, _ headers: HTTPHeaders = [:]) {
            let isOwn = exchange.url.origin == policy.origin
            observer(
                RequestRecord(
                    kind: kind,
                    method: exchange.method.rawValue,
                    url: exchange.url.redacted,
                    host: "\(exchange.url.origin.hostName):\(exchange.url.origin.port)",
                    status: status,
                    duration: pause.watch.elapsed - sentAt,
                    registry: isOwn ? host : nil,
                    pullLimit: isOwn ? PullLimit(headers) : nil
                )
            )
        }
        do {
            let response = try await perform(exchange, authorization)
            record(Int(response.status.code), response.headers)
            let reply = Reply(
                url: exchange.url,
                status: Int(response.status.code),
                headers: response.headers,
                body: response.body,
                slot: slot,
                gate: gate(exchange.direction),
                idleTimeout: limits.idleTimeout,
                watchdog: exchange.direction == .writing ? watchdog : nil
            )
            learn(from: reply, to: exchange, kind, sentAt: sentAt)
            return reply
        } catch {
            record(nil)
            if case .blob(_, let reading) = exchange.body, let failure = reading.failure { throw failure }
            if error is CancellationError || Task.isCancelled { throw CancellationError() }
            throw Failure(
                .connection(await explain(ConnectionFailure(error, idleTimeout: limits.idleTimeout), exchange))
            )
        }
    }

    /// Looks closer at a certificate of the registry itself that was not accepted.
    private func explain(_ failure: ConnectionFailure, _ exchange: Exchange) async -> ConnectionFailure {
        guard failure == .certificate(.unknownAuthority), exchange.url.origin == policy.origin,
            clients.isDirect(policy.origin)
        else { return failure }
        let probe = CertificateProbe(origin: policy.origin, timeout: limits.connectTimeout)
        return .certificate(await probe.problem())
    }

    /// Takes from an answer how well the host copes.
    ///
    /// A host that is asked too much is left alone by all requests, not only by the one that was told.
    private func learn(from reply: Reply, to exchange: Exchange, _ kind: RequestRecord.Kind, sentAt: Duration) {
        guard reply.url.origin == policy.origin else { return }
        // Docker Hub, when it gives no more manifests for hours, answers everything else.
        let isPullRefusal = reply.headers.contains(name: "Docker-RateLimit-Source") && kind == .manifest
        if reply.status == 429, isPullRefusal, PullLimit(reply.headers)?.remaining == 0 { return }
        if reply.status == 429 || reply.status == 503 {
            guard pause.refused(wish: reply.retryAfter, sentAt: sentAt) else { return }
            readingGate.refused()
            writingGate.refused()
            return
        }
        // An API that says that it has answered all that it answers in a while refuses the next one.
        if let rest = reply.restOfWindow {
            _ = pause.refused(wish: rest, sentAt: sentAt)
        } else {
            pause.answered(sentAt: sentAt)
        }
        guard reply.status < 500 else { return }
        gate(exchange.direction)
            .answered(
                AdaptiveWidth.Kind(method: exchange.method.rawValue, purpose: kind),
                after: exchange.isStreaming ? nil : pause.watch.elapsed - sentAt
            )
    }
}

extension Reply {
    /// How long the host asks to be left alone.
    ///
    /// Docker Hub's API was documented to say it in a header of its own, as a moment (docker/docs#22916).
    var retryAfter: Duration? {
        headers.first(name: "Retry-After").flatMap { RetryAfter.parse($0, now: WallClock.secondsSince1970) }
            ?? until("X-Retry-After")
    }

    /// How long it takes until the host answers again, where it says that nothing is left of what it answers in a while.
    var restOfWindow: Duration? {
        headers.first(name: "X-RateLimit-Remaining") == "0" ? until("X-RateLimit-Reset") : nil
    }

    /// The time until a moment that a header names in seconds since 1970.
    private func until(_ header: String) -> Duration? {
        headers.first(name: header).flatMap(Int64.init)
            .flatMap { moment in
                let now = WallClock.secondsSince1970
                return moment > now ? .seconds(min(moment - now, 86_400)) : nil
            }
    }
}
