// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// An IP address and which part of the address space it belongs to, by which requests to hosts that a server chose are
/// judged.
public struct IPAddress: Hashable, Sendable {
    /// A part of the address space.
    public enum Kind: Hashable, Sendable {
        /// This machine: `127.0.0.0/8`, `::1`.
        case loopback
        /// No address: `0.0.0.0/8`, `::`. Connecting to it reaches this machine on some systems.
        case unspecified
        /// This link, among it the metadata services of clouds: `169.254.0.0/16`, `fe80::/10`, and the known addresses of
        /// metadata services outside of these.
        case linkLocal
        /// A private network: RFC 1918, RFC 6598, `fc00::/7`.
        case `private`
        /// More than one receiver, or reserved.
        case multicast
        /// The rest.
        case `public`
    }

    /// Four bytes or sixteen; an IPv4 address in IPv6 form is kept as IPv4.
    public let bytes: [UInt8]

    /// Reads an address in either form; IPv6 without brackets.
    public init?(_ text: some StringProtocol) {
        if text.contains(":") { self.init(ipv6: text) } else { self.init(ipv4: text) }
    }

    /// Takes the four or sixteen bytes of an address in network order; `nil` for another length.
    ///
    /// IPv4 addresses inside of IPv6 ones (mapped, compatible, NAT64, 6to4) become what they stand for.
    public init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self.bytes = bytes
        case 16: self.bytes = Self.embeddedIPv4(in: bytes) ?? bytes
        default: return nil
        }
    }

    /// Reads exactly four decimal numbers, without leading zeros.
    public init?(ipv4 text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                part == "0" || !part.hasPrefix("0"), let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        self.bytes = bytes
    }

    /// Reads an IPv6 address without brackets and without a zone.
    public init?(ipv6 text: some StringProtocol) {
        let text = String(text)
        guard text.utf8.count <= 45 else { return nil }
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard halves.count <= 2, let head = Self.groups(halves[0], isEnd: halves.count == 1) else { return nil }
        guard halves.count == 2 else {
            guard head.count == 16 else { return nil }
            self.init(bytes: head)
            return
        }
        guard let tail = Self.groups(halves[1], isEnd: true), head.count + tail.count <= 14 else { return nil }
        self.init(bytes: head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail)
    }

    /// The part of the address space that the address belongs to.
    public var kind: Kind { bytes.count == 4 ? ipv4Kind : ipv6Kind }

    private var ipv4Kind: Kind {
        switch (bytes[0], bytes[1]) {
        case (127, _): .loopback
        case (0, _): .unspecified
        case (169, 254): .linkLocal
        case (100, 100) where bytes[2] == 100 && bytes[3] == 200: .linkLocal
        case (10, _), (172, 16...31), (192, 168), (100, 64...127): .private
        case (224..., _): .multicast
        default: .public
        }
    }

    private var ipv6Kind: Kind {
        if bytes.dropLast().allSatisfy({ $0 == 0 }) {
            return bytes[15] == 1 ? .loopback : bytes[15] == 0 ? .unspecified : .public
        }
        let isMetadata = bytes[0] == 0xFD && bytes[1] == 0 && bytes[2] == 0x0E && bytes[3] == 0xC2
        if isMetadata || (bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80) { return .linkLocal }
        if bytes[0] & 0xFE == 0xFC || (bytes[0] == 0xFE && bytes[1] & 0xC0 == 0xC0) { return .private }
        return bytes[0] == 0xFF ? .multicast : .public
    }

    /// The bytes of groups that colons separate; at the end of an address the last may be an IPv4 address.
    private static func groups(_ text: Substring, isEnd: Bool) -> [UInt8]? {
        if text.isEmpty { return [] }
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (position, part) in parts.enumerated() {
            if isEnd, position == parts.count - 1, part.contains(".") {
                guard let tail = IPAddress(ipv4: part) else { return nil }
                bytes += tail.bytes
            } else {
                guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
            }
        }
        return bytes.count <= 16 ? bytes : nil
    }

    private static func embeddedIPv4(in bytes: [UInt8]) -> [UInt8]? {
        let zeros = bytes.prefix(10).allSatisfy { $0 == 0 }
        if zeros, bytes[10] == 0xFF, bytes[11] == 0xFF { return Array(bytes[12...]) }
        if zeros, bytes[10] == 0, bytes[11] == 0, bytes[12] != 0 { return Array(bytes[12...]) }
        let nat64: [UInt8] = [0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
        if Array(bytes[..<12]) == nat64 { return Array(bytes[12...]) }
        if bytes[0] == 0x20, bytes[1] == 0x02 { return Array(bytes[2..<6]) }
        return nil
    }
}
