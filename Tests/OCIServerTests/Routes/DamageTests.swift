// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIServer

/// What becomes of content that is damaged where it lies.
@Suite struct DamageTests {
    /// Makes a bundle with a repository `a`, changes a byte in the middle of some content in it, and serves it.
    private func withDamage(
        in damaged: [UInt8],
        _ fill: (TestServer) async throws -> Void,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let folder = temporaryPath("damage")
        defer { removeFolder(folder) }
        try await withServer { server in
            try await fill(server)
            let path = try await server.store.writeBundles(1, in: folder)[0]
            var bytes = try Data(contentsOf: URL(filePath: path))
            let place = try #require(bytes.range(of: Data(damaged)))
            bytes[place.lowerBound + damaged.count / 2] ^= 1
            try bytes.write(to: URL(filePath: path))
            try await withServer(overBundles: [path]) { try await body(TestServer(host: $0, store: server.store)) }
        }
    }

    @Test(arguments: [2 << 20, 600_000])
    func `a damaged blob of a bundle is never sent whole, and parts of it as they are`(_ size: Int) async throws {
        let bytes = someBytes(size)
        let digest = Digester.digest(of: bytes)
        try await withDamage(in: bytes) { server in
            try await server.push(bytes, to: "a")
        } _: { server in
            for range in ["", "Range: bytes=0-\r\n"] {
                let connection = try await RawConnection.open(server.host)
                await connection.send("GET /v2/a/blobs/\(digest) HTTP/1.1\r\nHost: localhost\r\n\(range)\r\n")
                let answer = try await connection.wait { $0.isClosed }
                let start = String(decoding: answer.bytes.prefix(1000), as: UTF8.self)
                let head = start.components(separatedBy: "\r\n\r\n")[0]
                #expect(head.contains("Content-Length: \(size)"), "\(head)")
                let sent = answer.bytes.dropFirst(head.utf8.count + 4)
                #expect(sent.count < size, "\(range)")
                #expect(!sent.isEmpty, "\(range)")
            }
            let part = try await server.request("GET", "/v2/a/blobs/\(digest)", [("Range", "bytes=0-99")])
            #expect(part.body == Array(bytes[..<100]))
            #expect(try await server.request("HEAD", "/v2/a/blobs/\(digest)").header("Content-Length") == "\(size)")
        }
    }

    @Test func `a small blob and a manifest of a bundle that are damaged are answered with an error`() async throws {
        let bytes = someBytes(2000)
        try await withDamage(in: bytes) { server in
            try await server.push(bytes, to: "a")
        } _: { server in
            let reply = try await server.request("GET", "/v2/a/blobs/\(DigestOf.bytes(bytes))")
            #expect(reply.status == 500)
            #expect(reply.codes == ["UNKNOWN"])
        }
        let image = try await BuiltImage.random(seed: 4)
        try await withDamage(in: image.manifest.bytes) { server in
            try await server.push(image, to: "a", as: ["one"])
        } _: { server in
            for reference in ["one", "\(image.manifest.descriptor.digest)"] {
                for method in ["GET", "HEAD"] {
                    let reply = try await server.request(method, "/v2/a/manifests/\(reference)")
                    #expect(reply.status == 500)
                }
            }
            // What is not damaged is served all the same.
            #expect(try await server.request("GET", "/v2/a/blobs/\(image.blobs[0].descriptor.digest)").status == 200)
        }
    }
}
