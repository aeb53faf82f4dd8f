// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Where a request goes: scheme, host and port, and the rest as it is sent.
///
/// Texts that a server sent become such values only through ``OutboundPolicy``.
public struct RequestURL: Hashable, Sendable {
    /// What decides who gets a request: scheme, host and port.
    public struct Origin: Hashable, Sendable, CustomStringConvertible {
        /// How the host is spoken to.
        public let scheme: Scheme
        /// The host, without a port.
        public let hostName: String
        /// The port, also where it is the default of the scheme.
        public let port: Int

        /// Describes an origin; the port of `host` or the default of the scheme counts.
        public init(scheme: Scheme, host: RegistryHost) {
            self.scheme = scheme
            hostName = host.name
            port = host.port ?? scheme.defaultPort
        }

        /// `scheme://host:port`, without the port where it is the default.
        public var description: String {
            let name = hostName.contains(":") ? "[\(hostName)]" : hostName
            return port == scheme.defaultPort ? "\(scheme.rawValue)://\(name)" : "\(scheme.rawValue)://\(name):\(port)"
        }
    }

    /// Who gets the request.
    public let origin: Origin
    /// The path, which begins with a slash, in the encoding that is sent.
    public let path: String
    /// What follows the `?`, in the encoding that is sent; `nil` where there is no `?`.
    public let query: String?

    /// Puts a URL together.
    ///
    /// `path` must begin with a slash and hold no `?` and no `#`.
    init(origin: Origin, path: String, query: String? = nil) {
        self.origin = origin
        self.path = path
        self.query = query
    }

    /// Reads a URL that the user wrote into a variable or a file.
    /// - Returns: `nil` for one that is not absolute, or not of the plain form that everyone reads alike.
    init?(written text: String) {
        guard Self.isPlain(text), let url = try? Self.absolute(text) else { return nil }
        self = url
    }

    /// The whole text, as it is requested.
    ///
    /// It can hold secrets in its query: see ``redacted``.
    var text: String { "\(origin)\(path)" + (query.map { "?\($0)" } ?? "") }

    /// The text for people, in which the values of the query are left out: signed URLs and upload states are secrets.
    public var redacted: String {
        guard let query, !query.isEmpty else { return "\(origin)\(path)" }
        let harmless: Set<Substring> = ["n", "last", "from", "mount", "digest", "service", "scope"]
        let parts = query.split(separator: "&")
            .map { part -> String in
                let name = part.prefix { $0 != "=" }
                return harmless.contains(name) ? String(part) : "\(name)=…"
            }
        return "\(origin)\(path)?\(parts.joined(separator: "&"))"
    }

    /// The same URL with one more item in its query.
    func appending(_ name: String, _ value: String) -> RequestURL {
        let item = "\(name)=\(value)"
        return RequestURL(origin: origin, path: path, query: (query ?? "").isEmpty ? item : "\(query ?? "")&\(item)")
    }

    /// Reads a URL reference that a server sent, relative to this URL (RFC 3986, 5.2).
    ///
    /// - Throws: ``OutboundRefusal/Reason/malformed`` for anything that different readers could read differently: control
    ///   bytes, spaces, backslashes, user names, fragments, other schemes.
    func resolving(_ reference: String) throws(OutboundRefusal.Reason) -> RequestURL {
        guard Self.isPlain(reference) else { throw .malformed }
        if let url = try Self.absolute(reference) { return url }
        if reference.hasPrefix("//") { return try Self.absolute(scheme: origin.scheme, reference.dropFirst(2)) }
        let parts = reference.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = parts.count == 2 ? String(parts[1]) : nil
        if parts[0].isEmpty { return RequestURL(origin: origin, path: path, query: query) }
        if parts[0].hasPrefix("/") {
            return RequestURL(origin: origin, path: Self.withoutDots(String(parts[0])), query: query)
        }
        guard !parts[0].prefix(while: { $0 != "/" }).contains(":") else { throw .malformed }
        let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        return RequestURL(origin: origin, path: Self.withoutDots("\(folder)\(parts[0])"), query: query)
    }

    /// Whether a text has nothing in it that different readers could read differently, and is not too long.
    private static func isPlain(_ text: String) -> Bool {
        let bytes = text.utf8
        return !bytes.isEmpty && bytes.count <= 16384
            && bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "#") })
    }

    /// Reads a text with a scheme; `nil` for one without.
    private static func absolute(_ text: String) throws(OutboundRefusal.Reason) -> RequestURL? {
        let lowered = text.prefix(8).lowercased()
        if lowered.hasPrefix("https://") { return try absolute(scheme: .https, text.dropFirst(8)) }
        if lowered.hasPrefix("http://") { return try absolute(scheme: .http, text.dropFirst(7)) }
        return nil
    }

    private static func absolute(scheme: Scheme, _ rest: Substring) throws(OutboundRefusal.Reason) -> RequestURL {
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@"), let host = try? RegistryHost(String(authority)) else { throw .malformed }
        let tail = rest[authority.endIndex...]
        let parts = tail.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts.first.map(String.init) ?? ""
        return RequestURL(
            origin: Origin(scheme: scheme, host: host),
            path: path.isEmpty ? "/" : withoutDots(path),
            query: parts.count == 2 ? String(parts[1]) : nil
        )
    }

    /// The path without its `.` and `..` components (RFC 3986, 5.2.4), so that what is judged is what is asked for.
    private static func withoutDots(_ path: String) -> String {
        guard path.contains("/.") else { return path }
        var components: [Substring] = []
        let all = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (position, component) in all.enumerated() {
            let isLast = position == all.count - 1
            switch component {
            case ".": if isLast { components.append("") }
            case "..":
                _ = components.popLast()
                if isLast { components.append("") }
            default: components.append(component)
            }
        }
        return "/" + components.joined(separator: "/")
    }
}
