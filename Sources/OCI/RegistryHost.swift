// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The host of a registry with its port, if one is written: `registry.lan`, `10.0.0.5:5000`, `[::1]:5000`.
public struct RegistryHost: Hashable, Sendable {
    /// The host in lower case, an IPv6 address without its brackets.
    public let name: String
    /// The port, where one is written.
    public let port: Int?

    /// Docker Hub, under the name that people write.
    public static let dockerHub = RegistryHost(known: "docker.io")

    /// Reads `host` or `host:port`; Docker Hub's other name becomes `docker.io`.
    /// - Throws: ``NameError`` for what cannot be a host, among it numbers such as `0x7f000001` and `127.1`, which
    ///   resolvers read as addresses that they do not look like.
    public init(_ text: String) throws(NameError) {
        func fail(_ reason: NameError.Reason) -> NameError { NameError(kind: .host, text: text, reason: reason) }
        guard !text.isEmpty else { throw fail(.empty) }
        if let at = text.lastIndex(of: "@") {
            throw NameError(kind: .host, text: "…\(text[at...])", reason: .userInformation)
        }
        guard text.utf8.count <= 261 else { throw fail(.tooLong(261)) }
        let hostText: Substring
        let portText: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw fail(.character(at: text.utf8.count)) }
            hostText = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else {
                throw fail(.character(at: text.utf8.distance(from: text.startIndex, to: rest.startIndex)))
            }
            portText = rest.isEmpty ? nil : rest.dropFirst()
            guard IPAddress(ipv6: hostText) != nil else { throw fail(.character(at: 1)) }
        } else {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            hostText = parts[0]
            portText = parts.count == 2 ? parts[1] : nil
            if let bad = Self.firstBadByte(in: hostText.utf8) { throw fail(.character(at: bad)) }
            if Self.looksNumeric(hostText), IPAddress(ipv4: hostText) == nil { throw fail(.ambiguousAddress) }
        }
        if let portText {
            guard !portText.isEmpty, portText.utf8.count <= 5, portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let port = Int(portText), (1...65535).contains(port)
            else { throw fail(.port) }
            self.port = port
        } else {
            port = nil
        }
        let name = hostText.lowercased()
        self.name = name == "index.docker.io" ? "docker.io" : name
    }

    private init(known name: String) {
        self.name = name
        port = nil
    }

    /// The address, if the host is written as one.
    public var address: IPAddress? { IPAddress(name) }

    /// Whether the host is this machine by its writing alone: `localhost`, `127.0.0.0/8` or `::1`.
    ///
    /// Nothing is resolved.
    public var isLoopback: Bool { name == "localhost" || address?.kind == .loopback }

    /// The host as it stands in a URL, an IPv6 address in brackets, without the port.
    public var urlName: String { name.contains(":") ? "[\(name)]" : name }

    /// Dots must separate something: `[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*`; the offset of the first byte that does not fit.
    private static func firstBadByte(in host: Substring.UTF8View) -> Int? {
        var labelLength = 0
        for (offset, byte) in host.enumerated() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                labelLength += 1
            case UInt8(ascii: "-") where labelLength > 0: labelLength += 1
            case UInt8(ascii: ".") where labelLength > 0: labelLength = 0
            default: return offset
            }
        }
        return labelLength > 0 ? nil : host.count
    }

    /// Whether the last label is a number, decimal or hexadecimal, so that a resolver takes the whole for an address
    /// (WHATWG URL, "ends in a number").
    private static func looksNumeric(_ host: Substring) -> Bool {
        guard let last = host.split(separator: ".").last?.lowercased() else { return false }
        return last.utf8.allSatisfy { (0x30...0x39).contains($0) }
            || (last.hasPrefix("0x") && last.dropFirst(2).allSatisfy(\.isHexDigit))
    }
}

extension RegistryHost: CustomStringConvertible, Comparable {
    /// The host and, where one is written, the port.
    public var description: String { port.map { "\(urlName):\($0)" } ?? urlName }

    /// Orders by name, then by port.
    public static func < (left: Self, right: Self) -> Bool {
        (left.name, left.port ?? 0) < (right.name, right.port ?? 0)
    }
}
