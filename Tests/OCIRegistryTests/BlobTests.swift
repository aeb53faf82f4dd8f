// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    @Suite struct BlobTests {
        private let blob = BuiltBlob((0..<1000).map { UInt8($0 % 251) })

        /// A part of the blob as registries send it.
        private static func part(_ blob: BuiltBlob, from start: Int, stating range: String? = nil) -> PeerReply {
            let range = range ?? "bytes \(start)-\(blob.bytes.count - 1)/\(blob.bytes.count)"
            return PeerReply(206, headers: [("Content-Range", range)], body: .bytes(Array(blob.bytes[start...])))
        }

        private func read(_ reply: PeerReply, from offset: Int64) async throws -> (Range<Int64>, [UInt8]) {
            try await withRegistry { _ in
                reply
            } _: { registry, _ in
                let stream = try await registry.app().blob(blob.descriptor, from: offset)
                return (stream.range, try await stream.collected())
            }
        }

        @Test func `reads from an offset on`() async throws {
            let (range, bytes) = try await read(Self.part(blob, from: 400), from: 400)
            #expect(range == 400..<1000)
            #expect(bytes == Array(blob.bytes[400...]))
        }

        @Test(arguments: ["bytes 400-999/*", "bytes 400-999/1000"])
        func `a total that is not stated is none that is wrong`(_ range: String) async throws {
            #expect(try await read(Self.part(blob, from: 400, stating: range), from: 400).0 == 400..<1000)
        }

        @Test func `a registry without ranges delivers from the start and says so`() async throws {
            let (range, bytes) = try await read(PeerReply(body: .bytes(blob.bytes)), from: 400)
            #expect(range == 0..<1000)
            #expect(bytes == blob.bytes)
        }

        @Test func `a part that begins earlier than asked for says so`() async throws {
            #expect(try await read(Self.part(blob, from: 100), from: 400).0 == 100..<1000)
        }

        @Test(arguments: [
            "bytes 401-999/1000", "bytes 400-998/1000", "bytes 400-998/999", "bytes 400-1000/1001",
            "bytes 999-400/1000",
            "bytes */1000", "400-999", "", "bytes=400-999/1000", "bytes 0-599/1000",
        ])
        func `another part than the one asked for is refused`(_ stated: String) async throws {
            let error = try await #require(throws: RegistryError.self) {
                try await read(Self.part(blob, from: 400, stating: stated), from: 400)
            }
            #expect(error.complaint?.contains("range") == true)
            #expect(error.action == .readBlob)
        }

        @Test func `a part without a stated range is refused`() async throws {
            let error = try await #require(throws: RegistryError.self) {
                try await read(PeerReply(206, body: .bytes(blob.bytes)), from: 400)
            }
            #expect(error.complaint != nil)
        }

        @Test(arguments: [999, 1001, 0] as [Int64])
        func `C09 another length than the descriptor's is refused before a byte is read`(_ length: Int64) async throws {
            let reply = PeerReply(body: .stream(.repeating(0, count: length)))
            await #expect(throws: ContentError.wrongSize(blob.descriptor.digest, expected: 1000, stated: length)) {
                try await read(reply, from: 0)
            }
            await #expect(throws: ContentError.wrongSize(blob.descriptor.digest, expected: 1000, stated: length)) {
                try await withRegistry { _ in
                    reply
                } _: { registry, _ in
                    try await registry.app().contains(blob.descriptor)
                }
            }
        }

        @Test func `C09 more bytes than the descriptor says end a copy`() async throws {
            let descriptor = blob.descriptor
            try await withRegistry { _ in
                PeerReply(body: .stream(.repeating(1, count: 1 << 20)), framing: .chunked)
            } _: { registry, _ in
                let content = BlobContent(descriptor, from: try registry.app())
                let error = try await #require(throws: SideFailure.self) {
                    try await content.open().stream.collected()
                }
                #expect(error.side == .source)
                #expect(error.underlying as? ContentError == .tooLong(descriptor.digest, expected: 1000))
            }
        }

        @Test func `a blob that is not there is missing, and not to be waited for`() async throws {
            let error = try await #require(throws: ContentError.self) {
                try await read(.error(404, "BLOB_UNKNOWN"), from: 0)
            }
            #expect(error == .missing(blob.descriptor.digest))
            #expect(!error.isTransient)
        }

        @Test(arguments: [204, 400, 401, 403, 416, 429, 500, 503])
        func `an answer of no use to a read keeps its status`(_ status: Int) async throws {
            let error = try await #require(throws: RegistryError.self) {
                try await read(.error(status, "DENIED", headers: [("Retry-After", "0")]), from: 0)
            }
            #expect(error.status == status)
            #expect(error.subject == "team/app@\(blob.descriptor.digest)")
        }

        @Test(arguments: [204, 400, 401, 403, 405, 429, 500])
        func `a blob is neither there nor absent by an answer that says neither`(_ status: Int) async throws {
            try await withRegistry { _ in
                .error(status, "DENIED", headers: [("Retry-After", "0")])
            } _: { registry, _ in
                let error = try await #require(throws: RegistryError.self) {
                    try await registry.app().contains(blob.descriptor)
                }
                #expect(error.status == status)
                #expect(error.action == .findBlob)
            }
        }

        @Test func `a blob is there by its HEAD, with a length or without`() async throws {
            for framing in [PeerReply.Framing.exact, .chunked] {
                let bytes = blob.bytes
                try await withRegistry { _ in
                    PeerReply(body: .bytes(bytes), framing: framing)
                } _: { registry, _ in
                    let isThere = try await registry.app().contains(blob.descriptor)
                    #expect(isThere)
                }
            }
        }

        @Test(arguments: [PeerReply.Cut.reset, .finish])
        func `F08 a body that is cut is closed, and read on where it was cut`(_ cut: PeerReply.Cut) async throws {
            let blob = blob
            try await withRegistry { request in
                let start = request.header("range").flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
                let reply = start == 0 ? PeerReply(body: .bytes(blob.bytes)) : Self.part(blob, from: start)
                return start < 600 ? reply.failing(.cut(afterBodyBytes: 300, by: cut)) : reply
            } _: { registry, peer in
                let app = try registry.app()
                let error = try await #require(throws: RegistryError.self) {
                    try await app.blob(blob.descriptor, from: 0).collected()
                }
                #expect(error.failure == .closed)
                #expect(error.isTransient)
                let source = RetryingEndpoint(registry.endpoint(), policy: .quick).source(app.name)
                let bytes = try await source.blob(blob.descriptor, from: 0).collected()
                #expect(bytes == blob.bytes)
                #expect(peer.requests.map { $0.header("range") } == [nil, nil, "bytes=300-", "bytes=600-"])
            }
        }

        @Test(arguments: [PeerReply.Cut.reset, .finish])
        func `F10 a body shorter than it was said to be is cut, not complete`(_ cut: PeerReply.Cut) async throws {
            let reply = PeerReply(body: .bytes(blob.bytes), framing: .exact)
                .failing(.cut(afterBodyBytes: 999, by: cut))
            let error = try await #require(throws: RegistryError.self) { try await read(reply, from: 0) }
            #expect(error.failure == .closed)
        }

        @Test func `a read gives its place back at its end, its error and its loss`() async throws {
            let blob = blob
            let one = RegistryLimits(requests: 1, idleTimeout: .seconds(20))
            try await withRegistry(limits: one) { request in
                switch request.header("range") {
                case "bytes=1-": Self.part(blob, from: 1).failing(.cut(afterBodyBytes: 5, by: .finish))
                case "bytes=2-": PeerReply(500)
                default: PeerReply(body: .bytes(blob.bytes))
                }
            } _: { registry, _ in
                let app = try registry.app()
                for _ in 0..<3 {
                    #expect(try await app.blob(blob.descriptor, from: 0).collected().count == 1000)
                    await #expect(throws: RegistryError.self) {
                        try await app.blob(blob.descriptor, from: 1).collected()
                    }
                    await #expect(throws: RegistryError.self) { try await app.blob(blob.descriptor, from: 2) }
                    _ = try await app.blob(blob.descriptor, from: 0)
                    await #expect(throws: ContentError.self) {
                        try await app.contains(
                            Descriptor(mediaType: .ociConfig, digest: blob.descriptor.digest, size: 1)
                        )
                    }
                }
            }
        }

        @Test func `a read that is cancelled throws, and gives its place back`() async throws {
            let (blob, count) = (blob, Shared(0))
            let one = RegistryLimits(requests: 1, idleTimeout: .seconds(20))
            try await withRegistry(limits: one) { _ in
                let isFirst = count.change {
                    $0 += 1; return $0 == 1
                }
                let reply = PeerReply(body: .bytes(blob.bytes))
                return isFirst ? reply.failing(.hang(afterBodyBytes: 10)) : reply
            } _: { registry, _ in
                let app = try registry.app()
                let reading = Task { try await app.blob(blob.descriptor, from: 0).collected() }
                try await waitUntil { count.value == 1 }
                try await Task.sleep(for: .milliseconds(50))
                reading.cancel()
                await #expect(throws: CancellationError.self) { try await reading.value }
                #expect(try await app.blob(blob.descriptor, from: 0).collected().count == 1000)
            }
        }
    }
}
