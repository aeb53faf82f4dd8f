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
        /// Where an upload goes on. It must be of the same origin: the bytes are the user's.
        case upload
    }

    /// The registry that the user named.
    public let origin: RequestURL.Origin

    /// Makes the policy for requests that begin at a registry.
    public init(origin: RequestURL.Origin) { self.origin = origin }

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
        guard purpose == .redirect else { throw refuse(.otherOrigin, target: "\(url.origin)") }
        if let kind = Self.kind(of: url.origin.hostName), !mayReach(kind, from: Self.kind(of: origin.hostName)),
            !reached.contains(kind)
        {
            throw refuse(.addressClass(kind), target: "\(url.origin)")
        }
        return url
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
