// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Synchronization
import Testing

@testable import OCIRegistry

/// A store of one credential, which may be changed, or of one for each repository.
final class StubCredentials: CredentialStore {
    private let state: Mutex<(all: Credential?, by: [RepositoryName: Credential])>

    init(_ credential: Credential? = nil, by repository: [RepositoryName: Credential] = [:]) {
        state = Mutex((credential, repository))
    }

    convenience init(_ kind: Credential.Kind) { self.init(Credential(kind, origin: "a test")) }

    func credential(for host: RegistryHost, repository: RepositoryName?) async throws -> Credential? {
        state.withLock { state in repository.flatMap { state.by[$0] } ?? state.all }
    }

    func change(to credential: Credential?) { state.withLock { $0.all = credential } }
}

/// A store that is a closure.
private struct ClosureStore: CredentialStore {
    let find: @Sendable () async throws -> Credential?

    func credential(for host: RegistryHost, repository: RepositoryName?) async throws -> Credential? {
        try await find()
    }
}

/// A token server that is a closure, and what it was asked.
private final class StubTokenServer: Sendable {
    typealias Script = @Sendable (_ number: Int, TokenService.Request) async throws -> Authenticator.Answer

    private let asked = Mutex<[TokenService.Request]>([])
    private let script: Script

    init(_ script: @escaping Script) { self.script = script }

    var requests: [TokenService.Request] { asked.withLock { $0 } }
    var methods: [String] { requests.map { $0.form == nil ? "GET" : "POST" } }

    @Sendable func answer(_ request: TokenService.Request, _: Authenticator.Observer) async throws
        -> Authenticator.Answer
    {
        let number = asked.withLock { asked in
            asked.append(request)
            return asked.count
        }
        return try await script(number, request)
    }
}

extension Authenticator.Answer {
    fileprivate static func token(_ text: String, life: Double = 300) -> Self {
        Self(status: 200, body: Array(#"{"token":"\#(text)","expires_in":\#(life)}"#.utf8), retryAfter: nil)
    }

    fileprivate static func refusal(_ status: Int, retryAfter: Duration? = nil) -> Self {
        Self(status: status, body: Array(#"{"errors":[{"code":"DENIED"}]}"#.utf8), retryAfter: retryAfter)
    }
}

@Suite(.timeLimit(.minutes(1))) struct AuthenticatorTests {
    private struct Broken: Error {}

    private let password = Credential(.password(username: "ann", Secret("pw")), origin: "a test")
    private let base: RequestURL
    private let pull: Authenticator.Access
    private let push: Authenticator.Access
    private let other: Authenticator.Access

    init() throws {
        let app = try RepositoryName("team/app")
        let base = try RepositoryName("team/base")
        self.base = RequestURL(
            origin: RequestURL.Origin(scheme: .https, host: try RegistryHost("registry.example")),
            path: "/v2/team/app/tags/list"
        )
        pull = Authenticator.Access(repository: app, scopes: [.repository(app, .pull)])
        push = Authenticator.Access(repository: app, scopes: [.repository(app, .pullAndPush)])
        other = Authenticator.Access(repository: base, scopes: [.repository(base, .pull)])
    }

    private func authenticator(
        _ server: StubTokenServer,
        _ store: any CredentialStore = StubCredentials(),
        clock: any Clock<Duration> = ContinuousClock()
    ) throws -> Authenticator {
        let policy = OutboundPolicy(origin: base.origin)
        return Authenticator(
            host: try RegistryHost("registry.example"),
            store: store,
            admitRealm: { realm, base, carries throws(OutboundRefusal) in
                try policy.admitRealm(realm, answeredBy: base, carriesCredential: carries)
            },
            fetch: server.answer,
            watch: Stopwatch(clock)
        )
    }

    private func bearer(_ realm: String = "https://registry.example/token", service: String = "s") -> [Challenge] {
        [Challenge(scheme: "bearer", parameters: ["realm": realm, "service": service])]
    }

    /// One that has met its first 401.
    private func learned(
        _ server: StubTokenServer,
        _ store: StubCredentials = StubCredentials(),
        clock: any Clock<Duration> = ContinuousClock()
    ) async throws -> Authenticator {
        let authenticator = try authenticator(server, store, clock: clock)
        #expect(try await authenticator.header(for: pull, isLong: false) { _ in } == nil)
        #expect(try await learn(authenticator, bearer(), rejected: nil))
        return authenticator
    }

    private func learn(_ authenticator: Authenticator, _ challenges: [Challenge], rejected: String?) async throws
        -> Bool
    {
        try await authenticator.learn(
            from: challenges,
            answeredBy: base,
            access: pull,
            rejected: rejected.map { Secret($0) }
        )
    }

    private func header(_ authenticator: Authenticator, _ access: Authenticator.Access, isLong: Bool = false)
        async throws -> String?
    {
        try await authenticator.header(for: access, isLong: isLong) { _ in }?.exposed
    }

    @Test func `fifty requests that want the same token fetch it once`() async throws {
        let server = StubTokenServer { number, _ in
            try await Task.sleep(for: .milliseconds(50))
            return .token("t\(number)")
        }
        let authenticator = try await learned(server)
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<50 { group.addTask { try await header(authenticator, pull) } }
            for try await text in group { #expect(text == "Bearer t1") }
        }
        #expect(server.requests.count == 1)
    }

    @Test func `requests that want different tokens do not wait for each other`() async throws {
        let gate = Shared(0)
        let server = StubTokenServer { number, _ in
            gate.change { $0 += 1 }
            // Answers only when both are asked for.
            try await waitUntil { gate.value == 2 }
            return .token("t\(number)")
        }
        let authenticator = try await learned(server)
        async let first = header(authenticator, pull)
        async let second = header(authenticator, other)
        #expect(try await Set([first, second]) == ["Bearer t1", "Bearer t2"])
    }

    @Test func `tokens are kept apart by scopes, credential, service and realm`() async throws {
        let server = StubTokenServer { number, _ in .token("t\(number)") }
        let store = StubCredentials()
        let authenticator = try await learned(server, store)
        #expect(try await header(authenticator, pull) == "Bearer t1")
        #expect(try await header(authenticator, other) == "Bearer t2")
        #expect(try await header(authenticator, pull) == "Bearer t1")
        // Credentials are looked up anew after a refusal, and not with each request.
        store.change(to: password)
        #expect(try await header(authenticator, pull) == "Bearer t1")
        #expect(try await learn(authenticator, bearer(), rejected: "Bearer of somebody else"))
        #expect(try await header(authenticator, pull) == "Bearer t3")
        store.change(to: Credential(.password(username: "ann", Secret("new")), origin: "a test"))
        #expect(try await learn(authenticator, bearer(), rejected: "Bearer of somebody else"))
        #expect(try await header(authenticator, pull) == "Bearer t4")
        store.change(to: nil)
        #expect(try await learn(authenticator, bearer(), rejected: "Bearer of somebody else"))
        #expect(try await header(authenticator, pull) == "Bearer t1")
        #expect(try await learn(authenticator, bearer(service: "s2"), rejected: nil))
        #expect(try await header(authenticator, pull) == "Bearer t5")
        #expect(try await learn(authenticator, bearer("https://registry.example/token2"), rejected: nil))
        #expect(try await header(authenticator, pull) == "Bearer t6")
        #expect(try await learn(authenticator, bearer(), rejected: nil))
        #expect(try await header(authenticator, pull) == "Bearer t1")
        #expect(server.requests.count == 6)
    }

    @Test func `each repository is asked for with its own credential`() async throws {
        let server = StubTokenServer { _, request in .token(request.authorization == nil ? "nobody" : "ann") }
        let authenticator = try await learned(
            server,
            StubCredentials(nil, by: [try RepositoryName("team/app"): password])
        )
        #expect(try await header(authenticator, other) == "Bearer nobody")
        #expect(try await header(authenticator, pull) == "Bearer ann")
    }

    @Test func `a token that allows more is used for what asks for less, not the other way round`() async throws {
        let server = StubTokenServer { number, _ in .token("t\(number)") }
        let authenticator = try await learned(server)
        #expect(try await header(authenticator, pull) == "Bearer t1")
        #expect(try await header(authenticator, push) == "Bearer t2")
        var mount = push
        mount.scopes.formUnion(other.scopes)
        #expect(try await header(authenticator, mount) == "Bearer t3")
        #expect(try await header(authenticator, other) == "Bearer t3")
        #expect(server.requests.count == 3)

        let wide = StubTokenServer { number, _ in .token("w\(number)") }
        let second = try await learned(wide)
        for access in [mount, push, pull, other] { #expect(try await header(second, access) == "Bearer w1") }
    }

    @Test func `F17 a token is renewed at three quarters of its life, and at half of it for something long`()
        async throws
    {
        let server = StubTokenServer { number, _ in .token("t\(number)", life: 20) }
        let clock = ManualClock()
        let authenticator = try await learned(server, clock: clock)
        #expect(try await header(authenticator, pull) == "Bearer t1")
        #expect(try await header(authenticator, pull, isLong: true) == "Bearer t1")
        clock.advance(by: .milliseconds(9999))
        #expect(try await header(authenticator, pull, isLong: true) == "Bearer t1")
        clock.advance(by: .milliseconds(1))
        #expect(try await header(authenticator, pull) == "Bearer t1")
        #expect(try await header(authenticator, pull, isLong: true) == "Bearer t2")
        #expect(try await header(authenticator, pull) == "Bearer t2")
        clock.advance(by: .milliseconds(14_999))
        #expect(try await header(authenticator, pull) == "Bearer t2")
        clock.advance(by: .milliseconds(1))
        #expect(try await header(authenticator, pull) == "Bearer t3")
        #expect(server.requests.count == 3)
    }

    @Test func `a credential for twelve hours is renewed once before it ends, however many requests wait`() async throws
    {
        let clock = ManualClock()
        let looks = Shared(0)
        let store = ClosureStore {
            let number = looks.change { count in
                count += 1
                return count
            }
            // Long enough that all the others come meanwhile.
            try await Task.sleep(for: .milliseconds(50))
            return Credential(
                .password(username: "AWS", Secret("\(number)")),
                origin: "a test",
                life: .seconds(12 * 3600)
            )
        }
        let authenticator = try authenticator(StubTokenServer { _, _ in throw Broken() }, store, clock: clock)
        #expect(try await learn(authenticator, [Challenge(scheme: "basic", parameters: [:])], rejected: nil))
        func askAll() async throws -> Set<String?> {
            try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<50 { group.addTask { try await header(authenticator, pull) } }
                return try await group.reduce(into: []) { $0.insert($1) }
            }
        }
        func basic(_ number: Int) -> String { Secret.basic("AWS", Secret("\(number)")).exposed }
        #expect(try await askAll() == [basic(1)])
        clock.advance(by: .seconds(9 * 3600 - 1))
        #expect(try await askAll() == [basic(1)])
        #expect(looks.value == 1)
        clock.advance(by: .seconds(1))
        _ = try await askAll()
        #expect(try await askAll() == [basic(2)])
        #expect(looks.value == 2)
        // Nobody asked for so long that it has ended.
        clock.advance(by: .seconds(12 * 3600))
        #expect(try await askAll() == [basic(3)])
        #expect(looks.value == 3)
    }

    @Test func `a token that lives no time at all is used once, and nobody waits for ever`() async throws {
        let server = StubTokenServer { number, _ in .token("t\(number)", life: 1e-9) }
        let authenticator = try await learned(server)
        let texts = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<10 { group.addTask { try await header(authenticator, pull) } }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(texts.count == 10)
        #expect(server.requests.count == 10)
    }

    @Test func `F17 a token that was refused is thrown away, and the refusal of an older one is not counted`()
        async throws
    {
        let server = StubTokenServer { number, _ in .token("t\(number)") }
        let authenticator = try await learned(server)
        #expect(try await header(authenticator, pull) == "Bearer t1")
        #expect(try await learn(authenticator, bearer(), rejected: "Bearer t1"))
        #expect(try await header(authenticator, pull) == "Bearer t2")
        // The refusals of other requests that were sent with the old one come late.
        for _ in 0..<10 { #expect(try await learn(authenticator, bearer(), rejected: "Bearer t1")) }
        #expect(try await header(authenticator, pull) == "Bearer t2")
        // A wider token that was refused serves nobody either.
        #expect(try await header(authenticator, push) == "Bearer t3")
        #expect(try await learn(authenticator, bearer(), rejected: "Bearer t2"))
        #expect(try await header(authenticator, pull) == "Bearer t3")
        #expect(try await learn(authenticator, bearer(), rejected: "Bearer t3"))
        #expect(try await header(authenticator, pull) == "Bearer t4")
    }

    @Test(arguments: [404, 405])
    func `a server that knows no GET is asked by POST`(_ status: Int) async throws {
        let server = StubTokenServer { number, request in
            request.form == nil ? .refusal(status) : .token("t\(number)")
        }
        let authenticator = try await learned(server, StubCredentials(password))
        #expect(try await header(authenticator, pull) == "Bearer t2")
        #expect(server.methods == ["GET", "POST"])
    }

    @Test(arguments: [400, 401, 404, 405])
    func `a server that takes no identity token by POST is asked by GET`(_ status: Int) async throws {
        let server = StubTokenServer { number, request in
            request.form != nil ? .refusal(status) : .token("t\(number)")
        }
        let authenticator = try await learned(server, StubCredentials(.identityToken(Secret("id"))))
        #expect(try await header(authenticator, pull) == "Bearer t2")
        #expect(server.methods == ["POST", "GET"])
    }

    @Test(arguments: [301, 307, 400, 401, 403, 418, 429, 500, 503])
    func `any other refusal is an error that names the server, and nothing more is tried`(_ status: Int) async throws {
        let server = StubTokenServer { _, _ in .refusal(status, retryAfter: .seconds(7)) }
        let authenticator = try await learned(server, StubCredentials(password))
        let failure = try await #require(throws: Transport.Failure.self) { try await header(authenticator, pull) }
        guard case .tokenServer("https://registry.example", status, let errors) = failure.cause else {
            Issue.record("\(failure)")
            return
        }
        #expect(errors.map(\.code) == ["DENIED"])
        #expect(failure.retryAfter == .seconds(7))
        #expect(server.methods == ["GET"])
    }

    @Test func `the last refusal counts where both methods were refused`() async throws {
        let server = StubTokenServer { number, _ in .refusal(number == 1 ? 405 : 401) }
        let authenticator = try await learned(server, StubCredentials(password))
        let failure = try await #require(throws: Transport.Failure.self) { try await header(authenticator, pull) }
        guard case .tokenServer(_, 401, _) = failure.cause else {
            Issue.record("\(failure)")
            return
        }
        #expect(server.methods == ["GET", "POST"])
    }

    @Test func `an answer without a token is an error, and is not kept`() async throws {
        let server = StubTokenServer { number, _ in
            number == 1 ? .init(status: 200, body: Array("<html>".utf8), retryAfter: nil) : .token("t\(number)")
        }
        let authenticator = try await learned(server)
        let failure = try await #require(throws: Transport.Failure.self) { try await header(authenticator, pull) }
        guard case .answer(let text) = failure.cause else {
            Issue.record("\(failure)")
            return
        }
        #expect(text.contains("https://registry.example"))
        #expect(try await header(authenticator, pull) == "Bearer t2")
    }

    @Test func `the failure of one request that fetches is not the failure of those that wait for it`() async throws {
        let server = StubTokenServer { number, _ in
            try await Task.sleep(for: .milliseconds(30))
            if number == 1 { throw Broken() }
            return .token("t\(number)")
        }
        let authenticator = try await learned(server)
        let results = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<20 { group.addTask { try? await header(authenticator, pull) } }
            return await group.reduce(into: [String?]()) { $0.append($1) }
        }
        #expect(results.count { $0 == nil } == 1)
        #expect(results.count { $0 == "Bearer t2" } == 19)
        #expect(server.requests.count == 2)
    }

    @Test func `the cancellation of the request that fetches is not that of those that wait for it`() async throws {
        let server = StubTokenServer { number, _ in
            if number == 1 { try await Task.sleep(for: .seconds(30)) }
            return .token("t\(number)")
        }
        let authenticator = try await learned(server)
        let first = Task { try await header(authenticator, pull) }
        try await waitUntil { server.requests.count == 1 }
        let second = Task { try await header(authenticator, pull) }
        try await Task.sleep(for: .milliseconds(20))
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        #expect(try await second.value == "Bearer t2")
    }

    @Test func `a request that waits can be cancelled, and the others get their token`() async throws {
        let isOpen = Shared(false)
        let server = StubTokenServer { number, _ in
            try await waitUntil { isOpen.value }
            return .token("t\(number)")
        }
        let authenticator = try await learned(server)
        let first = Task { try await header(authenticator, pull) }
        try await waitUntil { server.requests.count == 1 }
        let second = Task { try await header(authenticator, pull) }
        let third = Task { try await header(authenticator, pull) }
        try await Task.sleep(for: .milliseconds(20))
        second.cancel()
        isOpen.change { $0 = true }
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(try await first.value == "Bearer t1")
        #expect(try await third.value == "Bearer t1")
    }

    @Test func `a password is shown by Basic, to a registry that asks for it and only then`() async throws {
        let server = StubTokenServer { _, _ in throw Broken() }
        let basic = [Challenge(scheme: "negotiate", parameters: [:]), Challenge(scheme: "basic", parameters: [:])]
        let authenticator = try authenticator(server, StubCredentials(password))
        #expect(try await header(authenticator, pull) == nil)
        #expect(try await learn(authenticator, basic, rejected: nil))
        #expect(try await header(authenticator, pull) == "Basic YW5uOnB3")
        #expect(try await !learn(authenticator, basic, rejected: "Basic YW5uOnB3"))
    }

    @Test func `Basic without a password shows nothing, and does not ask again`() async throws {
        let server = StubTokenServer { _, _ in throw Broken() }
        let basic = [Challenge(scheme: "basic", parameters: ["realm": "GitHub Package Registry"])]
        for store in [StubCredentials(), StubCredentials(.identityToken(Secret("id")))] {
            let authenticator = try authenticator(server, store)
            #expect(try await !learn(authenticator, basic, rejected: nil))
            #expect(try await header(authenticator, pull) == nil)
        }
    }

    @Test func `a registry token is shown as it is, and not a second time`() async throws {
        let server = StubTokenServer { _, _ in throw Broken() }
        let authenticator = try await learned(server, StubCredentials(.registryToken(Secret("as.it-is"))))
        #expect(try await header(authenticator, pull) == "Bearer as.it-is")
        #expect(try await header(authenticator, push, isLong: true) == "Bearer as.it-is")
        #expect(try await !learn(authenticator, bearer(), rejected: "Bearer as.it-is"))
        #expect(server.requests.isEmpty)
    }

    @Test func `Bearer is preferred, and is left aside where it names no realm`() async throws {
        let server = StubTokenServer { number, _ in .token("t\(number)") }
        let basic = Challenge(scheme: "basic", parameters: ["realm": "x"])
        let first = try authenticator(server, StubCredentials(password))
        #expect(try await learn(first, [basic] + bearer(), rejected: nil))
        #expect(try await header(first, pull) == "Bearer t1")
        let second = try authenticator(server, StubCredentials(password))
        #expect(try await learn(second, [Challenge(scheme: "bearer", parameters: [:]), basic], rejected: nil))
        #expect(try await header(second, pull) == "Basic YW5uOnB3")
    }

    @Test(arguments: [
        [], [Challenge(scheme: "negotiate", parameters: [:])], [Challenge(scheme: "bearer", parameters: [:])],
    ])
    func `a challenge that cannot be met changes nothing`(_ challenges: [Challenge]) async throws {
        let server = StubTokenServer { _, _ in throw Broken() }
        let authenticator = try authenticator(server, StubCredentials(password))
        #expect(try await !learn(authenticator, challenges, rejected: nil))
        #expect(try await header(authenticator, pull) == nil)
    }

    @Test func `S01 a realm that is refused is an error, and no token is asked for there`() async throws {
        let server = StubTokenServer { _, _ in throw Broken() }
        let authenticator = try authenticator(server, StubCredentials(password))
        let failure = try await #require(throws: Transport.Failure.self) {
            try await learn(authenticator, bearer("https://evil.test/token"), rejected: nil)
        }
        guard case .refused(let refusal) = failure.cause else {
            Issue.record("\(failure)")
            return
        }
        #expect(refusal.reason == .otherDomain)
        #expect(try await header(authenticator, pull) == nil)
        #expect(server.requests.isEmpty)
    }

    @Test func `S01 a realm that anonymous users may ask is not shown a credential that comes later`() async throws {
        let server = StubTokenServer { number, _ in .token("t\(number)") }
        let store = StubCredentials(nil, by: [try RepositoryName("team/base"): password])
        let authenticator = try authenticator(server, store)
        #expect(try await learn(authenticator, bearer("https://evil.test/token"), rejected: nil))
        #expect(try await header(authenticator, pull) == "Bearer t1")
        // Another repository has a credential, which the realm that was learned must not see.
        let failure = try await #require(throws: Transport.Failure.self) { try await header(authenticator, other) }
        guard case .refused(let refusal) = failure.cause else {
            Issue.record("\(failure)")
            return
        }
        #expect(refusal.reason == .otherDomain)
        #expect(server.requests.count == 1)
        #expect(server.requests.allSatisfy { $0.authorization == nil && $0.form == nil })
    }

    @Test func `the number of tokens that are kept is bounded`() async throws {
        let server = StubTokenServer { number, _ in .token("t\(number)") }
        let authenticator = try await learned(server)
        func fetches(_ number: Int) async throws -> Int {
            let before = server.requests.count
            let name = try RepositoryName("team/app\(number)")
            _ = try await header(authenticator, .init(repository: name, scopes: [.repository(name, .pull)]))
            return server.requests.count - before
        }
        for number in 0..<512 { #expect(try await fetches(number) == 1) }
        for number in 0..<512 { #expect(try await fetches(number) == 0) }
        // One more than are kept.
        #expect(try await fetches(512) == 1)
        #expect(try await fetches(512) == 0)
        #expect(try await fetches(0) == 1)
    }
}
