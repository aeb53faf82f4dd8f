// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCILayout
import OCITestKit
import Testing

@testable import OCIServer

/// Messages that two readers could take for different ones, and those that are too long (RFC 9112, 11.2).
@Suite struct MessageTests {
    static let host = "Host: localhost\r\n"

    @Test(arguments: [
        (
            "both lengths",
            "POST /v2/ HTTP/1.1\r\n\(host)Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        (
            "lengths the other way",
            "POST /v2/ HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"
        ),
        ("two lengths", "POST /v2/ HTTP/1.1\r\n\(host)Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        ("a length twice", "POST /v2/ HTTP/1.1\r\n\(host)Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
        ("a list of lengths", "POST /v2/ HTTP/1.1\r\n\(host)Content-Length: 5, 5\r\n\r\nhello"),
        ("a length with a sign", "POST /v2/ HTTP/1.1\r\n\(host)Content-Length: +5\r\n\r\nhello"),
        ("a negative length", "POST /v2/ HTTP/1.1\r\n\(host)Content-Length: -5\r\n\r\nhello"),
        ("a length in hexadecimal", "POST /v2/ HTTP/1.1\r\n\(host)Content-Length: 0x5\r\n\r\nhello"),
        ("a length beyond all", "POST /v2/ HTTP/1.1\r\n\(host)Content-Length: 99999999999999999999\r\n\r\nhello"),
        ("an unknown encoding", "POST /v2/ HTTP/1.1\r\n\(host)Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        (
            "an encoding behind chunked",
            "POST /v2/ HTTP/1.1\r\n\(host)Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"
        ),
        ("chunked in the old version", "POST /v2/ HTTP/1.0\r\n\(host)Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("lines that end with a line feed", "GET /v2/ HTTP/1.1\nHost: localhost\n\n"),
        ("a field that ends with a line feed", "GET /v2/ HTTP/1.1\r\nHost: localhost\nA: b\r\n\r\n"),
        ("a folded field", "GET /v2/ HTTP/1.1\r\n\(host)A: b\r\n c\r\n\r\n"),
        ("a space before the colon", "GET /v2/ HTTP/1.1\r\n\(host)Content-Length : 5\r\n\r\nhello"),
        ("a field without a colon", "GET /v2/ HTTP/1.1\r\n\(host)nonsense\r\n\r\n"),
        ("a zero byte", "GET /v2/ HTTP/1.1\r\n\(host)A: b\0c\r\n\r\n"),
        ("no host", "GET /v2/ HTTP/1.1\r\n\r\n"),
        ("two hosts", "GET /v2/ HTTP/1.1\r\n\(host)Host: evil.test\r\n\r\n"),
        ("the same host twice", "GET /v2/ HTTP/1.1\r\n\(host)\(host)\r\n"),
        ("the form for proxies", "GET http://localhost/v2/ HTTP/1.1\r\n\(host)\r\n"),
        ("a target that is no path", "GET v2 HTTP/1.1\r\n\(host)\r\n"),
        ("a tunnel", "CONNECT localhost:80 HTTP/1.1\r\n\(host)\r\n"),
        ("no version", "GET /v2/\r\n\r\n"),
        ("an unknown version", "GET /v2/ HTTP/3.7\r\n\(host)\r\n"),
        ("no method", " /v2/ HTTP/1.1\r\n\(host)\r\n"),
        ("another protocol", "\u{16}\u{03}\u{01}\u{00}\u{A5}\u{01}\u{00}\u{00}"),
    ])
    func `what can be read in two ways is answered by 400, and the connection ends`(_ what: String, request: String)
        async throws
    {
        try await withServer { server in
            // A second request behind: it must not be seen as one.
            let answer = try await server.raw(
                request + "GET /v2/smuggled/tags/list HTTP/1.1\r\nHost: localhost\r\n\r\n"
            )
            #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(what): \(answer)")
            #expect(answer.occurrences(of: "HTTP/1.1 ") == 1, "\(what): \(answer)")
            #expect(answer.lowercased().contains("connection: close"), "\(what)")
            #expect(answer.contains(#"{"errors":[{"code":"#), "\(what)")
        }
    }

    @Test(arguments: [
        ("a bad chunk", "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n"),
        ("a chunk that goes on", "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloworld\r\n0\r\n\r\n"),
        ("a chunk beyond all", "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    ])
    func `a body that breaks the rules ends its request and the connection`(_ what: String, rest: String) async throws {
        try await withServer { server in
            let start = "POST /v2/a/blobs/uploads/?digest=sha256:\(String(repeating: "a", count: 64)) HTTP/1.1\r\n"
            let answer = try await server.raw(start + Self.host + rest)
            #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(what): \(answer)")
            #expect(answer.lowercased().contains("connection: close"), "\(what)")
            #expect(try await server.store.openUploads().isEmpty)
        }
    }

    @Test(arguments: [
        ("a long field", "A: \(String(repeating: "x", count: 20_000))\r\n"),
        ("many fields", String(repeating: "A: b\r\n", count: 200)),
        ("long fields", (0..<90).map { "A\($0): \(String(repeating: "x", count: 1000))\r\n" }.joined()),
    ])
    func `a head that is too large is answered by 431`(_ what: String, fields: String) async throws {
        try await withServer { server in
            let answer = try await server.raw("GET /v2/ HTTP/1.1\r\n\(Self.host)\(fields)\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 431 "), "\(what): \(answer)")
        }
    }

    @Test func `a head without end is answered by 431 after a bounded number of bytes`() async throws {
        try await withServer { server in
            for start in ["GET /\(String(repeating: "x", count: 1000))", "GET /v2/ HTTP/1.1\r\n\(Self.host)A: "] {
                let connection = try await RawConnection.open(server.host)
                await connection.send(start)
                let piece = Array(String(repeating: "y", count: 64 << 10).utf8)
                var sent = 0
                while !connection.received.isClosed, sent < 64 << 20 {
                    await connection.send(piece)
                    sent += piece.count
                }
                let answer = try await connection.readToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 4"), "\(answer)")
                #expect(sent < 64 << 20)
            }
        }
    }

    @Test func `requests that follow each other are answered in order`() async throws {
        try await withServer { server in
            var text = ""
            for place in 0..<200 { text += "GET /v2/none-\(place)/tags/list HTTP/1.1\r\n\(Self.host)\r\n" }
            text += "GET /v2/ HTTP/1.1\r\n\(Self.host)Connection: close\r\n\r\n"
            let answer = try await server.raw(text)
            #expect(answer.occurrences(of: "HTTP/1.1 404 ") == 200)
            #expect(answer.occurrences(of: "HTTP/1.1 200 ") == 1)
        }
    }

    @Test func `answers that are under way are written before a connection ends for a bad message`() async throws {
        try await withServer { server in
            let good = "GET /v2/ HTTP/1.1\r\n\(Self.host)\r\n"
            let answer = try await server.raw(good + good + "nonsense\r\n\r\n")
            #expect(answer.occurrences(of: "HTTP/1.1 200 ") == 2)
            #expect(answer.occurrences(of: "HTTP/1.1 400 ") == 1)
        }
    }

    @Test func `an old client gets what it understands`() async throws {
        try await withServer { server in
            let closed = try await server.raw("GET /v2/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
            #expect(closed.lowercased().contains("connection: close"))
            let connection = try await RawConnection.open(server.host)
            let request = "GET /v2/ HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"
            for count in 1...2 {
                await connection.send(request)
                let received = try await connection.wait { $0.text.occurrences(of: "{}") == count }
                #expect(received.text.lowercased().contains("connection: keep-alive"))
            }
            await connection.close()
        }
    }

    @Test func `random bytes are answered, and the server goes on`() async throws {
        try await withServer { server in
            let seed = UInt64.random(in: 0 ... .max)
            var random = SeededRandom(seed: seed)
            let words = [
                "GET ", "/v2/", " HTTP/1.1", "\r\n", "\n", "Host: localhost", "Content-Length: ", "5", "-1",
                "Transfer-Encoding: chunked", "\0", "é", ":", " ", "POST /v2/a/blobs/uploads/", "Expect: 100-continue",
            ]
            for _ in 0..<60 {
                let connection = try await RawConnection.open(server.host)
                let count = random.next(in: 1...30)
                await connection.send((0..<count).map { _ in words[random.next(in: 0...(words.count - 1))] }.joined())
                await connection.finish()
                let answer = try await connection.readToEnd()
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 "), "seed \(seed): \(answer)")
            }
            #expect(try await server.request("GET", "/v2/").status == 200)
        }
    }
}
