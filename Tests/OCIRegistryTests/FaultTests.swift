// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// Peers that hang, hang up or are not there.
    @Suite struct FaultTests {
        private let blob = BuiltBlob(Array(repeating: 7, count: 1000))
        private let idle = RegistryLimits.impatient.idleTimeout

        @Test func `F14 a peer that never reads an upload is given up`() async throws {
            let content = try await BlobContent.repeating(1, count: 64 << 20)
            try await withRegistry(limits: .impatient) { request in
                .uploads(request)
            } early: { request in
                request.method == "PUT" ? PeerReply(fault: .stopReading(afterBodyBytes: 0)) : nil
            } _: { registry, _ in
                let error = try await #require(throws: RegistryError.self) {
                    try await registry.app().write(content, heldBy: nil)
                }
                #expect(error.failure == .stalled(after: idle))
                #expect(error.isTransient)
            }
        }

        @Test func `F14 a peer that never confirms an upload is given up`() async throws {
            let blob = blob
            try await withRegistry(limits: .impatient) { request in
                request.method == "PUT" ? PeerReply(fault: .hang(afterBodyBytes: nil)) : .uploads(request)
            } _: { registry, peer in
                let error = try await #require(throws: RegistryError.self) {
                    try await registry.app().write(BlobContent(blob), heldBy: nil)
                }
                #expect(error.failure == .stalled(after: RegistryLimits.impatient.commitTimeout))
                #expect(peer.requests.last?.isComplete == true)
            }
        }

        @Test func `a peer that takes long to confirm is waited for`() async throws {
            let blob = blob
            let limits = RegistryLimits(idleTimeout: .milliseconds(200), commitTimeout: .seconds(20))
            try await withRegistry(limits: limits) { request in
                request.method == "PUT" ? PeerReply(201, delay: .milliseconds(700)) : .uploads(request)
            } _: { registry, _ in
                let arrival = try await registry.app().write(BlobContent(blob), heldBy: nil)
                #expect(arrival == .copied)
            }
        }

        @Test func `a source that takes long is waited for by the upload`() async throws {
            let blob = blob
            let source = StubSource {
                ByteStream(range: 0..<1000) {
                    var iterator = ByteStream(ByteBuffer(bytes: blob.bytes)).makeAsyncIterator()
                    return {
                        try await Task.sleep(for: .milliseconds(500))
                        return try await iterator.next()
                    }
                }
            }
            try await withRegistry(limits: .impatient) { request in
                .uploads(request)
            } _: { registry, _ in
                let content = BlobContent(blob.descriptor, from: source)
                let arrival = try await registry.app().write(content, heldBy: nil)
                #expect(arrival == .copied)
            }
        }

        @Test func `F14 a peer that never answers a read is given up`() async throws {
            let descriptor = blob.descriptor
            try await withRegistry(limits: .impatient) { _ in
                PeerReply(fault: .hang(afterBodyBytes: nil))
            } _: { registry, _ in
                let app = try registry.app()
                for ask in [
                    { _ = try await app.blob(descriptor, from: 0) }, { _ = try await app.contains(descriptor) },
                    { _ = try await app.resolve(.tag(.latest)) }, { _ = try await app.tags().all() },
                ] as [@Sendable () async throws -> Void] {
                    let error = try await #require(throws: RegistryError.self) { try await ask() }
                    #expect(error.failure == .stalled(after: idle))
                    #expect(error.isTransient)
                }
            }
        }

        @Test func `F14 a peer that stops in the middle of a body is given up`() async throws {
            let (blob, descriptor) = (blob, blob.descriptor)
            try await withRegistry(limits: .impatient) { _ in
                PeerReply(body: .bytes(blob.bytes)).failing(.hang(afterBodyBytes: 10))
            } _: { registry, _ in
                let app = try registry.app()
                let read = try await #require(throws: RegistryError.self) {
                    try await app.blob(descriptor, from: 0).collected()
                }
                #expect(read.failure == .stalled(after: idle))
                #expect(read.action == .readBlob)
                let list = try await #require(throws: RegistryError.self) { try await app.tags().all() }
                #expect(list.failure == .stalled(after: idle))
                let document = try await #require(throws: RegistryError.self) {
                    try await app.document(at: .tag(.latest))
                }
                #expect(document.failure == .stalled(after: idle))
            }
        }

        @Test func `F14 an answer that comes a byte now and then is given up`() async throws {
            let size: Int64 = 1 << 20
            let drip = ByteStream(range: 0..<size) {
                {
                    try await Task.sleep(for: .milliseconds(20))
                    return ByteBuffer(bytes: [1])
                }
            }
            let descriptor = Descriptor(mediaType: .ociLayerGzip, digest: blob.descriptor.digest, size: size)
            try await withRegistry(limits: .impatient) { _ in
                PeerReply(body: .stream(drip))
            } _: { registry, _ in
                let app = try registry.app()
                let read = try await #require(throws: RegistryError.self) {
                    try await app.blob(descriptor, from: 0).collected()
                }
                #expect(read.failure == .stalled(after: RegistryLimits.impatient.idleTimeout))
                let list = try await #require(throws: RegistryError.self) { try await app.tags().all() }
                #expect(list.failure == .stalled(after: RegistryLimits.impatient.idleTimeout))
            }
        }

        @Test(arguments: ["POST", "PUT"])
        func `F14 an answer to a write whose body never ends stands by its head`(_ method: String) async throws {
            let blob = blob
            let manifest = try ImageBuilder.manifest(config: blob.descriptor, layers: [])
            let stopping = PeerReply(
                method == "POST" ? 202 : 201,
                headers: [("Location", "/v2/team/app/blobs/uploads/1")],
                body: .bytes([1, 2]),
                framing: .contentLength(100)
            )
            .failing(.hang(afterBodyBytes: 2))
            try await withRegistry(limits: .impatient) { request in
                request.method == method ? stopping : .uploads(request)
            } _: { registry, _ in
                let app = try registry.app()
                #expect(try await app.write(BlobContent(blob), heldBy: nil) == .copied)
                try await app.write(manifest)
            }
        }

        @Test func `F14 a refusal of a write whose body never ends keeps its status`() async throws {
            let blob = blob
            try await withRegistry(limits: .impatient) { _ in
                PeerReply(403, body: .bytes([1, 2]), framing: .contentLength(100)).failing(.hang(afterBodyBytes: 2))
            } _: { registry, _ in
                let error = try await #require(throws: RegistryError.self) {
                    try await registry.app().write(BlobContent(blob), heldBy: nil)
                }
                #expect(error.status == 403)
            }
        }

        @Test(arguments: [PeerReply.Cut.reset, .finish])
        func `an answer that is cut behind a head that says all stands`(_ cut: PeerReply.Cut) async throws {
            let blob = blob
            try await withRegistry { request in
                PeerReply(
                    request.method == "POST" ? 202 : request.method == "PUT" ? 201 : 404,
                    headers: [("Location", "/v2/team/app/blobs/uploads/1")],
                    body: .bytes(Array(repeating: 65, count: 100))
                )
                .failing(.cut(afterBodyBytes: 10, by: cut))
            } _: { registry, _ in
                let app = try registry.app()
                #expect(try await app.write(BlobContent(blob), heldBy: nil) == .copied)
                #expect(try await app.document(at: .tag(.latest)) == nil)
                #expect(try await app.tags().all().isEmpty)
            }
        }

        @Test(arguments: [PeerReply.Cut.reset, .finish])
        func `a peer that hangs up before it answers is asked again`(_ cut: PeerReply.Cut) async throws {
            let (blob, count) = (blob, Shared(0))
            let isCut = Shared(false)
            try await withRegistry { request in
                if isCut.change({
                    $0.toggle(); return $0
                }) {
                    count.change { $0 += 1 }
                    return PeerReply(fault: .cut(afterBodyBytes: nil, by: cut))
                }
                return request.method == "GET" ? PeerReply(body: .bytes(blob.bytes)) : .uploads(request)
            } _: { registry, _ in
                let app = try registry.app()
                let read = try await #require(throws: RegistryError.self) {
                    try await app.blob(blob.descriptor, from: 0)
                }
                #expect(read.failure == .closed)
                #expect(read.isTransient)
                isCut.change { $0 = false }
                let write = try await #require(throws: RegistryError.self) {
                    try await app.write(BlobContent(blob), heldBy: nil)
                }
                #expect(write.failure == .closed)
                #expect(write.isTransient)
                isCut.change { $0 = false }
                let endpoint = RetryingEndpoint(registry.endpoint(), policy: .quick)
                #expect(try await endpoint.source(app.name).blob(blob.descriptor, from: 0).collected() == blob.bytes)
                #expect(count.value == 3)
            }
        }

        @Test(arguments: [PeerReply.Cut.reset, .finish])
        func `F09 an upload that is cut is begun again`(_ cut: PeerReply.Cut) async throws {
            let size: Int64 = 16 << 20
            let content = try await BlobContent.repeating(1, count: size)
            let count = Shared(0)
            try await withRegistry { request in
                .uploads(request)
            } early: { request in
                guard request.method == "PUT",
                    count.change({
                        $0 += 1; return $0 < 3
                    })
                else { return nil }
                return PeerReply(fault: .cutRequest(afterBodyBytes: 1 << 20, by: cut))
            } _: { registry, peer in
                let sink = RetryingEndpoint(registry.endpoint(), policy: .quick).sink(try RepositoryName("team/app"))
                #expect(try await sink.write(content, heldBy: nil) == .copied)
                #expect(peer.requests.map(\.method) == ["POST", "PUT", "POST", "PUT", "POST", "PUT"])
                #expect(peer.requests.last?.bodyLength == size)
            }
        }

        @Test func `an upload that is cut is closed, and the source is not to be blamed`() async throws {
            let content = try await BlobContent.repeating(1, count: 16 << 20)
            try await withRegistry { request in
                .uploads(request)
            } early: { request in
                request.method == "PUT" ? PeerReply(fault: .cutRequest(afterBodyBytes: 1 << 20, by: .reset)) : nil
            } _: { registry, _ in
                let error = try await #require(throws: RegistryError.self) {
                    try await registry.app().write(content, heldBy: nil)
                }
                #expect(error.failure == .closed)
                #expect(error.action == .upload)
            }
        }

        @Test func `kept connections that were closed silently are made good by asking again`() async throws {
            let blob = blob
            try await withRegistry { request in
                var reply = request.method == "GET" ? PeerReply(body: .bytes(blob.bytes)) : PeerReply.uploads(request)
                // Not after POST: its PUT follows so soon that it would meet the closing every time.
                reply.closesSilently = request.method != "POST"
                return reply
            } _: { registry, _ in
                let app = try registry.app()
                let endpoint = RetryingEndpoint(registry.endpoint(), policy: .quick)
                for _ in 0..<20 {
                    let bytes = try await endpoint.source(app.name).blob(blob.descriptor, from: 0).collected()
                    #expect(bytes == blob.bytes)
                    #expect(try await endpoint.sink(app.name).write(BlobContent(blob), heldBy: nil) == .copied)
                    // Without repetition, nothing worse than a closed connection comes of it.
                    do { _ = try await app.contains(blob.descriptor) } catch let error as RegistryError {
                        #expect(error.failure == .closed)
                        #expect(error.isTransient)
                    }
                }
            }
        }

        @Test func `a port where nobody listens refuses`() async throws {
            // Not one that a peer had: another peer may get it.
            try await withRegistry(at: "127.0.0.1:\(LoopbackPort.free())") { registry in
                let error = try await #require(throws: RegistryError.self) { try await registry.app().tags().all() }
                #expect(error.failure == .refused)
                #expect(error.isTransient)
            }
        }

        @Test func `S14 a host that speaks plain HTTP where TLS was expected is not spoken to`() async throws {
            try await withScriptedPeer { _ in
                PeerReply(200)
            } _: { peer in
                try await withRegistry(at: peer.host, scheme: .https) { registry in
                    let error = try await #require(throws: RegistryError.self) { try await registry.app().tags().all() }
                    #expect(!error.isTransient)
                    guard case .tls? = error.failure else {
                        #expect(error.failure == .plainHTTP)
                        return
                    }
                }
                #expect(peer.requests.isEmpty)
            }
        }

        @Test func `an error body that is no error, or too long, leaves the status`() async throws {
            for body in [Array("<html>".utf8), Array(repeating: 65, count: 1 << 20), [0xFF, 0xFE]] {
                try await withRegistry { _ in
                    PeerReply(403, body: .bytes(body))
                } _: { registry, _ in
                    let error = try await #require(throws: RegistryError.self) { try await registry.app().tags().all() }
                    #expect(error.status == 403)
                    #expect(error.codes.isEmpty)
                }
            }
        }

        @Test func `an error body that is cut leaves the status`() async throws {
            try await withRegistry { _ in
                PeerReply.error(403, "DENIED").failing(.cut(afterBodyBytes: 5, by: .reset))
            } _: { registry, _ in
                let error = try await #require(throws: RegistryError.self) { try await registry.app().tags().all() }
                #expect(error.status == 403)
            }
        }
    }
}
