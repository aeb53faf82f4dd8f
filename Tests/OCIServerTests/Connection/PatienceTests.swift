// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCILayout
import OCITestKit
import Testing

@testable import OCIServer

/// Clients that make a server wait, and those that come in great numbers.
@Suite struct PatienceTests {
    @Test func `a head that does not come to its end is answered by 408`() async throws {
        try await withServer {
            $0.limits.headTimeout = .milliseconds(200)
        } _: { server in
            let connection = try await RawConnection.open(server.host)
            for byte in "GET /v2/ HTTP/1.1\r\nHost: localhost\r\nA: ".utf8 { await connection.send([byte]) }
            var sent = 0
            while !connection.received.isClosed, sent < 10_000 {
                await connection.send("x")
                sent += 1
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(try await connection.readToEnd().hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test func `a connection without a request is closed without a word`() async throws {
        try await withServer {
            $0.limits.idleTimeout = .milliseconds(150)
        } _: { server in
            let connection = try await RawConnection.open(server.host)
            #expect(try await connection.readToEnd() == "")
            // A request in time is answered; the silence after it is not. (A slow machine may be too late with it.)
            let used = try await RawConnection.open(server.host)
            await used.send("GET /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try await used.readToEnd().occurrences(of: "HTTP/1.1 ") <= 1)
        }
    }

    @Test func `a body that does not come is given up, and what came counts`() async throws {
        try await withServer {
            $0.limits.bodyTimeout = .milliseconds(300)
        } _: { server in
            let start = try await server.request("POST", "/v2/a/blobs/uploads/")
            let location = try #require(start.header("Location"))
            let connection = try await RawConnection.open(server.host)
            await connection.send(
                "PATCH \(location) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nhello"
            )
            let answer = try await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
            let status = try await server.request("GET", location)
            #expect(status.status == 204)
            #expect(status.header("Range") == "0-4")
        }
    }

    @Test func `a client that takes nothing of an answer is left`() async throws {
        try await withServer {
            $0.limits.writeTimeout = .milliseconds(300)
        } _: { server in
            let digest = try await server.push(someBytes(24 << 20), to: "a")
            let connection = try await RawConnection.open(server.host, reads: false)
            await connection.send("GET /v2/a/blobs/\(digest) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            // The server lets go of it by itself: a graceful shutdown would else wait for this answer.
            try await Task.sleep(for: .milliseconds(900))
            #expect(try await server.request("GET", "/v2/").status == 200)
            await connection.close()
        }
    }

    @Test func `one connection more than allowed waits for another one to end`() async throws {
        try await withServer {
            $0.limits.connections = 2
        } _: { server in
            let held = try await RawConnection.open(server.host)
            let other = try await RawConnection.open(server.host)
            for connection in [held, other] {
                await connection.send("GET /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
                try await connection.wait { $0.text.contains("{}") }
            }
            let third = try await RawConnection.open(server.host)
            await third.send("GET /v2/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            await #expect(throws: RawConnection.TimedOut.self) {
                try await third.wait(atMost: .milliseconds(300)) { !$0.text.isEmpty }
            }
            await held.close()
            #expect(try await third.readToEnd().hasPrefix("HTTP/1.1 200 "))
            await other.close()
        }
    }

    @Test func `uploads of one client, and of all, are bounded`() async throws {
        try await withServer {
            $0.limits.uploadsPerClient = 3
        } _: { server in
            var locations: [String] = []
            for _ in 0..<3 {
                let reply = try await server.request("POST", "/v2/a/blobs/uploads/")
                #expect(reply.status == 202)
                locations.append(try #require(reply.header("Location")))
            }
            let refused = try await server.request("POST", "/v2/b/blobs/uploads/")
            #expect(refused.status == 429)
            #expect(refused.codes == ["TOOMANYREQUESTS"])
            #expect(refused.header("Retry-After") != nil)
            #expect(try await server.request("DELETE", locations[0]).status == 204)
            #expect(try await server.request("POST", "/v2/b/blobs/uploads/").status == 202)
            #expect(try await server.request("POST", "/v2/b/blobs/uploads/").status == 429)
            // A whole blob in one request takes a place, too, and gives it back.
            let digest = try await server.store.openUploads().count
            #expect(digest == 3)
        }
    }

    @Test func `the bytes of all open uploads are bounded`() async throws {
        try await withServer {
            $0.limits.uploadBytes = 1000
        } _: { server in
            let first = try #require(try await server.request("POST", "/v2/a/blobs/uploads/").header("Location"))
            #expect(try await server.request("PATCH", first, body: someBytes(600)).status == 202)
            let second = try #require(try await server.request("POST", "/v2/a/blobs/uploads/").header("Location"))
            #expect(try await server.request("PATCH", second, body: someBytes(600)).status == 429)
            #expect(try await server.request("DELETE", first).status == 204)
            #expect(try await server.request("PATCH", second, body: someBytes(600)).status == 202)
        }
    }

    @Test func `uploads that nobody goes on with are removed, and others are not`() async throws {
        try await withServer {
            $0.limits.uploadAge = .seconds(0)
            $0.limits.purgeInterval = .milliseconds(30)
        } _: { server in
            let idle = try #require(try await server.request("POST", "/v2/a/blobs/uploads/").header("Location"))
            let deadline = ContinuousClock.now + .seconds(20)
            while try await server.request("GET", idle).status != 404 {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try await server.store.openUploads().isEmpty)
        }
        try await withServer {
            $0.limits.purgeInterval = .milliseconds(10)
        } _: { server in
            let young = try #require(try await server.request("POST", "/v2/a/blobs/uploads/").header("Location"))
            try await Task.sleep(for: .milliseconds(100))
            #expect(try await server.request("GET", young).status == 204)
        }
    }
}
