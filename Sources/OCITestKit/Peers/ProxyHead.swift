// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The head of a request to a forward proxy, read by hand: what comes after it belongs to somebody else.
struct ProxyHead {
    let request: ConnectProxy.Request
    private let version: Substring

    /// Reads a head, and returns it with the bytes that came behind it; `nil` if none came, or something else.
    static func read(
        _ parts: inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    ) async throws -> (ProxyHead, rest: ByteBuffer)? {
        var received = ByteBuffer()
        while received.readableBytes < 64 << 10, var bytes = try await parts.next() {
            received.writeBuffer(&bytes)
            let view = received.readableBytesView
            guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
            let head = ProxyHead(String(decoding: view[..<end.lowerBound], as: UTF8.self))
            received.moveReaderIndex(to: end.upperBound)
            return head.map { ($0, received) }
        }
        return nil
    }

    private init?(_ text: String) {
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = lines[0].split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3 else { return nil }
        version = words[2]
        request = ConnectProxy.Request(
            method: String(words[0]),
            target: String(words[1]),
            fields: lines.dropFirst()
                .compactMap { line in
                    guard let colon = line.firstIndex(of: ":") else { return nil }
                    let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                    return (String(line[..<colon]), String(value))
                }
        )
    }

    /// Where a request wants to go.
    static func target(of request: ConnectProxy.Request) -> (host: String, port: Int)? {
        var authority = request.target[...]
        if request.method != "CONNECT" {
            guard authority.hasPrefix("http://") else { return nil }
            authority = authority.dropFirst("http://".count).prefix { $0 != "/" && $0 != "?" }
        }
        guard let colon = authority.lastIndex(of: ":") else {
            return request.method == "CONNECT" ? nil : (String(authority), 80)
        }
        return Int(authority[authority.index(after: colon)...]).map { (String(authority[..<colon]), $0) }
    }

    /// The head of a plain request as the target gets it, without what was meant for the proxy.
    ///
    /// The connection ends with the answer, so that the next request comes to the proxy on a new one and is recorded.
    var forwarded: String {
        let path = request.target.dropFirst("http://".count).drop { $0 != "/" && $0 != "?" }
        let kept = request.fields.filter {
            !["connection", "proxy-connection", "proxy-authorization"].contains($0.name.lowercased())
        }
        let fields = (kept + [(name: "Connection", value: "close")]).map { "\($0.name): \($0.value)\r\n" }
        return "\(request.method) \(path.hasPrefix("/") ? "" : "/")\(path) \(version)\r\n\(fields.joined())\r\n"
    }

    /// An answer of the proxy itself.
    static func refusal(_ status: Int) -> ByteBuffer {
        let challenge = status == 407 ? "Proxy-Authenticate: Basic realm=\"proxy\"\r\n" : ""
        return ByteBuffer(
            string: "HTTP/1.1 \(status) Refused\r\n\(challenge)Content-Length: 0\r\nConnection: close\r\n\r\n"
        )
    }
}
