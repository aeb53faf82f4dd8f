// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1

/// A request as a scripted peer or a proxy received it.
public struct PeerRequest: Sendable {
    /// How much of a body is kept, in bytes.
    public static let keptBodySize = 1 << 20

    /// The method, such as `GET`.
    public let method: String
    /// The target of the request line, with its query.
    public let uri: String
    /// The header fields in the order in which they came.
    public let fields: [(name: String, value: String)]
    /// How many bytes of the body have been read so far.
    public internal(set) var bodyLength: Int64 = 0
    /// The start of the body, up to ``keptBodySize``.
    public internal(set) var body: [UInt8] = []
    /// Whether the whole body was read.
    public internal(set) var isComplete = false

    init(_ head: HTTPRequestHead) {
        method = head.method.rawValue
        uri = head.uri
        fields = head.headers.map { (name: $0.name, value: $0.value) }
    }

    /// The part of the target before the query.
    public var path: String { String(uri.prefix { $0 != "?" }) }

    /// The first header field of a name, whose case does not count.
    public func header(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The value of a query parameter, with its percent escapes resolved; empty for a name without a value.
    public func query(_ name: String) -> String? {
        guard let question = uri.firstIndex(of: "?") else { return nil }
        for pair in uri[uri.index(after: question)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if Self.unescaped(parts[0]) == name { return parts.count == 2 ? Self.unescaped(parts[1]) : "" }
        }
        return nil
    }

    mutating func take(_ bytes: some Collection<UInt8>) {
        bodyLength += Int64(bytes.count)
        body += bytes.prefix(Self.keptBodySize - body.count)
    }

    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let code = UInt8(String(Substring(rest.prefix(2))), radix: 16) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension PeerRequest: CustomStringConvertible {
    /// Method and target.
    public var description: String { "\(method) \(uri)" }
}
