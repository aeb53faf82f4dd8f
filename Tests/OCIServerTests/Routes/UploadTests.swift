// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCILayout
import OCITestKit
import Testing

@testable import OCIServer

/// Every way in which a blob can be pushed (distribution-spec, "Pushing blobs").
@Suite struct UploadTests {
    private func begin(_ server: TestServer, _ name: String = "a") async throws -> String {
        let reply = try await server.request("POST", "/v2/\(name)/blobs/uploads/")
        #expect(reply.status == 202)
        #expect(reply.header("Range")?.hasPrefix("0-") == true)
        #expect(reply.header("Docker-Upload-UUID")?.count == 32)
        #expect(reply.header("Content-Length") == "0")
        let location = try #require(reply.header("Location"))
        #expect(location.hasPrefix("/v2/\(name)/blobs/uploads/"))
        return location
    }

    private func chunk(_ bytes: [UInt8], at offset: Int) -> [(name: String, value: String)] {
        [("Content-Type", "application/octet-stream"), ("Content-Range", "\(offset)-\(offset + bytes.count - 1)")]
    }

    private func expect(
        _ bytes: [UInt8],
        _ digest: Digest,
        from reply: PlainHTTP.Reply,
        _ server: TestServer,
        _ what: String
    ) async throws {
        #expect(reply.status == 201, "\(what): \(reply.text)")
        #expect(reply.header("Docker-Content-Digest") == digest.description)
        let location = try #require(reply.header("Location"))
        #expect(try await server.request("GET", location).body == bytes, "\(what)")
    }

    @Test(arguments: Digest.Algorithm.allCases)
    func `every form of push stores the bytes`(_ algorithm: Digest.Algorithm) async throws {
        try await withServer { server in
            for size in [0, 1, 2, 3000, 600_000] {
                let bytes = someBytes(size, seed: UInt64(size + 7))
                let digest = Digester.digest(of: bytes, algorithm: algorithm)
                let cut = size / 2
                let name = { (form: String) in "\(form)/\(size)" }

                let one = "/v2/\(name("one"))/blobs/uploads/?digest=\(digest)"
                if size > 0 || digest == Digester.digest(of: [], algorithm: algorithm) {
                    try await expect(bytes, digest, from: server.request("POST", one, body: bytes), server, "POST")
                }

                var location = try await begin(server, name("put"))
                var reply = try await server.request("PUT", "\(location)?digest=\(digest)", body: bytes)
                try await expect(bytes, digest, from: reply, server, "POST, PUT")

                location = try await begin(server, name("stream"))
                reply = try await server.request("PATCH", location, body: bytes)
                #expect(reply.status == 202)
                reply = try await server.request("PUT", "\(try #require(reply.header("Location")))?digest=\(digest)")
                try await expect(bytes, digest, from: reply, server, "POST, PATCH, PUT")

                guard size > 1 else { continue }
                location = try await begin(server, name("chunks"))
                var offset = 0
                for part in [Array(bytes[..<cut]), Array(bytes[cut...])] {
                    reply = try await server.request("PATCH", location, chunk(part, at: offset), body: part)
                    #expect(reply.status == 202)
                    offset += part.count
                    #expect(reply.header("Range") == "0-\(offset - 1)")
                    location = try #require(reply.header("Location"))
                }
                reply = try await server.request("PUT", "\(location)?digest=\(digest)")
                try await expect(bytes, digest, from: reply, server, "chunks")

                location = try await begin(server, name("last"))
                let first = Array(bytes[..<cut])
                let rest = Array(bytes[cut...])
                _ = try await server.request("PATCH", location, chunk(first, at: 0), body: first)
                reply = try await server.request(
                    "PUT",
                    "\(location)?digest=\(digest)",
                    chunk(rest, at: cut),
                    body: rest
                )
                try await expect(bytes, digest, from: reply, server, "the last chunk in PUT")
            }
            #expect(try await server.store.openUploads().isEmpty)
        }
    }

    @Test func `a body in chunks of unknown length is taken in`() async throws {
        try await withServer { server in
            let bytes = Array("hello world".utf8)
            let location = try await begin(server)
            let answer = try await server.raw(
                "PATCH \(location) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                    + "6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n"
            )
            #expect(answer.hasPrefix("HTTP/1.1 202 "), "\(answer)")
            #expect(answer.contains("Range: 0-10"))
            let digest = Digester.digest(of: bytes)
            let reply = try await server.request("PUT", "\(location)?digest=\(digest)")
            try await expect(bytes, digest, from: reply, server, "chunked")
        }
    }

    @Test func `a chunk out of order is refused, and the session goes on`() async throws {
        try await withServer { server in
            let bytes = someBytes(3000)
            let digest = Digester.digest(of: bytes)
            let location = try await begin(server)
            let first = Array(bytes[..<1000])
            let second = Array(bytes[1000..<2000])
            let third = Array(bytes[2000...])
            #expect(try await server.request("PATCH", location, chunk(first, at: 0), body: first).status == 202)
            for (method, uri, offset, part) in [
                ("PATCH", location, 2000, third), ("PATCH", location, 0, first),
                ("PUT", "\(location)?digest=\(digest)", 2000, third),
                ("PUT", "\(location)?digest=\(digest)", 0, first),
            ] {
                let reply = try await server.request(method, uri, chunk(part, at: offset), body: part)
                #expect(reply.status == 416, "\(method) at \(offset)")
                #expect(reply.header("Range") == "0-999")
                #expect(reply.header("Location") == location)
                for asking in ["GET", "HEAD"] {
                    let status = try await server.request(asking, location)
                    #expect(status.status == 204)
                    #expect(status.header("Range") == "0-999")
                    #expect(status.header("Location") == location)
                }
            }
            #expect(try await server.request("PATCH", location, chunk(second, at: 1000), body: second).status == 202)
            let reply = try await server.request(
                "PUT",
                "\(location)?digest=\(digest)",
                chunk(third, at: 2000),
                body: third
            )
            try await expect(bytes, digest, from: reply, server, "in order at last")
        }
    }

    @Test func `a first chunk with a gap before it is refused`() async throws {
        try await withServer { server in
            let location = try await begin(server)
            let reply = try await server.request("PATCH", location, chunk([1, 2], at: 5), body: [1, 2])
            #expect(reply.status == 416)
            let status = try await server.request("GET", location)
            #expect(status.status == 204)
            #expect(status.header("Range")?.hasPrefix("0-") == true)
        }
    }

    @Test(arguments: ["bytes 0-1", "0-1/2", "1-0", "0-5", "x", "0-"])
    func `a place that is none, or does not fit the body, is refused`(_ range: String) async throws {
        try await withServer { server in
            let location = try await begin(server)
            let reply = try await server.request("PATCH", location, [("Content-Range", range)], body: [1, 2])
            #expect(reply.status == 400)
            #expect(try await server.request("GET", location).header("Range") == "0-0")
        }
    }

    @Test func `another digest than that of the bytes is refused on every form`() async throws {
        try await withServer { server in
            let bytes = someBytes(100)
            let other = Digester.digest(of: [1, 2, 3])
            let one = try await server.request("POST", "/v2/a/blobs/uploads/?digest=\(other)", body: bytes)
            #expect(one.status == 400)
            #expect(one.codes == ["DIGEST_INVALID"])
            var location = try await begin(server)
            #expect(try await server.request("PUT", "\(location)?digest=\(other)", body: bytes).status == 400)
            #expect(try await server.request("GET", location).status == 404)
            location = try await begin(server)
            #expect(try await server.request("PATCH", location, body: bytes).status == 202)
            let put = try await server.request("PUT", "\(location)?digest=\(other)")
            #expect(put.status == 400)
            #expect(put.codes == ["DIGEST_INVALID"])
            #expect(try await server.request("GET", "/v2/a/blobs/\(other)").status == 404)
            for bad in ["", "?digest=", "?digest=sha256:x", "?digest=md5:d41d8cd98f00b204e9800998ecf8427e"] {
                location = try await begin(server)
                let reply = try await server.request("PUT", location + bad, body: bytes)
                #expect(reply.status == 400, "\(bad)")
                #expect(reply.codes == ["DIGEST_INVALID"])
                #expect(try await server.request("DELETE", location).status == 204)
            }
            #expect(try await server.store.openUploads().isEmpty)
        }
    }

    @Test func `a digest without a body begins a session`() async throws {
        try await withServer { server in
            let bytes = someBytes(10)
            let digest = Digester.digest(of: bytes)
            let reply = try await server.request("POST", "/v2/a/blobs/uploads/?digest=\(digest)")
            #expect(reply.status == 202)
            let location = try #require(reply.header("Location"))
            #expect(try await server.request("PUT", "\(location)?digest=\(digest)", body: bytes).status == 201)
        }
    }

    @Test func `a session can be cancelled, once`() async throws {
        try await withServer { server in
            let location = try await begin(server)
            _ = try await server.request("PATCH", location, body: [1])
            #expect(try await server.request("DELETE", location).status == 204)
            for method in ["GET", "PATCH", "PUT", "DELETE"] {
                let reply = try await server.request(method, location + "?digest=\(Digester.digest(of: [1]))")
                #expect(reply.status == 404, "\(method)")
                #expect(reply.codes == ["BLOB_UPLOAD_UNKNOWN"])
            }
        }
    }

    @Test func `a session belongs to its repository`() async throws {
        try await withServer { server in
            let location = try await begin(server, "a")
            let foreign = location.replacing("/v2/a/", with: "/v2/b/")
            for method in ["GET", "PATCH", "PUT", "DELETE"] {
                let reply = try await server.request(method, foreign + "?digest=\(Digester.digest(of: [1]))", body: [1])
                #expect(reply.status == 404, "\(method)")
            }
            #expect(try await server.request("GET", location).header("Range") == "0-0")
            for id in ["x", "..%2f..", "0123456789abcdef0123456789abcdef", String(repeating: "a", count: 500)] {
                #expect(try await server.request("GET", "/v2/a/blobs/uploads/\(id)").status / 100 == 4)
            }
        }
    }

    @Test func `what arrived of a chunk that was cut counts, and the upload goes on behind it`() async throws {
        try await withServer { server in
            let bytes = someBytes(500_000)
            let digest = Digester.digest(of: bytes)
            let location = try await begin(server)
            let connection = try await RawConnection.open(server.host)
            await connection.send(
                "PATCH \(location) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\n"
            )
            await connection.send(Array(bytes[..<200_001]))
            await connection.close()
            let size = try await settled(location, server, beyond: 1)
            #expect(size == 200_001)
            let rest = Array(bytes[size...])
            let put = "\(location)?digest=\(digest)"
            let reply = try await server.request("PUT", put, chunk(rest, at: size), body: rest)
            try await expect(bytes, digest, from: reply, server, "resumed")
        }
    }

    @Test func `a session outlives its server, and goes on from the exact byte`() async throws {
        let folder = temporaryPath("restart")
        defer { removeFolder(folder) }
        let bytes = someBytes(400_000)
        let digest = Digester.digest(of: bytes)
        let location = try await withServer(in: folder) { server in
            let location = try await begin(server)
            let first = Array(bytes[..<100_000])
            #expect(try await server.request("PATCH", location, chunk(first, at: 0), body: first).status == 202)
            return location
        }
        try await withServer(in: folder) { server in
            let connection = try await RawConnection.open(server.host)
            await connection.send("PATCH \(location) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n")
            await connection.send(Array(bytes[100_000..<250_000]))
            await connection.close()
            #expect(try await settled(location, server, beyond: 100_000) == 250_000)
        }
        try await withServer(in: folder) { server in
            #expect(try await server.request("GET", location).header("Range") == "0-249999")
            let rest = Array(bytes[250_000...])
            let reply = try await server.request(
                "PUT",
                "\(location)?digest=\(digest)",
                chunk(rest, at: 250_000),
                body: rest
            )
            try await expect(bytes, digest, from: reply, server, "after two restarts")
        }
    }

    /// Waits until an upload has more than it had and stands still, which it does soon after its connection was closed.
    private func settled(_ location: String, _ server: TestServer, beyond old: Int) async throws -> Int {
        var last = -1
        var since = ContinuousClock.now
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            let range = try await server.request("GET", location).header("Range") ?? ""
            let size = (Int(range.dropFirst(2)) ?? 0) + 1
            if size != last { (last, since) = (size, .now) }
            let isBusy = try await server.store.openUploads().contains { $0.isBusy }
            if !isBusy, size > old, ContinuousClock.now - since > .milliseconds(50) { return size }
            try await Task.sleep(for: .milliseconds(5))
        }
        return last
    }

    @Test func `a blob is mounted from a repository that has it, without a byte`() async throws {
        try await withServer { server in
            let bytes = someBytes(100)
            let digest = try await server.push(bytes, to: "a")
            let missing = Digester.digest(of: [9])
            for (query, status) in [
                ("mount=\(digest)&from=a", 201), ("mount=\(digest)", 201), ("mount=\(digest)&from=nowhere", 202),
                ("mount=\(missing)&from=a", 202), ("mount=\(missing)", 202), ("mount=\(digest)&from=..%2f", 202),
            ] {
                let name = "to-\(status)-\(abs(query.hashValue))"
                let reply = try await server.request("POST", "/v2/\(name)/blobs/uploads/?\(query)")
                #expect(reply.status == status, "\(query)")
                let blob = try await server.request("GET", "/v2/\(name)/blobs/\(digest)")
                if status == 201 {
                    #expect(reply.header("Location") == "/v2/\(name)/blobs/\(digest)")
                    #expect(reply.header("Docker-Content-Digest") == digest.description)
                    #expect(blob.body == bytes)
                } else {
                    #expect(blob.status == 404)
                    #expect(reply.header("Location")?.contains("/blobs/uploads/") == true)
                }
            }
            // What a client asks that does not know whether it has sent a blob before.
            let same = "/v2/a/blobs/uploads/?from=a&mount="
            #expect(try await server.request("POST", same + "\(digest)").status == 201)
            #expect(try await server.request("POST", same + "\(missing)").status == 202)
            #expect(try await server.request("POST", same + "nonsense").status == 400)
        }
    }

    @Test func `the same blob may come many times at once`() async throws {
        try await withServer { server in
            let bytes = someBytes(200_000)
            let digest = Digester.digest(of: bytes)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for place in 0..<16 {
                    group.addTask {
                        let name = place % 2 == 0 ? "same" : "other-\(place)"
                        let uri = "/v2/\(name)/blobs/uploads/?digest=\(digest)"
                        return try await server.request("POST", uri, body: bytes).status
                    }
                }
                for try await status in group { #expect(status == 201) }
            }
            #expect(try await server.request("GET", "/v2/same/blobs/\(digest)").body == bytes)
        }
    }

    @Test func `of two requests that write to one session one is refused`() async throws {
        try await withServer { server in
            let location = try await begin(server)
            let connection = try await RawConnection.open(server.host)
            await connection.send("PATCH \(location) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345")
            let deadline = ContinuousClock.now + .seconds(20)
            while try await !server.store.openUploads().contains(where: { $0.isBusy }) {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(try await server.request("PATCH", location, body: [1]).status == 409)
            await connection.send("67890")
            try await connection.wait { $0.text.hasPrefix("HTTP/1.1 202 ") }
            #expect(try await server.request("GET", location).header("Range") == "0-9")
            await connection.close()
        }
    }
}
