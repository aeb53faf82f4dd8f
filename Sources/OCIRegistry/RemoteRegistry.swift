// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
public import OCI
public import OCIContent
import Synchronization

/// A registry that is reached over HTTP: its connections, its limits, and what was learned about it.
///
/// One value serves a registry in both roles, so that its limits hold for a copy inside it, too.
public final class RemoteRegistry: Sendable {
    /// The registry, as the user named it.
    public let host: RegistryHost
    let transport: Transport
    let limits: RegistryLimits
    /// The uploads that are open.
    let uploads: any UploadMemory
    /// The entity tags of blobs that were read.
    let entityTags = EntityTags()
    /// Whether it lists referrers.
    let referrerSupport: ReferrerSupport
    /// Its referrers tags that are being written.
    let referrersTags = ReferrersTags()
    /// Its repositories that were made.
    let createdRepositories = CreatedRepositories()
    /// Places for uploads that read ahead.
    let roomAhead = Slots(2)
    /// Tokens of the API that the product has beside the spec's.
    let logins: ServiceLogins
    /// How many manifests may still be fetched, by credential.
    let pullAccounts = Mutex<[Credential?: PullAccount]>([:])
    private let knowledge: Mutex<Knowledge>
    private let services = Mutex<[RequestURL.Origin: Transport]>([:])
    /// Makes the way to an API at another host.
    private let connect: @Sendable (RequestURL.Origin) -> Transport
    /// How it is reached and convinced.
    let access: RegistryAccess

    /// What the registry's answers have told.
    private struct Knowledge {
        var product: RegistryProduct?
        /// Whether the product was said by the user, who knows better than answers do.
        let isSaid: Bool
        var lessons = UploadLessons()
        /// How often in a row the product's listings failed in a way that can pass.
        var listingFailures: [ListingKind: Int] = [:]
        /// The listings of the product that the registry does not let us have.
        var refusedListings: Set<ListingKind> = []
    }

    /// What the registry is, as far as that was said or is known by now.
    public var product: RegistryProduct? { knowledge.withLock { $0.product } }

    /// Describes a registry; nothing is connected yet.
    /// - Parameters:
    ///   - product: What the registry is, if that is known; otherwise its name and its answers tell.
    ///   - uploads: What is remembered of open uploads.
    ///   - memory: What earlier runs found out about it.
    ///   - userAgent: What requests call the program: `name/version`.
    ///   - addresses: Addresses to use for host names instead of those that a resolver gives; for tests.
    ///   - clock: What pauses and answers are measured by; for tests.
    public init(
        host: RegistryHost,
        scheme: Scheme,
        limits: RegistryLimits = RegistryLimits(),
        access: RegistryAccess = RegistryAccess(),
        product: RegistryProduct? = nil,
        uploads: any UploadMemory = OpenUploads(),
        memory: any RegistryMemory = NoRegistryMemory(),
        userAgent: String = "mirror",
        addresses: [String: String] = [:],
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.host = host
        self.limits = limits
        self.uploads = uploads
        referrerSupport = ReferrerSupport(memory)
        self.access = access
        logins = ServiceLogins(Stopwatch(clock))
        connect = { origin in
            Transport(
                host: host,
                origin: origin,
                limits: limits,
                access: access.beside,
                userAgent: userAgent,
                addresses: addresses,
                clock: clock
            )
        }
        knowledge = Mutex(
            Knowledge(product: product ?? ProductDetection.product(of: host), isSaid: product != nil)
        )
        transport = Transport(
            host: host,
            origin: RequestURL.Origin(scheme: scheme, host: Self.apiHost(of: host)),
            limits: limits,
            access: access,
            userAgent: userAgent,
            addresses: addresses,
            clock: clock
        )
    }

    /// The registry in one of its roles.
    /// - Parameters:
    ///   - side: What tokens must allow: reading, or reading and writing.
    ///   - observer: Told of each request that the role made.
    ///   - skipped: Told of each name of a listing that breaks the grammar and is left out.
    ///   - noted: Told of what the registry does not do, once each.
    public func endpoint(
        as side: Side = .destination,
        observer: @escaping @Sendable (RequestRecord) -> Void = { _ in },
        skipped: @escaping @Sendable (SkippedName) -> Void = { _ in },
        noted: @escaping @Sendable (RegistryNotice) -> Void = { _ in }
    ) -> RemoteEndpoint {
        RemoteEndpoint(registry: self, side: side, observer: observer, skipped: skipped, noted: noted)
    }

    /// Ends all connections; call it once, when nothing is under way.
    public func shutdown() async throws {
        let services = services.withLock { $0.values.map(\.self) }
        for transport in [transport] + services { try await transport.shutdown() }
    }

    /// The way to the API that the product has beside the spec's.
    /// - Parameter name: The host where its documentation says that it is; `nil` for the registry's own.
    func service(at name: String?) -> Transport {
        let usual = name.flatMap { try? RegistryHost($0) }.map { RequestURL.Origin(scheme: .https, host: $0) }
        return service(at: access.api ?? usual ?? transport.policy.origin)
    }

    /// The way to an API that is known to be of the registry.
    func service(at origin: RequestURL.Origin) -> Transport {
        guard origin != transport.policy.origin else { return transport }
        return services.withLock { services in
            if let known = services[origin] { return known }
            let made = connect(origin)
            services[origin] = made
            return made
        }
    }

    /// Whether the user said where the product's own API is.
    var namesAPI: Bool { access.api != nil }

    /// Whether the registry does not let us have a listing of its product.
    func isRefused(_ kind: ListingKind) -> Bool { knowledge.withLock { $0.refusedListings.contains(kind) } }

    /// Takes note that a listing failed in a way that can pass.
    /// - Returns: Whether it has failed so often that it is given up.
    func failsAgain(_ kind: ListingKind) -> Bool {
        knowledge.withLock { knowledge in
            knowledge.listingFailures[kind, default: 0] += 1
            return knowledge.listingFailures[kind, default: 0] > 3
        }
    }

    /// Takes note that a listing of the product was given.
    func listed(_ kind: ListingKind) { knowledge.withLock { $0.listingFailures[kind] = nil } }

    /// Takes note that it does not.
    /// - Returns: Whether that is new.
    func refuses(_ kind: ListingKind) -> Bool { knowledge.withLock { $0.refusedListings.insert(kind).inserted } }

    /// What can be relied on.
    var profile: RegistryProfile { RegistryProfile(of: product) }

    /// What uploads have taught so far.
    var lessons: UploadLessons { knowledge.withLock { $0.lessons } }

    /// Takes note of what an upload taught.
    func learn(_ lessons: UploadLessons) { knowledge.withLock { $0.lessons.formUnion(lessons) } }

    /// Takes note of what the head of an answer tells of the registry.
    func look(at reply: Reply) {
        guard reply.url.origin == transport.policy.origin else { return }
        take(ProductDetection.product(of: reply.headers))
        if let refusal = reply.refusal { take(ProductDetection.product(of: refusal)) }
    }

    /// Takes note of what the address of an upload tells of the registry.
    func look(atSession location: String) { take(ProductDetection.product(ofSession: location)) }

    private func take(_ product: RegistryProduct?) {
        guard let product else { return }
        knowledge.withLock { knowledge in
            // Several products are built on another one, whose traces show in their answers, too.
            let isClearer = knowledge.product == nil || knowledge.product == .distribution2
            if !knowledge.isSaid, isClearer { knowledge.product = product }
        }
    }

    /// Docker Hub is called otherwise than it is reached (PROTOCOL: registry-1.docker.io is the API's host).
    private static func apiHost(of host: RegistryHost) -> RegistryHost {
        guard host == .dockerHub, let api = try? RegistryHost("registry-1.docker.io") else { return host }
        return api
    }
}

/// A name of a listing that breaks the grammar.
///
/// It is never used, only told.
public struct SkippedName: Sendable {
    /// The repository whose tag it is; `nil` for the name of a repository.
    public let repository: RepositoryName?
    /// What is wrong with it.
    ///
    /// A server wrote the text: escape it before it is shown.
    public let error: NameError
}

/// A registry in one role of a run.
public struct RemoteEndpoint: SourceEndpoint, SinkEndpoint {
    let registry: RemoteRegistry
    let side: Side
    let observer: @Sendable (RequestRecord) -> Void
    let skipped: @Sendable (SkippedName) -> Void
    let noted: @Sendable (RegistryNotice) -> Void

    /// The host and port, as the user named them.
    public var name: String { registry.host.description }

    /// The names of all repositories.
    /// - Throws: ``OCIContent/CatalogUnavailable`` where the registry has no catalog.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> {
        listing(.repositories, { $0.repositories(below: paths, of: self) }, else: plainCatalog())
    }

    /// The catalog of docker's API, which is not in the spec.
    private func plainCatalog() -> Pages<RepositoryName> {
        let access = Authenticator.Access(repository: nil, scopes: [.catalog])
        return api(access)
            .listing(CatalogPage.self, "/v2/_catalog", during: .listRepositories, subject: "") { reply in
                // Docker Hub has no catalog, and says so by refusing the token for it.
                let isHub = registry.host == .dockerHub && [401, 403].contains(reply.status)
                guard isHub || [404, 405, 501].contains(reply.status) else { return .failed }
                throw CatalogUnavailable(place: name)
            } parse: {
                repositoryName($0)
            }
    }

    /// Asks the registry whether it takes the credential (distribution-spec, "Determining Support").
    ///
    /// A registry that wants none takes any.
    public func verifyAccess() async throws {
        let access = Authenticator.Access(repository: nil, scopes: [])
        let api = api(access)
        let reply = try await api.send(api.request(.GET, "/v2/", urgency: .urgent), during: .signIn, subject: "")
        guard reply.status == 200 else { throw try await api.error(from: reply, during: .signIn, subject: "") }
        try await reply.discard()
    }

    /// One repository of the registry, to read.
    public func source(_ repository: RepositoryName) -> any ContentSource { self[repository] }

    /// One repository of the registry, to write.
    public func sink(_ repository: RepositoryName) -> any ContentSink { self[repository] }

    /// Does nothing: what a registry has confirmed is there.
    public func finish() async throws {}

    /// One repository of the registry, with all that it can do.
    public subscript(repository: RepositoryName) -> RemoteRepository {
        RemoteRepository(name: repository, endpoint: self)
    }

    func api(_ access: Authenticator.Access) -> RegistryAPI {
        RegistryAPI(registry: registry, observer: observer, access: access)
    }

    /// Requests to the API that the product has beside the spec's, which shows nothing that it is not told to show.
    /// - Parameter host: Where its documentation says that it is; `nil` for the registry's own host.
    func service(at host: String?, _ repository: RepositoryName?) -> RegistryAPI {
        var api = api(Authenticator.Access(repository: repository, scopes: []))
        api.service = registry.service(at: host)
        return api
    }
}

/// The body of `GET /v2/_catalog`.
private struct CatalogPage: ListingPage {
    let repositories: [String?]?

    var names: [String?] { repositories ?? [] }
}
