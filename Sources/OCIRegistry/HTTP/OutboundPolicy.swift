// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Decides where requests may go whose target a server chose.
///
/// Every such URL passes through here.
///
/// The rule is relative to the registry that the user named: a registry on a private network may point to its own
/// network, one on the internet may not.
public struct OutboundPolicy: Sendable {
    /// What a server's URL is for.
    public enum Purpose: String, Hashable, Sendable {
        /// The answer to a read is elsewhere. Another origin is allowed, without credentials.
        case redirect
        /// The next page of a listing. It must be of the same origin.
        case page
        /// Where an upload goes on. It must be of the same origin, or of a host that the user has allowed: the bytes are
        /// the user's.
        case upload
        /// Where tokens are to be had. With a credential it must be of the same domain, or of a host that the user has
        /// allowed for this registry.
        case token
    }

    /// The registry that the user named.
    public let origin: RequestURL.Origin
    private let uploadHosts: Set<RegistryHost>
    private let tokenServers: Set<RegistryHost>

    /// Makes the policy for requests that begin at a registry.
    ///
    /// - Parameters:
    ///   - uploadHosts: Other hosts to which its uploads may lead.
    ///   - tokenServers: Hosts of other domains that may be shown its credentials.
    public init(
        origin: RequestURL.Origin,
        uploadHosts: Set<RegistryHost> = [],
        tokenServers: Set<RegistryHost> = []
    ) {
        self.origin = origin
        self.uploadHosts = uploadHosts
        self.tokenServers = tokenServers
    }

    /// Reads a URL that a server sent and decides whether it may be requested.
    ///
    /// - Parameters:
    ///   - base: The URL whose answer held `reference`.
    ///   - reached: The kinds of address at which the origin was reached, which its name does not tell.
    /// - Throws: ``OutboundRefusal``, before anything was connected to.
    func admit(
        _ reference: String,
        answeredBy base: RequestURL,
        for purpose: Purpose,
        reached: Set<IPAddress.Kind> = []
    ) throws(OutboundRefusal) -> RequestURL {
        func refuse(_ reason: OutboundRefusal.Reason, target: String) -> OutboundRefusal {
            OutboundRefusal(purpose: purpose, origin: origin, target: target, reason: reason)
        }
        let url: RequestURL
        do {
            url = try base.resolving(reference)
        } catch {
            throw refuse(error, target: String(reference.prefix { $0 != "?" }.prefix(200)))
        }
        if origin.scheme == .https, url.origin.scheme == .http { throw refuse(.downgrade, target: "\(url.origin)") }
        guard url.origin != origin else { return url }
        switch purpose {
        case .page: throw refuse(.otherOrigin, target: "\(url.origin)")
        case .upload:
            guard Self.contains(uploadHosts, url.origin) else { throw refuse(.otherOrigin, target: "\(url.origin)") }
            return url
        case .redirect: break
        case .token: if isTrustedWithCredentials(url.origin) { return url }
        }
        if let kind = Self.kind(of: url.origin.hostName), !mayReach(kind, from: Self.kind(of: origin.hostName)),
            !reached.contains(kind)
        {
            throw refuse(.addressClass(kind), target: "\(url.origin)")
        }
        return url
    }

    /// Reads the realm of a challenge and decides whether a token may be asked for there.
    ///
    /// - Parameter carriesCredential: Whether a credential would be shown. It is shown only to the registry's own host or
    ///   domain, to a host that belongs to it as is known here, and to those that the user allowed.
    func admitRealm(
        _ realm: String,
        answeredBy base: RequestURL,
        carriesCredential: Bool,
        reached: Set<IPAddress.Kind> = []
    ) throws(OutboundRefusal) -> RequestURL {
        let url = try admit(realm, answeredBy: base, for: .token, reached: reached)
        guard !carriesCredential || isTrustedWithCredentials(url.origin) else {
            throw OutboundRefusal(purpose: .token, origin: origin, target: "\(url.origin)", reason: .otherDomain)
        }
        return url
    }

    private func isTrustedWithCredentials(_ other: RequestURL.Origin) -> Bool {
        if other.hostName == origin.hostName || Self.contains(tokenServers, other) { return true }
        if Self.pairs[origin.hostName] == other.hostName { return other.scheme == .https }
        return RegistrableDomain.areSame(other.hostName, origin.hostName)
    }

    /// Token servers that are known to belong to a registry of another domain.
    ///
    /// Pairs, not a list of good hosts: what one registry's server may see is not for another's.
    private static let pairs = ["registry-1.docker.io": "auth.docker.io"]

    private static func contains(_ hosts: Set<RegistryHost>, _ origin: RequestURL.Origin) -> Bool {
        hosts.contains { $0.name == origin.hostName && ($0.port ?? origin.port) == origin.port }
    }

    /// Whether a host other than the origin may be dialled at an address of some kind.
    ///
    /// - Parameter own: The kind of address at which the origin itself was reached, if that is known.
    func mayReach(_ kind: IPAddress.Kind, from own: IPAddress.Kind?) -> Bool {
        kind == .public || kind == own
    }

    /// What a host says by its writing alone; `nil` for a name that must be resolved.
    static func kind(of hostName: String) -> IPAddress.Kind? {
        let isLocalName = hostName == "localhost" || hostName.hasSuffix(".localhost")
        return isLocalName ? .loopback : IPAddress(hostName)?.kind
    }
}

/// A URL that a server sent, and that is not requested.
public struct OutboundRefusal: Error, Hashable, Sendable {
    /// Why it is not requested.
    public enum Reason: Error, Hashable, Sendable {
        /// It is not a URL of the plain form that everyone reads alike.
        case malformed
        /// It leads from TLS to plain HTTP.
        case downgrade
        /// It leads to another origin, where this must not be.
        case otherOrigin
        /// It leads to another domain, and a credential would be shown there.
        case otherDomain
        /// It leads into a part of the address space that the origin itself is not in.
        case addressClass(IPAddress.Kind)
        /// One redirect led to another too often.
        case tooManyRedirects
    }

    /// What the URL was for.
    public let purpose: OutboundPolicy.Purpose
    /// The registry that the user named.
    public let origin: RequestURL.Origin
    /// Where it led, without its query.
    ///
    /// A server wrote this: escape it before it is shown.
    public let target: String
    /// Why it is not requested.
    public let reason: Reason
}
