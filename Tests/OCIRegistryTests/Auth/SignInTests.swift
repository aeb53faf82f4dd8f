// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

/// Runs a client of the registry at an address, with what it is allowed to show, for as long as `body` runs.
@discardableResult
func withRegistry<Value: Sendable>(
    at host: String,
    access: RegistryAccess,
    limits: RegistryLimits = .patient,
    addresses: [String: String] = [:],
    _ body: (RemoteRegistry) async throws -> Value
) async throws -> Value {
    let registry = RemoteRegistry(
        host: try RegistryHost(host),
        scheme: .http,
        limits: limits,
        access: access,
        product: .oci,
        userAgent: "mirror/test",
        addresses: addresses
    )
    do {
        let value = try await body(registry)
        try await registry.shutdown()
        return value
    } catch {
        try await registry.shutdown()
        throw error
    }
}

extension RegistryAccess {
    /// Shows a user's password.
    static func password(_ username: String, _ password: String) -> RegistryAccess {
        RegistryAccess(credentials: StubCredentials(.password(username: username, Secret(password))))
    }
}

extension RegistryError {
    /// The token server that refused, and its status, if that is the cause.
    var tokenRefusal: (server: String, status: Int)? {
        if case .tokenServer(let server, let status, _) = cause { (server, status) } else { nil }
    }
    /// The token server that gave no answer, and why, if that is the cause.
    var tokenFailure: (server: String, failure: ConnectionFailure)? {
        if case .tokenServerConnection(let server, let failure) = cause { (server, failure) } else { nil }
    }
}

extension PeerRequest {
    /// Whether any of these texts is anywhere in the request, as it is or as it is written in a query or a form.
    func contains(anyOf secrets: [String]) -> Bool {
        let text = ([uri] + fields.map { "\($0.name): \($0.value)" } + [String(decoding: body, as: UTF8.self)])
            .joined(separator: "\n")
        return secrets.contains { text.contains($0) || text.contains($0.formEncoded) }
    }
}

extension RemoteRegistryTests {
    @Suite struct SignInTests {
        private static let secrets = ["c4nary", "YW5uOmM0bmFyeQ", "t0ken"]
        private let ann = RegistryAccess.password("ann", "c4nary")
        private let blob = BuiltBlob((0..<5000).map { UInt8($0 % 251) })

        /// A 401 that names a token server.
        private func challenge(_ realm: String, scope: String = "repository:team/app:pull") -> PeerReply {
            .error(
                401,
                "UNAUTHORIZED",
                headers: [("WWW-Authenticate", #"Bearer realm="\#(realm)",service="test",scope="\#(scope)""#)]
            )
        }

        /// A registry that is its own token server: it lets in whoever shows the token that was given last.
        private final class Guarded: Sendable {
            private let state = Shared((given: 0, valid: 0))
            /// How many tokens were given.
            var given: Int { state.value.given }

            /// Refuses all tokens that were given until now.
            func revoke() { state.change { $0.valid = $0.given + 1 } }

            func answer(
                _ request: PeerRequest,
                _ script: (PeerRequest) async -> PeerReply
            ) async -> PeerReply {
                let host = request.header("host") ?? ""
                if request.path == "/token" {
                    let number = state.change { state in
                        state.given += 1
                        return state.given
                    }
                    return .text(200, #"{"token":"t0ken\#(number)"}"#)
                }
                let shown = request.header("authorization")?.split(separator: "t0ken").last.flatMap { Int($0) }
                guard let shown, shown >= state.value.valid else {
                    return .error(
                        401,
                        "UNAUTHORIZED",
                        headers: [("WWW-Authenticate", #"Bearer realm="http://\#(host)/token",service="test""#)]
                    )
                }
                return await script(request)
            }
        }

        private let tags = PeerReply.text(200, #"{"name":"team/app","tags":["1"]}"#)

        @Test func `S01 a realm of another host gets no connection where there is a credential`() async throws {
            try await withScriptedPeer(address: "127.0.0.2") { _ in
                .text(200, #"{"token":"t0ken"}"#)
            } _: { evil in
                try await withScriptedPeer { _ in
                    challenge("http://\(evil.host)/token")
                } _: { peer in
                    try await withRegistry(at: peer.host, access: ann) { registry in
                        let error = try await #require(throws: RegistryError.self) {
                            try await registry.app().tags().all()
                        }
                        #expect(error.refusal?.reason == .otherDomain)
                        #expect(error.refusal?.purpose == .token)
                        #expect(!error.isTransient)
                        #expect(!Self.secrets.contains { "\(error)".contains($0) })
                        await #expect(throws: RegistryError.self) {
                            try await registry.app().write(BlobContent(blob), heldBy: nil)
                        }
                    }
                    #expect(peer.requests.map(\.method) == ["GET", "POST"])
                    #expect(!peer.requests.contains { $0.contains(anyOf: Self.secrets) })
                }
                #expect(evil.connections == 0)
            }
        }

        @Test func `S01 a realm of another host is asked by anonymous users, and by others if the user allowed it`()
            async throws
        {
            try await withScriptedPeer(address: "127.0.0.2") { _ in
                .text(200, #"{"token":"t0ken"}"#)
            } _: { server in
                let allowed = RegistryAccess(
                    credentials: ann.credentials,
                    tokenServers: [try RegistryHost(server.host)]
                )
                for (access, isShown) in [(RegistryAccess(), false), (allowed, true)] {
                    try await withScriptedPeer { request in
                        request.header("authorization") == "Bearer t0ken"
                            ? tags : challenge("http://\(server.host)/token")
                    } _: { peer in
                        try await withRegistry(at: peer.host, access: access) { registry in
                            let list = try await registry.app().tags().all()
                            #expect(list.map(\.tag.text) == ["1"])
                        }
                        // The password goes to the token server and not to the registry.
                        #expect(!peer.requests.contains { $0.contains(anyOf: ["c4nary", "YW5uOmM0bmFyeQ"]) })
                    }
                    #expect((server.requests.last?.header("authorization") != nil) == isShown)
                }
                #expect(server.requests.count == 2)
            }
        }

        @Test(arguments: [
            "http://169.254.169.254/token", "http://[::ffff:169.254.169.254]/", "http://0x7f000001/",
            "http://10.0.0.1/",
            "http://0.0.0.0:1/", "file:///etc/passwd",
        ])
        func `S02 a realm in another part of the address space is refused, with a credential or without`(
            _ realm: String
        ) async throws {
            for access in [ann, RegistryAccess()] {
                try await withScriptedPeer { _ in
                    challenge(realm)
                } _: { peer in
                    try await withRegistry(at: peer.host, access: access) { registry in
                        let error = try await #require(throws: RegistryError.self) {
                            try await registry.app().tags().all()
                        }
                        #expect(error.refusal?.purpose == .token)
                        #expect(!error.isTransient)
                    }
                    #expect(peer.requests.count == 1)
                }
            }
        }

        @Test func `S05 a redirect to another origin shows neither token nor password, and does not sign in there`()
            async throws
        {
            let blob = blob
            try await withScriptedPeer(address: "127.0.0.2") { request in
                request.path == "/ask"
                    ? challenge("http://\(request.header("host") ?? "")/token") : PeerReply(body: .bytes(blob.bytes))
            } _: { other in
                for basic in [false, true] {
                    let guarded = Guarded()
                    let path = Shared("/x?sig=1")
                    try await withScriptedPeer { request in
                        let redirect = PeerReply(307, headers: [("Location", "http://\(other.host)\(path.value)")])
                        guard basic else { return await guarded.answer(request) { _ in redirect } }
                        guard request.header("authorization") == "Basic YW5uOmM0bmFyeQ==" else {
                            return .error(401, "UNAUTHORIZED", headers: [("WWW-Authenticate", #"Basic realm="x""#)])
                        }
                        return redirect
                    } _: { peer in
                        try await withRegistry(at: peer.host, access: ann) { registry in
                            let app = try registry.app()
                            #expect(try await app.blob(blob.descriptor, from: 0).collected() == blob.bytes)
                            #expect(try await app.blob(blob.descriptor, from: 0).collected() == blob.bytes)
                            path.change { $0 = "/ask" }
                            let error = try await #require(throws: RegistryError.self) {
                                try await app.blob(blob.descriptor, from: 0)
                            }
                            #expect(error.status == 401)
                        }
                    }
                }
                #expect(other.requests.map(\.path) == ["/x", "/x", "/ask", "/x", "/x", "/ask"])
                #expect(other.requests.allSatisfy { $0.header("authorization") == nil && $0.header("cookie") == nil })
                #expect(!other.requests.contains { $0.contains(anyOf: Self.secrets) })
            }
        }

        @Test func `S07 an upload to a host that the user allowed shows no token there`() async throws {
            let blob = blob
            try await withScriptedPeer(address: "127.0.0.2") { _ in
                PeerReply(201)
            } _: { other in
                let guarded = Guarded()
                try await withScriptedPeer { request in
                    await guarded.answer(request) { _ in
                        PeerReply(202, headers: [("Location", "http://\(other.host)/u/1?sig=x")])
                    }
                } _: { peer in
                    let access = RegistryAccess(
                        credentials: ann.credentials,
                        uploadHosts: [try RegistryHost(other.host)]
                    )
                    try await withRegistry(at: peer.host, access: access) { registry in
                        let arrival = try await registry.app().write(BlobContent(blob), heldBy: nil)
                        #expect(arrival == .copied)
                    }
                }
                #expect(other.requests.map(\.method) == ["PUT"])
                #expect(other.requests.first?.body == blob.bytes)
                #expect(!other.requests.contains { $0.contains(anyOf: Self.secrets) })
            }
        }

        @Test func `F17 a 401 in the middle is answered by one new token and one repetition`() async throws {
            let guarded = Guarded()
            try await withRegistry { request in
                await guarded.answer(request) { _ in tags }
            } _: { registry, peer in
                let app = try registry.app()
                for _ in 0..<3 { _ = try await app.tags().all() }
                #expect(guarded.given == 1)
                #expect(peer.requests.count == 5)
                guarded.revoke()
                for _ in 0..<3 { _ = try await app.tags().all() }
                #expect(guarded.given == 2)
                #expect(peer.requests.count == 10)
                let paths = Array(peer.requests.map(\.path)[5..<8])
                #expect(paths == ["/v2/team/app/tags/list", "/token", "/v2/team/app/tags/list"])
            }
        }

        @Test func `F17 many requests that meet the end of a token at once buy one new token`() async throws {
            let guarded = Guarded()
            try await withRegistry(limits: RegistryLimits(requests: 16)) { request in
                await guarded.answer(request) { _ in tags }
            } _: { registry, _ in
                let app = try registry.app()
                _ = try await app.tags().all()
                guarded.revoke()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<50 { group.addTask { _ = try await app.tags().all() } }
                    try await group.waitForAll()
                }
                #expect(guarded.given == 2)
            }
        }

        @Test func `F18 a registry that refuses every token is asked twice, and gives its error`() async throws {
            let given = Shared(0)
            try await withRegistry { request in
                let host = request.header("host") ?? ""
                guard request.path != "/token" else {
                    return .text(200, #"{"token":"t\#(given.change { $0 += 1; return $0 })"}"#)
                }
                return challenge("http://\(host)/token")
            } _: { registry, peer in
                let error = try await #require(throws: RegistryError.self) { try await registry.app().tags().all() }
                #expect(error.status == 401)
                #expect(error.codes == ["UNAUTHORIZED"])
                #expect(!error.isTransient)
                #expect(peer.requests.count { $0.path != "/token" } == 2)
                #expect(given.value == 1)
                // With a token from the beginning, it is again two requests and one new token.
                await #expect(throws: RegistryError.self) { try await registry.app().resolve(.tag(.latest)) }
                #expect(peer.requests.count { $0.path != "/token" } == 4)
                #expect(given.value <= 3)
            }
        }

        @Test func `F18 a 403 after the sign-in is final`() async throws {
            let guarded = Guarded()
            try await withRegistry { request in
                await guarded.answer(request) { _ in .error(403, "DENIED") }
            } _: { registry, peer in
                let error = try await #require(throws: RegistryError.self) { try await registry.app().tags().all() }
                #expect(error.status == 403)
                #expect(!error.isTransient)
                #expect(peer.requests.count == 3)
            }
        }

        @Test func `F18 a wrong password is shown once`() async throws {
            try await withScriptedPeer { _ in
                .error(401, "UNAUTHORIZED", headers: [("WWW-Authenticate", #"Basic realm="x""#)])
            } _: { peer in
                try await withRegistry(at: peer.host, access: ann) { registry in
                    let error = try await #require(throws: RegistryError.self) { try await registry.app().tags().all() }
                    #expect(error.status == 401)
                    #expect(!error.isTransient)
                }
                let headers = peer.requests.map { $0.header("authorization") }
                #expect(headers == [nil, "Basic YW5uOmM0bmFyeQ=="])
            }
        }

        @Test func `F17 a blob whose token ends meanwhile is sent in a new upload with a new token`() async throws {
            let guarded = Guarded()
            let blob = blob
            let puts = Shared(0)
            try await withRegistry { request in
                if request.method == "PUT",
                    puts.change({
                        $0 += 1; return $0
                    }) == 1
                {
                    guarded.revoke()
                }
                return await guarded.answer(request) { .uploads($0) }
            } _: { registry, peer in
                let app = try registry.app()
                let sink = RetryingSink(app, policy: .quick)
                #expect(try await sink.write(BlobContent(blob), heldBy: nil) == .copied)
                let requests = peer.requests.filter { $0.path != "/token" }
                // The second POST is sent with the new token at once: the PUT has told of the end of the old one.
                #expect(requests.map(\.method) == ["POST", "POST", "PUT", "POST", "PUT"])
                #expect(requests.last?.body == blob.bytes)
                #expect(guarded.given == 2)
            }
        }

        @Test func `F18 an upload that is answered 401 each time is begun twice`() async throws {
            let guarded = Guarded()
            let blob = blob
            try await withRegistry { request in
                if request.method == "PUT" { guarded.revoke() }
                return await guarded.answer(request) { .uploads($0) }
            } _: { registry, peer in
                let sink = RetryingSink(try registry.app(), policy: .quick)
                let error = try await #require(throws: RegistryError.self) {
                    try await sink.write(BlobContent(blob), heldBy: nil)
                }
                #expect(error.status == 401)
                #expect(peer.requests.count { $0.method == "PUT" } == 2)
            }
        }

        @Test func `a manifest that is answered 401 is sent again with a new token`() async throws {
            let guarded = Guarded()
            let manifest = try ImageBuilder.manifest(config: blob.descriptor, layers: [])
            try await withRegistry { request in
                await guarded.answer(request) { _ in PeerReply(201) }
            } _: { registry, peer in
                try await registry.app().write(manifest)
                guarded.revoke()
                try await registry.app().publish(manifest, as: .latest)
                let puts = peer.requests.filter { $0.method == "PUT" }
                #expect(puts.count == 4)
                #expect(puts.allSatisfy { $0.body == manifest.bytes })
            }
        }

        @Test func `S12 a token server that streams without end is given up at one mebibyte`() async throws {
            let sent = Shared(Int64(0))
            try await withRegistry { request in
                guard request.path == "/token" else { return challenge("/token") }
                return PeerReply(
                    body: .stream(
                        .repeating(0x20, count: 1 << 30, bufferSize: 64 << 10)
                            .counted { count in
                                sent.change { $0 += count }
                            }
                    ),
                    framing: .chunked
                )
            } _: { registry, peer in
                let error = try await #require(throws: RegistryError.self) { try await registry.app().tags().all() }
                #expect(error.complaint?.contains("token server http://\(peer.host)") == true)
                // What lies in the buffers of both sockets comes on top.
                #expect(sent.value < 64 << 20)
            }
        }

        @Test func `S12 a token server that trickles is given up in the time that anything may take`() async throws {
            try await withRegistry(limits: .impatient) { request in
                guard request.path == "/token" else { return challenge("/token") }
                return PeerReply(
                    body: .stream(.repeating(0x20, count: 10_000, bufferSize: 1).paced(by: .milliseconds(20))),
                    framing: .chunked
                )
            } _: { registry, peer in
                let start = ContinuousClock.now
                let error = try await #require(throws: RegistryError.self) { try await registry.app().tags().all() }
                #expect(start.duration(to: .now) < .seconds(5))
                #expect(error.tokenFailure?.server == "http://\(peer.host)")
                #expect(error.tokenFailure?.failure == .stalled(after: .milliseconds(300)))
                #expect(error.isTransient)
            }
        }

        @Test(arguments: [301, 302, 303, 307, 308])
        func `S01 a redirect of a token server is not followed, not even to itself`(_ status: Int) async throws {
            try await withScriptedPeer(address: "127.0.0.2") { _ in
                .text(200, #"{"token":"t0ken"}"#)
            } _: { other in
                for location in ["http://\(other.host)/token", "/elsewhere"] {
                    try await withScriptedPeer { request in
                        switch request.path {
                        case "/token": PeerReply(status, headers: [("Location", location)])
                        case "/elsewhere": .text(200, #"{"token":"t0ken"}"#)
                        default: challenge("/token")
                        }
                    } _: { peer in
                        try await withRegistry(at: peer.host, access: ann) { registry in
                            let error = try await #require(throws: RegistryError.self) {
                                try await registry.app().tags().all()
                            }
                            #expect(error.tokenRefusal?.status == status)
                            #expect(!error.isTransient)
                        }
                        #expect(peer.requests.map(\.path) == ["/v2/team/app/tags/list", "/token"])
                    }
                }
                #expect(other.connections == 0)
            }
        }

        @Test func `F15 a token server that is asked too much says for how long to leave it alone`() async throws {
            try await withRegistry { request in
                guard request.path == "/token" else { return challenge("/token") }
                return .error(429, "TOOMANYREQUESTS", headers: [("Retry-After", "17")])
            } _: { registry, peer in
                let error = try await #require(throws: RegistryError.self) { try await registry.app().tags().all() }
                #expect(error.tokenRefusal?.status == 429)
                #expect(error.tokenRefusal?.server == "http://\(peer.host)")
                #expect(error.retryAfter == .seconds(17))
                #expect(error.isTransient)
            }
        }

        @Test func `a token server that is down is named`() async throws {
            let gone = try await ScriptedPeer.start(address: "127.0.0.2") { _ in PeerReply(200) }
            await gone.stop()
            try await withRegistry { _ in
                challenge("http://\(gone.host)/token")
            } _: { registry, _ in
                let error = try await #require(throws: RegistryError.self) { try await registry.app().tags().all() }
                #expect(error.tokenFailure?.server == "http://\(gone.host)")
                #expect(error.tokenFailure?.failure == .refused)
                #expect(error.isTransient)
            }
        }

        @Test(arguments: [401, 403, 500])
        func `a refusal of the token server is told, and only what can get better is tried again`(
            _ status: Int
        ) async throws {
            let blob = blob
            let asked = Shared(0)
            try await withRegistry { request in
                guard request.path == "/token" else { return challenge("/token") }
                asked.change { $0 += 1 }
                return .error(status, "DENIED")
            } _: { registry, peer in
                let sink = RetryingSink(try registry.app(), policy: .quick)
                let error = try await #require(throws: RegistryError.self) {
                    try await sink.write(BlobContent(blob), heldBy: nil)
                }
                #expect(error.tokenRefusal?.status == status)
                #expect(error.isTransient == (status == 500))
                #expect(asked.value == (status == 500 ? 5 : 1))
                #expect(!peer.requests.contains { $0.method == "PUT" })
            }
        }

        @Test func `a 401 without a challenge has it asked for at the root, once`() async throws {
            try await withScriptedPeer { request in
                switch request.path {
                case "/token": .text(200, #"{"token":"t0ken"}"#)
                case "/v2/": challenge("/token")
                default: request.header("authorization") == nil ? .error(401, "UNAUTHORIZED") : tags
                }
            } _: { peer in
                try await withRegistry(at: peer.host, access: ann) { registry in
                    for _ in 0..<3 { _ = try await registry.app().tags().all() }
                }
                let list = "/v2/team/app/tags/list"
                #expect(peer.requests.map(\.path) == [list, "/v2/", "/token", list, list, list])
                #expect(peer.requests[1].header("authorization") == nil)
            }
        }

        @Test func `a registry that says nothing of how to sign in gives its 401`() async throws {
            try await withScriptedPeer { _ in
                .error(401, "UNAUTHORIZED")
            } _: { peer in
                try await withRegistry(at: peer.host, access: ann) { registry in
                    let error = try await #require(throws: RegistryError.self) { try await registry.app().tags().all() }
                    #expect(error.status == 401)
                }
                #expect(peer.requests.map(\.path) == ["/v2/team/app/tags/list", "/v2/"])
                #expect(!peer.requests.contains { $0.contains(anyOf: Self.secrets) })
            }
        }

        @Test func `S11 challenges in one header and in several are understood, and hostile ones do no harm`()
            async throws
        {
            for headers in [
                ["Negotiate", #"Basic realm="a, b", Bearer realm="/token", service="test""#],
                [#"Negotiate, Bearer realm="/token",service="test""#, "Basic realm=x"],
                [#"Bearer realm=/token,service=test"#],
                [#"Bearer error="\"x, Basic"#, #"Bearer service="test",realm="/token",realm="http://127.0.0.2/""#],
            ] {
                try await withScriptedPeer { request in
                    if request.path == "/token" { return .text(200, #"{"access_token":"t0ken"}"#) }
                    guard request.header("authorization") != "Bearer t0ken" else { return tags }
                    return .error(401, "X", headers: headers.map { (name: "Www-Authenticate", value: $0) })
                } _: { peer in
                    try await withRegistry(at: peer.host, access: ann) { registry in
                        let list = try await registry.app().tags().all()
                        #expect(list.count == 1)
                    }
                    #expect(peer.requests.map(\.path).filter { $0 == "/token" }.count == 1)
                }
            }
        }

        @Test func `S11 a challenge of a mebibyte ends the request and not the program`() async throws {
            let realm = "/" + String(repeating: "a", count: 1 << 20)
            try await withScriptedPeer { _ in
                challenge(realm)
            } _: { peer in
                try await withRegistry(at: peer.host, access: ann) { registry in
                    await #expect(throws: RegistryError.self) { try await registry.app().tags().all() }
                }
                #expect(!peer.requests.contains { $0.contains(anyOf: Self.secrets) })
            }
        }

        @Test func `each operation asks for the rights that it needs`() async throws {
            let blob = blob
            let manifest = try ImageBuilder.manifest(config: blob.descriptor, layers: [])
            let sibling = try RepositoryName("team/base")
            func scopes(
                as side: Side = .destination,
                _ body: @Sendable (RemoteEndpoint, RemoteRepository) async throws -> Void
            ) async throws -> [[String]] {
                let guarded = Guarded()
                return try await withRegistry { request in
                    await guarded.answer(request) { request in
                        switch request.method {
                        case "GET" where request.path == "/v2/_catalog": .text(200, #"{"repositories":[]}"#)
                        case "GET" where request.path.hasSuffix("tags/list"): tags
                        case "GET", "HEAD": .error(404, "NOT_FOUND")
                        case "POST" where request.query("from") != nil: PeerReply(201)
                        case "POST": .session
                        default: PeerReply(201)
                        }
                    }
                } _: { registry, peer in
                    let endpoint = registry.endpoint(as: side)
                    try await body(endpoint, endpoint[RepositoryName("team/app")])
                    return peer.requests.filter { $0.path == "/token" }.map { TokenRequest($0).scopeTexts }
                }
            }
            let pull = "repository:team/app:pull"
            let push = "repository:team/app:pull,push"
            let catalog = try await scopes { endpoint, _ in _ = try await endpoint.catalog().all() }
            #expect(catalog == [["registry:catalog:*"]])
            let reads = try await scopes(as: .source) { _, app in
                _ = try await app.tags().all()
                _ = try await app.resolve(.tag(.latest))
                _ = try await app.document(at: .tag(.latest))
                _ = try await app.contains(blob.descriptor)
                _ = try? await app.blob(blob.descriptor, from: 0)
            }
            #expect(reads == [[pull]])
            let list = try await scopes { _, app in _ = try await app.tags().all() }
            #expect(list == [[push]])
            let writes = try await scopes { _, app in
                _ = try await app.resolve(.tag(.latest))
                _ = try await app.write(BlobContent(blob), heldBy: nil)
                try await app.publish(manifest, as: .latest)
            }
            #expect(writes == [[push]])
            let mount = try await scopes { _, app in _ = try await app.write(BlobContent(blob), heldBy: sibling) }
            #expect(mount == [[push, "repository:team/base:pull"]])
        }

        @Test func `a registry that wants no login costs no request more, with a credential or without`() async throws {
            for access in [ann, RegistryAccess()] {
                try await withScriptedPeer { request in
                    request.path == "/v2/_catalog" ? .text(200, #"{"repositories":["team/app"]}"#) : tags
                } _: { peer in
                    try await withRegistry(at: peer.host, access: access) { registry in
                        _ = try await registry.endpoint().catalog().all()
                        _ = try await registry.app().tags().all()
                    }
                    #expect(peer.requests.map(\.path) == ["/v2/_catalog", "/v2/team/app/tags/list"])
                    #expect(!peer.requests.contains { $0.contains(anyOf: Self.secrets) })
                }
            }
        }

        @Test func `K02 what watchers are told of a sign-in holds no secret`() async throws {
            let seen = Shared<[String]>([])
            let identity = RegistryAccess(credentials: StubCredentials(.identityToken(Secret("c4nary"))))
            for access in [ann, identity] {
                let guarded = Guarded()
                try await withScriptedPeer { request in
                    guard request.method != "POST" || request.path != "/token" else { return .error(404, "X") }
                    return await guarded.answer(request) { _ in tags }
                } _: { peer in
                    try await withRegistry(at: peer.host, access: access) { registry in
                        let endpoint = registry.endpoint { record in seen.change { $0.append("\(record)") } }
                        _ = try await endpoint[RepositoryName("team/app")].tags().all()
                    }
                    #expect(
                        peer.requests.contains { $0.contains(anyOf: ["c4nary"]) || $0.header("authorization") != nil }
                    )
                }
            }
            #expect(seen.value.contains { $0.contains("/token") })
            for text in seen.value {
                #expect(!(Self.secrets + ["account=ann", "PHRva2Vu"]).contains { text.contains($0) }, "\(text)")
            }
        }
    }
}

extension ByteStream {
    /// The same stream, each of whose steps is counted.
    fileprivate func counted(_ count: @escaping @Sendable (Int64) -> Void) -> ByteStream {
        ByteStream(range: range) {
            var iterator = makeAsyncIterator()
            return {
                let buffer = try await iterator.next()
                count(Int64(buffer?.readableBytes ?? 0))
                return buffer
            }
        }
    }

    /// The same stream with a pause before each step.
    fileprivate func paced(by pause: Duration) -> ByteStream {
        ByteStream(range: range) {
            var iterator = makeAsyncIterator()
            return {
                try await Task.sleep(for: pause)
                return try await iterator.next()
            }
        }
    }
}
