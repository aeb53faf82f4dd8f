// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Replication
import Synchronization
import Testing

/// One credential for everything.
private struct Keyring: CredentialStore {
    let credential: Credential

    func credential(for host: RegistryHost, repository: RepositoryName?) async throws -> Credential? { credential }
}

extension RegistryAccess {
    fileprivate init(_ kind: Credential.Kind) {
        self.init(credentials: Keyring(credential: Credential(kind, origin: "a test")))
    }

    fileprivate static func password(_ username: String, _ password: String) -> RegistryAccess {
        RegistryAccess(.password(username: username, Secret(password)))
    }
}

extension EndToEnd {
    /// Copies between real registries that do not let everybody in.
    @Suite(.serialized)
    struct SignInTests {
        private let ann = RegistryAccess.password("ann", "a b:ü")
        private let policy = RetryPolicy(firstPause: .milliseconds(1), longestPause: .milliseconds(20))

        /// What became of a run.
        private struct Outcome {
            var published = 0
            var failures: [any Error] = []
        }

        /// Lends a client of a registry.
        private func withRemote<Value: Sendable>(
            _ registry: DockerRegistry,
            _ access: RegistryAccess = RegistryAccess(),
            limits: RegistryLimits = RegistryLimits(),
            _ body: (RemoteRegistry) async throws -> Value
        ) async throws -> Value {
            let remote = RemoteRegistry(
                host: try RegistryHost(registry.host),
                scheme: .http,
                limits: limits,
                access: access
            )
            do {
                let value = try await body(remote)
                try await remote.shutdown()
                return value
            } catch {
                try? await remote.shutdown()
                throw error
            }
        }

        /// Copies all of a place to a registry.
        private func copy(
            _ source: any SourceEndpoint,
            to destination: any SinkEndpoint,
            limits: RunLimits = RunLimits()
        ) async throws -> Outcome {
            let outcome = Mutex(Outcome())
            let address = try Address("registry.example/")
            let job = Job(
                source: source,
                destination: destination,
                selection: .catalog(.registry),
                mapping: try NameMapping(from: address, to: address)
            )
            try await Replicator(job: job, limits: limits) { event in
                switch event {
                case .published: outcome.withLock { $0.published += 1 }
                case .failed(_, _, let error), .routeFailed(_, let error):
                    outcome.withLock { $0.failures.append(error) }
                default: break
                }
            }
            .run()
            return outcome.withLock { $0 }
        }

        /// Writes a workload into a registry, as somebody who may.
        private func fill(
            _ registry: DockerRegistry,
            _ access: RegistryAccess,
            with workload: Workload? = nil
        ) async throws -> Int {
            let source = try await GeneratedEndpoint(workload ?? .small())
            let outcome = try await withRemote(registry, access) { remote in
                try await copy(source, to: RetryingEndpoint(remote.endpoint(), policy: policy))
            }
            for error in outcome.failures { Issue.record(error) }
            #expect(outcome.published == source.totals.tags)
            return outcome.published
        }

        /// Reads all of a registry, and checks what was read.
        private func expectWhole(_ registry: DockerRegistry, _ access: RegistryAccess, tags: Int) async throws {
            let destination = MemoryEndpoint()
            let read = try await withRemote(registry, access) { remote in
                // Whoever is not let into the catalog names the repositories.
                let endpoint = remote.endpoint(as: .source)
                var read = 0
                for name in try Workload.small().repositories.map(\.name) {
                    for entry in try await endpoint[name].tags().all() {
                        let root = try #require(await endpoint[name].document(at: .tag(entry.tag)))
                        var images = [root]
                        for child in root.manifest.children {
                            images.append(try #require(await endpoint[name].document(at: .digest(child.digest))))
                        }
                        for blob in images.flatMap(\.manifest.blobs) {
                            let content = BlobContent(blob, from: endpoint[name])
                            _ = try await destination.sink(name).write(content, heldBy: nil)
                        }
                        read += 1
                    }
                }
                return read
            }
            #expect(read == tags)
        }

        private func registryError(_ error: any Error) -> RegistryError? {
            ((error as? SideFailure)?.underlying ?? error) as? RegistryError
        }

        @Test func `copies between two registries that want different passwords`() async throws {
            try await withDockerRegistry(authentication: .htpasswd(["ann": "a b:ü"])) { left in
                try await withDockerRegistry(authentication: .htpasswd(["bob": "2"])) { right in
                    let tags = try await fill(left, ann)
                    let bob = RegistryAccess.password("bob", "2")
                    try await withRemote(left, ann) { from in
                        try await withRemote(right, bob) { to in
                            let outcome = try await copy(
                                RetryingEndpoint(from.endpoint(as: .source), policy: policy),
                                to: RetryingEndpoint(to.endpoint(), policy: policy)
                            )
                            #expect(outcome.published == tags)
                            #expect(outcome.failures.isEmpty)
                        }
                    }
                    try await expectWhole(right, bob, tags: tags)
                    #expect(left.blobsOnDisk == right.blobsOnDisk)
                }
            }
        }

        @Test func `a wrong password, and none, are refused with 401, and nothing is written`() async throws {
            try await withDockerRegistry(authentication: .htpasswd(["ann": "a b:ü"])) { registry in
                for access in [RegistryAccess.password("ann", "wrong"), RegistryAccess()] {
                    try await withRemote(registry, access) { remote in
                        let source = try await GeneratedEndpoint(.small())
                        var errors: [any Error] = []
                        do {
                            let endpoint = RetryingEndpoint(remote.endpoint(), policy: policy)
                            let outcome = try await copy(source, to: endpoint)
                            #expect(outcome.published == 0)
                            errors = outcome.failures
                        } catch {
                            errors = [error]
                        }
                        #expect(!errors.isEmpty)
                        for error in errors {
                            guard case .status(401, let details)? = registryError(error)?.cause else {
                                Issue.record(error)
                                continue
                            }
                            #expect(details.first?.code == "UNAUTHORIZED")
                            #expect(!"\(error)".contains("wrong"))
                        }
                        let catalog = await #expect(throws: RegistryError.self) {
                            try await remote.endpoint(as: .source).catalog().all()
                        }
                        #expect(catalog?.isTransient == false)
                    }
                }
                #expect(registry.blobsOnDisk.isEmpty)
            }
        }

        /// The ways of a token server, and what it is shown.
        struct Flow: Sendable, CustomTestStringConvertible {
            let flows: TokenServer.Behaviour.Flows
            var status = 405
            var fields = TokenServer.Behaviour.Fields.both
            var isIdentity = false
            /// The methods with which a token is asked for.
            let methods: [String]

            var testDescription: String { "\(methods) \(status) \(fields) identity: \(isIdentity)" }
        }

        private func expectMethods(of flow: Flow, _ requests: [TokenRequest]) {
            // Several may be under way at once, so that their order tells nothing.
            #expect(Set(requests.map(\.method)) == Set(flow.methods))
            for method in flow.methods {
                let isLast = method == flow.methods.last
                let its = requests.filter { $0.method == method }
                #expect(its.count * flow.methods.count == requests.count)
                #expect(its.allSatisfy { ($0.status == 200) == isLast })
                #expect(its.allSatisfy { !isLast || ($0.user == "ann" && !$0.scopes.isEmpty) })
            }
            // One token for pushing to each of two repositories, one for pulling, and perhaps one for mounting.
            #expect(requests.count <= 6 * flow.methods.count)
        }

        @Test(arguments: [
            Flow(flows: .get, fields: .token, methods: ["GET"]),
            Flow(flows: .post, fields: .accessToken, methods: ["GET", "POST"]),
            Flow(flows: .post, status: 404, methods: ["GET", "POST"]),
            Flow(flows: .post, isIdentity: true, methods: ["POST"]),
            Flow(flows: .get, isIdentity: true, methods: ["POST", "GET"]),
            Flow(flows: .get, status: 400, isIdentity: true, methods: ["POST", "GET"]),
            Flow(flows: .get, status: 404, isIdentity: true, methods: ["POST", "GET"]),
        ])
        func `pushes and pulls with the tokens of a server that knows one method`(_ flow: Flow) async throws {
            var behaviour = TokenServer.Behaviour(users: ["ann": "a b:ü"])
            behaviour.flows = flow.flows
            behaviour.unknownFlowStatus = flow.status
            behaviour.fields = flow.fields
            behaviour.identityTokens = ["an id+/=": "ann"]
            behaviour.servesAnonymous = false
            let access = flow.isIdentity ? RegistryAccess(.identityToken(Secret("an id+/="))) : ann
            try await withTokenServer(behaviour) { server in
                try await withDockerRegistry(authentication: server.authentication) { registry in
                    let tags = try await fill(registry, access)
                    try await expectWhole(registry, access, tags: tags)
                    expectMethods(of: flow, server.requests)
                }
            }
        }

        @Test func `anonymous users pull what they may, and are refused by the registry when they push`() async throws {
            try await withTokenServer(.init(users: ["ann": "a b:ü"])) { server in
                try await withDockerRegistry(authentication: server.authentication) { registry in
                    let tags = try await fill(registry, ann)
                    server.reset()
                    try await expectWhole(registry, RegistryAccess(), tags: tags)
                    #expect(server.requests.allSatisfy { !$0.isAuthorized && $0.status == 200 })
                    let image = try await BuiltImage.random(seed: 1)
                    try await withRemote(registry) { remote in
                        let error = try await #require(throws: RegistryError.self) {
                            try await image.write(to: remote.endpoint()[RepositoryName("team/new")], as: .latest)
                        }
                        guard case .status(401, _) = error.cause else {
                            Issue.record(error)
                            return
                        }
                    }
                }
            }
        }

        @Test func `who may only pull is refused by the registry, and the run says so of each image`() async throws {
            try await withTokenServer(.init(users: ["ann": "a b:ü"])) { server in
                server.change { $0.grant = { _, _ in ["pull"] } }
                try await withDockerRegistry(authentication: server.authentication) { registry in
                    let source = try await GeneratedEndpoint(.small())
                    let outcome = try await withRemote(registry, ann) { remote in
                        try await copy(source, to: RetryingEndpoint(remote.endpoint(), policy: policy))
                    }
                    #expect(outcome.published == 0)
                    #expect(outcome.failures.count == source.totals.tags)
                    for error in outcome.failures {
                        guard case .status(let status, _)? = registryError(error)?.cause else {
                            Issue.record(error)
                            continue
                        }
                        #expect([401, 403].contains(status))
                    }
                    #expect(registry.blobsOnDisk.isEmpty)
                    #expect(server.requests.allSatisfy { $0.status == 200 })
                }
            }
        }

        @Test(arguments: [true, false])
        func `F17 a copy outlives its tokens, whether their server tells how long they live or not`(
            _ isTold: Bool
        ) async throws {
            var behaviour = TokenServer.Behaviour(users: ["ann": "a b:ü"])
            // One second less is told than is true: the registry counts in whole seconds.
            behaviour.life = isTold ? 3 : 2
            behaviour.statedLife = isTold ? .seconds(2) : .nothing
            // A clock that is wrong by an hour does not matter.
            behaviour.issuedAtError = -3600
            try await withTokenServer(behaviour) { server in
                try await withDockerRegistry(authentication: server.authentication) { registry in
                    let source = try await GeneratedEndpoint(.small(repositories: 1, tags: 150))
                    let statuses = Mutex<[Int?]>([])
                    let start = ContinuousClock.now
                    let outcome = try await withRemote(registry, ann, limits: RegistryLimits(requests: 1)) { remote in
                        let endpoint = remote.endpoint { record in statuses.withLock { $0.append(record.status) } }
                        return try await copy(
                            source,
                            to: RetryingEndpoint(endpoint, policy: policy),
                            limits: RunLimits(routes: 1, roots: 1, blobs: 1)
                        )
                    }
                    let elapsed = start.duration(to: .now)
                    for error in outcome.failures { Issue.record(error) }
                    #expect(outcome.published == source.totals.tags)
                    #expect(elapsed > .seconds(2), "the copy was too fast to tell anything: \(elapsed)")
                    // Not one for each request, but one for each life.
                    #expect((2...20).contains(server.requests.count), "\(server.requests.count) in \(elapsed)")
                    let refused = statuses.withLock { $0.count { $0 == 401 } }
                    if isTold {
                        #expect(refused == 1, "only the first request had no token")
                    } else {
                        #expect(refused >= server.requests.count, "each token was bought after a refusal")
                    }
                }
            }
        }

        @Test func `many requests wait for one token of a slow server`() async throws {
            var behaviour = TokenServer.Behaviour(users: ["ann": "a b:ü"])
            behaviour.delay = .milliseconds(300)
            try await withTokenServer(behaviour) { server in
                try await withDockerRegistry(authentication: server.authentication) { registry in
                    try await withRemote(registry, ann) { remote in
                        let app = try remote.endpoint()[RepositoryName("team/app")]
                        try await withThrowingTaskGroup(of: Descriptor?.self) { group in
                            for _ in 0..<40 { group.addTask { try await app.resolve(.tag(.latest)) } }
                            for try await found in group { #expect(found == nil) }
                        }
                    }
                    #expect(server.requests.count == 1)
                }
            }
        }

        @Test func `a token server that fails twice is asked again, and one that always refuses ends the work`()
            async throws
        {
            try await withTokenServer(.init(users: ["ann": "a b:ü"])) { server in
                try await withDockerRegistry(authentication: server.authentication) { registry in
                    server.change { $0.refuse(500, times: 2) }
                    _ = try await fill(registry, ann)
                    #expect(server.requests.prefix(2).map(\.status) == [500, 500])
                    server.reset()
                    server.change { $0.constantMisbehaviour = .refuse(403) }
                    try await withRemote(registry, ann) { remote in
                        let source = RetryingEndpoint(remote.endpoint(as: .source), policy: policy)
                        let failure = await #expect(throws: (any Error).self) {
                            try await copy(source, to: MemoryEndpoint())
                        }
                        guard let failure, case .tokenServer(let name, 403, _)? = registryError(failure)?.cause else {
                            Issue.record("\(failure as Any)")
                            return
                        }
                        #expect(name == "http://\(server.host)")
                    }
                    #expect(server.requests.count == 1)
                }
            }
        }

        @Test func `a blob is mounted with a token for both repositories`() async throws {
            try await withTokenServer(.init(users: ["ann": "a b:ü"])) { server in
                try await withDockerRegistry(authentication: server.authentication) { registry in
                    let image = try await BuiltImage.random(seed: 1)
                    let base = try RepositoryName("team/base")
                    try await withRemote(registry, ann) { remote in
                        let endpoint = remote.endpoint()
                        try await image.write(to: endpoint[base], as: .latest)
                        server.reset()
                        let blob = BlobContent(image.blobs[1].descriptor, from: endpoint[base])
                        let app = try endpoint[RepositoryName("team/app")]
                        #expect(try await app.write(blob, heldBy: base) == .mounted)
                    }
                    #expect(
                        server.requests.map(\.scopeTexts) == [
                            ["repository:team/app:pull,push", "repository:team/base:pull"]
                        ]
                    )
                }
            }
        }

        @Test func `the catalog of a registry that lets everybody in costs one request`() async throws {
            try await withDockerRegistry { registry in
                try await withCountingProxy(port: registry.port) { proxy in
                    let remote = RemoteRegistry(host: try RegistryHost(proxy.host), scheme: .http, access: ann)
                    #expect(try await remote.endpoint().catalog().all().isEmpty)
                    try await remote.shutdown()
                    #expect(proxy.tally.total == 1)
                }
            }
        }
    }
}
