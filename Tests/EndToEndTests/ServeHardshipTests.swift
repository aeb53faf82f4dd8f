// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import OCI
import OCIContent
import OCITestKit
import Testing

extension EndToEnd {
    /// `mirror serve` with a disk that is full or cannot be written, and with clients that want its memory.
    @Suite(.serialized)
    struct ServeHardshipTests {
        /// A file system of two megabytes, which only the server sees.
        private static let smallDisk = [
            "unshare", "-m", "sh", "-c", #"mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@""#,
        ]

        private func start(_ wrapper: [String]) async throws -> EmbeddedRegistry {
            do {
                return try await EmbeddedRegistry.start(Program.path, wrapper: wrapper)
            } catch {
                try Test.cancel("no file systems can be mounted here: \(error)")
            }
        }

        private func blob(_ count: Int, _ seed: UInt8) -> (bytes: [UInt8], digest: Digest) {
            let bytes = [UInt8](repeating: seed, count: count)
            return (bytes, Digester.digest(of: bytes))
        }

        private func push(_ blob: (bytes: [UInt8], digest: Digest), _ host: String) async throws -> PlainHTTP.Reply {
            let uri = "/v2/a/blobs/uploads/?digest=\(blob.digest)"
            return try await PlainHTTP.request("POST", host, uri, body: blob.bytes)
        }

        @Test func `a full disk is said, and the server goes on`() async throws {
            let registry = try await start(Self.smallDisk)
            let small = blob(10_000, 1)
            #expect(try await push(small, registry.host).status == 201)
            for seed in 2..<5 {
                // The server may close while the bytes still come; then the answer can be lost on the way.
                guard let reply = try? await push(blob(3 << 20, UInt8(seed)), registry.host) else { continue }
                #expect(reply.status == 507, "\(String(decoding: reply.body, as: UTF8.self))")
                #expect(!SpecError.all(in: reply.body).isEmpty)
            }
            // In a session, what fits stays; the rest is refused, and the session can be cancelled.
            let begun = try await PlainHTTP.request("POST", registry.host, "/v2/a/blobs/uploads/")
            let location = try #require(begun.header("Location"))
            let long = blob(3 << 20, 9)
            if let reply = try? await PlainHTTP.request("PATCH", registry.host, location, body: long.bytes) {
                #expect(reply.status == 507)
            }
            #expect(try await PlainHTTP.request("DELETE", registry.host, location).status == 204)
            // No byte of what failed is left behind.
            #expect(try await push(blob(1 << 20, 7), registry.host).status == 201)
            #expect(
                try await PlainHTTP.request("GET", registry.host, "/v2/a/blobs/\(small.digest)").body == small.bytes
            )
            await registry.stop()
        }

        @Test func `a disk that cannot be written is said, and what is there is served`() async throws {
            let registry = try await EmbeddedRegistry.start(Program.path)
            let small = blob(10_000, 1)
            #expect(try await push(small, registry.host).status == 201)
            let mount = #"mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@""#
            do { try await registry.restart(wrapper: ["unshare", "-m", "sh", "-c", mount]) } catch {
                await registry.stop()
                try Test.cancel("no file systems can be mounted here: \(error)")
            }
            let refused = try await push(blob(10_000, 2), registry.host)
            #expect(refused.status == 405, "\(refused.status)")
            #expect(!SpecError.all(in: refused.body).isEmpty)
            #expect(
                try await PlainHTTP.request("GET", registry.host, "/v2/a/blobs/\(small.digest)").body == small.bytes
            )
            #expect(try await PlainHTTP.request("GET", registry.host, "/v2/").status == 200)
            await registry.stop()
        }

        @Test func `memory does not grow with what clients send, ask for, or leave lying`() async throws {
            let registry = try await EmbeddedRegistry.start(Program.path)
            let large = blob(48 << 20, 3)
            var digests: [Digest] = []
            for seed in 0..<2 {
                let one = seed == 0 ? large : blob(48 << 20, 4)
                #expect(try await push(one, registry.host).status == 201)
                digests.append(one.digest)
            }
            var held: [RawConnection] = []
            let junk = Array(String(repeating: "x", count: 64 << 10).utf8)
            for place in 0..<48 {
                let connection = try await RawConnection.open(registry.host, reads: false)
                held.append(connection)
                switch place % 3 {
                case 0: await connection.send("GET /v2/a/blobs/\(digests[0]) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                case 1:
                    await connection.send(
                        String(repeating: "GET /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 2000)
                    )
                default:
                    await connection.send("GET /v2/ HTTP/1.1\r\nHost: localhost\r\nA: ")
                    for _ in 0..<8 { await connection.send(junk) }
                }
            }
            #expect(try await PlainHTTP.request("GET", registry.host, "/v2/").status == 200)
            let read = try await PlainHTTP.request("GET", registry.host, "/v2/a/blobs/\(digests[1])")
            #expect(Digester.digest(of: read.body) == digests[1])
            for connection in held { await connection.close() }
            let peak = try #require(ProcessFigures.peakMemory(of: registry.pid))
            #expect(peak < 256 << 20, "\(peak >> 20) MiB")
            await registry.stop()
        }
    }
}
