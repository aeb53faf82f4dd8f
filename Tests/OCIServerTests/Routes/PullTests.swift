// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIServer

/// What distribution-spec 1.1 says about reading (RELIABILITY of blobs: ranges, conditions, lengths).
@Suite struct PullTests {
    @Test func `a registry says what it is`() async throws {
        try await withServer { server in
            for path in ["/v2/", "/v2"] {
                let reply = try await server.request("GET", path)
                #expect(reply.status == 200)
                #expect(reply.header("Docker-Distribution-Api-Version") == "registry/2.0")
                #expect(reply.text == "{}")
            }
            #expect(try await server.request("HEAD", "/v2/").header("Content-Length") == "2")
            #expect(try await server.request("POST", "/v2/").status == 405)
            #expect(try await server.request("GET", "/").status == 404)
        }
    }

    @Test(arguments: Backing.allCases)
    func `a blob is read whole, with its length, digest and tag`(_ backing: Backing) async throws {
        let blobs = [
            (0, Digest.Algorithm.sha256), (2, .sha256), (2048, .sha512), (300_000, .sha256), (3 << 20, .sha256),
        ]
        try await withServer(over: backing) { server in
            for (size, algorithm) in blobs {
                try await server.push(someBytes(size), to: "team/app", algorithm: algorithm)
            }
        } _: { server, _ in
            for (size, algorithm) in blobs {
                let bytes = someBytes(size)
                let digest = Digester.digest(of: bytes, algorithm: algorithm)
                let path = "/v2/team/app/blobs/\(digest)"
                let reply = try await server.request("GET", path)
                #expect(reply.status == 200)
                #expect(reply.body == bytes)
                let head = try await server.request("HEAD", path)
                #expect(head.body.isEmpty)
                for answer in [reply, head] {
                    #expect(answer.header("Content-Length") == "\(size)")
                    #expect(answer.header("Docker-Content-Digest") == digest.description)
                    #expect(answer.header("ETag") == "\"\(digest)\"")
                    #expect(answer.header("Content-Type") == "application/octet-stream")
                    #expect(answer.header("Accept-Ranges") == "bytes")
                    #expect(answer.header("Transfer-Encoding") == nil)
                }
            }
        }
    }

    @Test(arguments: Backing.allCases)
    func `what is not there is unknown`(_ backing: Backing) async throws {
        try await withServer(over: backing) { server in
            try await server.push([2], to: "here")
            // What another repository has does not count.
            return try await server.push([1], to: "elsewhere")
        } _: { server, digest in
            for name in ["here", "nowhere"] {
                for (path, code) in [
                    ("blobs/\(digest)", "BLOB_UNKNOWN"), ("manifests/latest", "MANIFEST_UNKNOWN"),
                    ("manifests/\(digest)", "MANIFEST_UNKNOWN"),
                ] {
                    let reply = try await server.request("GET", "/v2/\(name)/\(path)")
                    #expect(reply.status == 404)
                    #expect(reply.codes == [code])
                    #expect(reply.header("Content-Type") == "application/json")
                    let head = try await server.request("HEAD", "/v2/\(name)/\(path)")
                    #expect(head.status == 404)
                    #expect(head.body.isEmpty)
                }
            }
        }
    }

    @Test(arguments: Backing.allCases)
    func `parts of a blob are read by ranges`(_ backing: Backing) async throws {
        let bytes = someBytes(2048)
        try await withServer(over: backing) { server in
            try await server.push(bytes, to: "a")
        } _: { server, digest in
            let path = "/v2/a/blobs/\(digest)"
            for (range, expected) in [
                ("bytes=500-1499", 500..<1500), ("bytes=500-", 500..<2048), ("bytes=-500", 1548..<2048),
                ("bytes=2000-5000", 2000..<2048), ("bytes=0-0", 0..<1),
            ] {
                let reply = try await server.request("GET", path, [("Range", range)])
                #expect(reply.status == 206, "\(range)")
                #expect(reply.header("Content-Length") == "\(expected.count)")
                #expect(reply.header("Content-Range") == "bytes \(expected.lowerBound)-\(expected.upperBound - 1)/2048")
                #expect(reply.body == Array(bytes[expected]))
            }
            for range in ["bytes=500-0", "bytes=5000-10000", "bytes=2048-"] {
                let reply = try await server.request("GET", path, [("Range", range)])
                #expect(reply.status == 416, "\(range)")
                #expect(reply.header("Content-Range") == "bytes */2048")
            }
            let many = "bytes=" + (0..<1500).map { "\($0)-\($0)" }.joined(separator: ",")
            for range in ["bytes=0-1,5-6", many, "items=0-1", "nonsense"] {
                let reply = try await server.request("GET", path, [("Range", range)])
                #expect(reply.status == 200, "\(range.prefix(50))")
                #expect(reply.body == bytes)
            }
            let head = try await server.request("HEAD", path, [("Range", "bytes=0-0")])
            #expect(head.status == 200)
            #expect(head.header("Content-Length") == "2048")
        }
    }

    @Test(arguments: Backing.allCases)
    func `parts of a large blob are read by ranges`(_ backing: Backing) async throws {
        let bytes = someBytes(2 << 20)
        try await withServer(over: backing) { server in
            try await server.push(bytes, to: "a")
        } _: { server, digest in
            for (range, expected) in [
                ("bytes=0-9", 0..<10), ("bytes=1048000-", 1_048_000..<bytes.count), ("bytes=0-", 0..<bytes.count),
                ("bytes=-600000", (bytes.count - 600_000)..<bytes.count),
            ] {
                let reply = try await server.request("GET", "/v2/a/blobs/\(digest)", [("Range", range)])
                #expect(reply.status == 206, "\(range)")
                #expect(reply.body == Array(bytes[expected]), "\(range)")
            }
        }
    }

    @Test(arguments: Backing.allCases)
    func `conditions are met by the digest in quotes`(_ backing: Backing) async throws {
        try await withServer(over: backing) { server in
            try await server.push(someBytes(2048), to: "a")
        } _: { server, digest in
            let path = "/v2/a/blobs/\(digest)"
            for method in ["GET", "HEAD"] {
                let known = try await server.request(method, path, [("If-None-Match", "\"\(digest)\"")])
                #expect(known.status == 304)
                #expect(known.header("ETag") == "\"\(digest)\"")
                #expect(known.body.isEmpty)
                #expect(try await server.request(method, path, [("If-None-Match", "\"other\"")]).status == 200)
            }
            let range = ("Range", "bytes=0-9")
            let same = try await server.request("GET", path, [range, ("If-Range", "\"\(digest)\"")])
            #expect(same.status == 206)
            let other = try await server.request("GET", path, [range, ("If-Range", "\"other\"")])
            #expect(other.status == 200)
            #expect(other.body.count == 2048)
        }
    }

    @Test(arguments: Backing.allCases)
    func `answers need no second connection`(_ backing: Backing) async throws {
        try await withServer(over: backing) { server in
            try await server.push(someBytes(700_000), to: "a")
        } _: { server, digest in
            let connection = try await RawConnection.open(server.host)
            for count in 1...3 {
                await connection.send("GET /v2/a/blobs/\(digest) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                try await connection.wait { $0.count > count * 700_000 }
            }
            await connection.close()
        }
    }
}
