// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// The proxies that connections go through, as the environment names them.
///
/// Connections to plain HTTP hosts also use the proxy's CONNECT, so that what is sent is the registry's business alone.
/// This machine itself is never reached through a proxy.
public struct ProxySettings: Hashable, Sendable {
    /// A proxy.
    struct Server: Hashable, Sendable {
        /// Where it is.
        let host: RegistryHost
        /// What it wants to see; from the URL's user name and password.
        let login: Login?

        /// A user name and a password.
        struct Login: Hashable, Sendable {
            let username: String
            let password: Secret
        }

        /// Where it is, with the usual port if none is written.
        var port: Int { host.port ?? 80 }
    }

    /// A rule of `NO_PROXY`.
    private enum Exception: Hashable {
        case all
        case host(String, port: Int?)
        case network(IPAddress, prefix: Int)
    }

    private let secure: Server?
    private let plain: Server?
    private let exceptions: [Exception]

    /// No proxy.
    public init() {
        secure = nil
        plain = nil
        exceptions = []
    }

    /// Reads `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; where the lower-case name is set, too, it counts.
    /// - Throws: ``ProxyError`` for a proxy that cannot be used.
    public init(environment: [String: String]) throws(ProxyError) {
        func value(_ name: String) -> String? {
            let text = environment[name.lowercased()] ?? environment[name]
            return text.flatMap { $0.isEmpty ? nil : $0 }
        }
        func server(_ name: String) throws(ProxyError) -> Server? {
            guard let text = value(name) else { return nil }
            guard let server = Self.server(text) else { throw ProxyError(variable: name) }
            return server
        }
        secure = try server("HTTPS_PROXY")
        plain = try server("HTTP_PROXY")
        exceptions = (value("NO_PROXY") ?? "").split { $0 == "," || $0 == " " }
            .compactMap { Self.exception(String($0)) }
    }

    /// A proxy for hosts that a registry leads to.
    ///
    /// These are reached by TLS as a rule.
    var anyServer: Server? { secure ?? plain }

    /// The proxy for a host; `nil` if it is reached directly.
    func server(for origin: RequestURL.Origin) -> Server? {
        guard let server = origin.scheme == .https ? secure : plain else { return nil }
        let address = IPAddress(origin.hostName)
        if OutboundPolicy.kind(of: origin.hostName) == .loopback { return nil }
        let isException = exceptions.contains { exception in
            switch exception {
            case .all: true
            case .host(let name, let port):
                (origin.hostName == name || origin.hostName.hasSuffix(".\(name)"))
                    && (port ?? origin.port) == origin.port
            case .network(let network, let prefix): address.map { Self.isIn($0, network, prefix) } ?? false
            }
        }
        return isException ? nil : server
    }

    /// `http://user:password@host:port/`, of which all but the host may be missing.
    ///
    /// A proxy that is itself reached by TLS is not supported.
    private static func server(_ text: String) -> Server? {
        var rest = Substring(text)
        if let separator = text.firstRange(of: "://") {
            guard text[..<separator.lowerBound].lowercased() == "http" else { return nil }
            rest = text[separator.upperBound...]
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        var login: Server.Login?
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts[0].percentDecoded, let password = (parts.count == 2 ? parts[1] : "").percentDecoded
            else { return nil }
            login = Server.Login(username: name, password: Secret(password))
            rest = rest[rest.index(after: at)...]
        }
        return (try? RegistryHost(String(rest))).map { Server(host: $0, login: login) }
    }

    private static func exception(_ text: String) -> Exception? {
        if text == "*" { return .all }
        let parts = text.split(separator: "/")
        if parts.count == 2, let network = IPAddress(parts[0]), let prefix = Int(parts[1]),
            (0...network.bytes.count * 8).contains(prefix)
        {
            return .network(network, prefix: prefix)
        }
        // An IPv6 address stands here without brackets, too.
        if let address = IPAddress(text) { return .network(address, prefix: address.bytes.count * 8) }
        let name = text.drop { $0 == "*" || $0 == "." }
        return (try? RegistryHost(String(name))).map { .host($0.name, port: $0.port) }
    }

    private static func isIn(_ address: IPAddress, _ network: IPAddress, _ prefix: Int) -> Bool {
        guard address.bytes.count == network.bytes.count else { return false }
        return zip(address.bytes, network.bytes).enumerated()
            .allSatisfy { position, pair in
                let bits = min(8, max(0, prefix - position * 8))
                let mask = bits == 0 ? 0 : UInt8(truncatingIfNeeded: 0xFF << (8 - bits))
                return pair.0 & mask == pair.1 & mask
            }
    }
}

/// The proxy that an environment variable names cannot be used.
///
/// Its text is not kept: it may hold a password.
public struct ProxyError: Error, Hashable, Sendable {
    /// The variable.
    public let variable: String
}

extension StringProtocol {
    /// The text with `%XX` resolved; `nil` if it is no text then.
    fileprivate var percentDecoded: String? {
        var out: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else { return nil }
                rest = rest.dropFirst(2)
                out.append(value)
            } else {
                out.append(byte)
            }
        }
        return String(validating: out, as: UTF8.self)
    }
}
