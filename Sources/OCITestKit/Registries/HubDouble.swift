// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
public import OCIContent

/// A scripted Docker Hub to copy from: a registry, a token server, a place for blobs and an API, each an origin of its own.
///
/// It behaves as Docker Hub does where a client notices: every read takes a token, the `GET` of a manifest is counted as a
/// pull and bounded, blobs are elsewhere by 307, and there is no catalog. Nothing can be written.
public final class HubDouble: Sendable {
    /// What the registry calls itself to its token server.
    public static let service = "registry.docker.io"

    /// How a double behaves; it may be changed while it runs, but for the addresses.
    public struct Behaviour: Sendable {
        /// The users with their passwords.
        public var users: [String: String] = [:]
        /// The repositories that users see and others do not.
        public var privateRepositories: Set<String> = []
        /// How many pulls are left to those who are nobody in particular; `nil` for no limit, and no headers.
        public var pullsLeft: Int? = 100
        /// How many pulls are left to each user; `nil` for no limit, as for those who pay.
        public var userPullsLeft: [String: Int] = [:]
        /// The `Retry-After` of a refused pull, in seconds.
        public var retryAfter: Int?
        /// How many requests to the registry are refused as abuse, whatever they are, before it works again.
        public var abuseRefusals = 0
        /// How many seconds a token is good for.
        public var tokenLife = 300
        /// The longest page of a list of tags.
        public var pageSize = 100
        /// How many seconds the address of a blob is good for.
        public var linkLife = 300
        /// How many blobs above 1 MiB, or parts of them, are cut after half a MiB.
        public var blobCuts = 0
        /// The tags to which the API gives no digest.
        public var tagsWithoutDigest: Set<String> = []
        /// The status with which the API refuses its lists; `nil` for not at all.
        public var apiRefusal: Int?
        /// How many requests the API answers in this minute; `nil` for no limit.
        public var apiRequestsLeft: Int?
        /// The loopback addresses of the first three origins; the API is at the registry's, with a port of its own.
        public var addresses = (registry: "127.0.0.1", auth: "127.0.0.1", blobs: "127.0.0.1")
        /// What a challenge names as the token server, such as `https://auth.docker.io`; `nil` for where it really is.
        public var authURL: String?
        /// What a redirect names as the place of blobs; `nil` for where it really is.
        public var blobsURL: String?
        /// What the API calls itself in links to the next page; `nil` for where it really is.
        public var apiURL: String?

        /// A Docker Hub without users.
        public init() {}
    }

    /// One of the origins.
    public enum Role: String, Hashable, Sendable {
        /// `registry-1.docker.io`.
        case registry
        /// `auth.docker.io`.
        case auth
        /// Where blobs are.
        case blobs
        /// `hub.docker.com`.
        case api
    }

    /// A request and the status of its answer.
    public struct Exchange: Hashable, Sendable, CustomStringConvertible {
        /// Who was asked.
        public let role: Role
        /// The method.
        public let method: String
        /// The target, with its query.
        public let uri: String
        /// The scheme of the `Authorization` header, such as `Bearer`; `nil` if there was none.
        public let authorization: String?
        /// The status of the answer.
        public let status: Int

        /// The part of the target before the query.
        public var path: String { String(uri.prefix { $0 != "?" }) }

        /// All of it on one line, as it reads best in the failure of a test.
        public var description: String { "\(role.rawValue) \(method) \(uri) \(authorization ?? "-") \(status)" }
    }

    private let desk: HubDesk
    /// The registry.
    public let registry: ScriptedPeer
    /// The token server.
    public let auth: ScriptedPeer
    /// The place of the blobs.
    public let blobs: ScriptedPeer
    /// The API with the lists.
    public let api: ScriptedPeer

    private init(desk: HubDesk, registry: ScriptedPeer, auth: ScriptedPeer, blobs: ScriptedPeer, api: ScriptedPeer) {
        self.desk = desk
        self.registry = registry
        self.auth = auth
        self.blobs = blobs
        self.api = api
    }

    /// Starts a double.
    /// - Parameter source: What it has; official images are in repositories such as `library/nginx`.
    public static func start(of source: any SourceEndpoint, _ behaviour: Behaviour = Behaviour()) async throws
        -> HubDouble
    {
        let desk = HubDesk(source: source, behaviour: behaviour)
        let addresses = behaviour.addresses
        let auth = try await ScriptedPeer.start(address: addresses.auth) { desk.noted(.auth, $0, desk.token($0)) }
        let blobs = try await ScriptedPeer.start(address: addresses.blobs) {
            desk.noted(.blobs, $0, await desk.content($0))
        }
        let api = try await ScriptedPeer.start(address: addresses.registry) {
            desk.noted(.api, $0, await desk.api($0))
        }
        desk.change {
            $0.apiURL = $0.apiURL ?? "http://\(api.host)"
            $0.authURL = $0.authURL ?? "http://\(auth.host)"
            $0.blobsURL = $0.blobsURL ?? "http://\(blobs.host)"
        }
        let registry = try await ScriptedPeer.start(address: addresses.registry) {
            desk.noted(.registry, $0, await desk.answer($0))
        }
        return HubDouble(desk: desk, registry: registry, auth: auth, blobs: blobs, api: api)
    }

    /// The address and port of the registry, as they stand in a URL.
    public var host: String { registry.host }
    /// The address of the token server, as the challenges name it.
    public var realm: String { "\(behaviour.authURL ?? "")/token" }

    /// How it behaves, and how many pulls are left.
    public var behaviour: Behaviour { desk.behaviour }

    /// Changes how it behaves, from the next request on.
    public func change(_ body: (inout Behaviour) -> Void) { desk.change(body) }

    /// All requests to the origins, in the order in which they were answered.
    public var transcript: [Exchange] { desk.transcript }

    /// What the token server was asked.
    public var tokenRequests: [TokenRequest] { desk.tokenRequests }

    /// How many pulls were counted, of everybody.
    public var pulls: Int { desk.pulls }

    /// Ends all tokens, as if their time were over.
    public func endTokens() { desk.endTokens() }

    /// Stops all of them.
    public func stop() async {
        for peer in [registry, auth, blobs, api] { await peer.stop() }
    }
}

/// Runs a double of Docker Hub for as long as `body` runs.
public func withHubDouble<Value: Sendable>(
    of source: any SourceEndpoint,
    _ behaviour: HubDouble.Behaviour = HubDouble.Behaviour(),
    _ body: (HubDouble) async throws -> Value
) async throws -> Value {
    let hub = try await HubDouble.start(of: source, behaviour)
    do {
        let value = try await body(hub)
        await hub.stop()
        return value
    } catch {
        await hub.stop()
        throw error
    }
}

extension MemoryEndpoint {
    /// A place with images, each under a name such as `library/nginx:1.27`.
    public static func holding(_ images: [String: BuiltImage]) async throws -> MemoryEndpoint {
        let endpoint = MemoryEndpoint()
        for (name, image) in images {
            let parts = name.split(separator: ":")
            let tag = try TagName(parts.count == 2 ? String(parts[1]) : "latest")
            try await image.write(to: endpoint.sink(RepositoryName(String(parts[0]))), as: tag)
        }
        return endpoint
    }
}
