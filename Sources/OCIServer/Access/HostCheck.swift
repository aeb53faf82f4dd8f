// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes

/// Which host names a server answers to, and which pages may talk to it.
///
/// A page in a browser can reach a server on loopback by a name of its own that it lets point there (DNS rebinding), and can
/// send simple requests to any address. A registry without passwords must not do what such a page wants.
public struct HostCheck: Sendable {
    private let names: Set<String>
    private let acceptsAnyName: Bool

    /// Makes a check.
    /// - Parameters:
    ///   - names: The names that clients may use, without a port; with none, any name unless the server is on loopback.
    ///   - isLoopback: Whether the server is bound to loopback; then `localhost` and loopback addresses are accepted, too.
    public init(names: [String], isLoopback: Bool) {
        self.names = Set(names.map { $0.lowercased() } + (isLoopback || !names.isEmpty ? ["localhost"] : []))
        acceptsAnyName = names.isEmpty && !isLoopback
    }

    /// Refuses a request for another host, and one that a page of another site made.
    func admit(authority: String?, headers: HTTPFields) throws(RegistryFault) {
        guard let authority, let host = Self.host(of: authority) else {
            throw .unsupported("the Host is missing or not valid", status: .badRequest).closing
        }
        guard acceptsAnyName || names.contains(host) || Self.isLoopbackAddress(host) else {
            throw .denied("this registry is not called \"\(host.prefix(100))\"", status: .misdirectedRequest).closing
        }
        if let origin = headers[.origin], !Self.isSame(origin, authority) {
            throw .denied("requests of pages from elsewhere are refused").closing
        }
        if let site = headers[.secFetchSite], site != "same-origin", site != "none" {
            throw .denied("requests of pages from elsewhere are refused").closing
        }
    }

    /// The host of `host:port`, in lower case and without the brackets of an IPv6 address; `nil` for what is none.
    static func host(of authority: String) -> String? {
        guard (1...300).contains(authority.utf8.count) else { return nil }
        let isPlain = authority.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x3A, 0x41...0x5A, 0x61...0x7A: true
            default: "-._[]".utf8.contains(byte)
            }
        }
        guard isPlain else { return nil }
        let text = authority.lowercased()
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            return String(text[text.index(after: text.startIndex)..<end])
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, !parts[0].isEmpty, !text.contains("[") && !text.contains("]") else { return nil }
        return String(parts[0])
    }

    /// Whether a host is an address of loopback in its usual form.
    public static func isLoopbackAddress(_ host: String) -> Bool {
        if host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    && (Int(part) ?? 256) < 256
            }
    }

    private static func isSame(_ origin: String, _ authority: String) -> Bool {
        let origin = origin.lowercased()
        let authority = authority.lowercased()
        return origin == "http://\(authority)" || origin == "https://\(authority)"
    }
}
