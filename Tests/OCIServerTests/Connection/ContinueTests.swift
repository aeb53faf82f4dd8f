// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIServer

/// `Expect: 100-continue`: a client sends a long body only when it is wanted (RFC 9110, 10.1.1).
@Suite struct ContinueTests {
    private let expectation = "Host: localhost\r\nExpect: 100-continue\r\n"

    @Test func `a body that is wanted is asked for`() async throws {
        try await withServer { server in
            let bytes = someBytes(5000)
            let digest = Digester.digest(of: bytes)
            let start = try #require(try await server.request("POST", "/v2/a/blobs/uploads/").header("Location"))
            let connection = try await RawConnection.open(server.host)
            await connection.send(
                "PUT \(start)?digest=\(digest) HTTP/1.1\r\n\(expectation)Content-Length: 5000\r\nConnection: close\r\n\r\n"
            )
            try await connection.wait { $0.text.contains("\r\n\r\n") }
            #expect(connection.received.text == "HTTP/1.1 100 Continue\r\n\r\n")
            await connection.send(bytes)
            let answer = try await connection.readToEnd()
            #expect(answer.contains("HTTP/1.1 201 "), "\(answer)")
            #expect(answer.occurrences(of: "100 Continue") == 1)
        }
    }

    @Test func `a body that is not wanted is refused by the answer alone`() async throws {
        try await withServer { server in
            let digest = Digester.digest(of: [1])
            let start = try #require(try await server.request("POST", "/v2/a/blobs/uploads/").header("Location"))
            for (request, status) in [
                ("PUT /v2/a/blobs/uploads/0123456789abcdef0123456789abcdef?digest=\(digest)", 404),
                ("PUT \(start)", 400),
                ("PUT \(start)?digest=sha256:x", 400),
                ("PUT /v2/a/manifests/latest", 413),
                ("POST /v2/A/blobs/uploads/", 400),
                ("PATCH /v2/a/manifests/latest", 405),
            ] {
                let answer = try await server.raw(
                    "\(request) HTTP/1.1\r\n\(expectation)Content-Length: 5000000\r\n\r\n"
                )
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(request): \(answer)")
                #expect(!answer.contains("100 Continue"))
                // Whether the body still comes is not known, so the connection is of no more use.
                #expect(answer.lowercased().contains("connection: close"))
            }
        }
    }

    @Test func `a manifest that is too large is refused after its bound, without its end`() async throws {
        try await withServer { server in
            let connection = try await RawConnection.open(server.host)
            await connection.send(
                "PUT /v2/a/manifests/latest HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            let piece = someBytes(256 << 10)
            var sent = 0
            while !connection.received.text.contains("\r\n\r\n"), sent < 256 << 20 {
                await connection.send(Array("40000\r\n".utf8) + piece + Array("\r\n".utf8))
                sent += piece.count
            }
            let answer = try await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(answer)")
            #expect(sent < 64 << 20)
        }
    }

    @Test func `a client that does not wait gets its answer all the same`() async throws {
        try await withServer { server in
            let bytes = someBytes(100)
            let digest = Digester.digest(of: bytes)
            let connection = try await RawConnection.open(server.host)
            let head =
                "POST /v2/a/blobs/uploads/?digest=\(digest) HTTP/1.1\r\n\(expectation)Content-Length: 100\r\n"
                + "Connection: close\r\n\r\n"
            await connection.send(Array(head.utf8) + bytes)
            #expect(try await connection.readToEnd().contains("HTTP/1.1 201 "))
        }
    }
}
