// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// What each registry product makes of large blobs, with the product said and without.
    @Suite("Products (G4)")
    struct ProductTests {
        private static let size: Int64 = 40 << 20

        private func registry(
            _ peer: ProductRegistry,
            _ product: RegistryProduct?,
            _ uploads: any UploadMemory = OpenUploads()
        ) throws -> RemoteRegistry {
            var limits = RegistryLimits.patient
            limits.piecesAbove = 4 << 20
            return RemoteRegistry(
                host: try RegistryHost(peer.host),
                scheme: .http,
                limits: limits,
                product: product,
                uploads: uploads
            )
        }

        private func content() async throws -> BlobContent { try await .repeating(7, count: Self.size) }

        @Test(arguments: ProductQuirks.all, [true, false])
        func `takes a large blob`(_ quirks: ProductQuirks, isSaid: Bool) async throws {
            try await withProductRegistry(quirks) { peer in
                peer.create("team/app")
                let product = isSaid ? quirks.product : nil
                #expect(product != nil || !isSaid)
                let registry = try registry(peer, product)
                let content = try await content()
                let sink = RetryingSink(try registry.app(), policy: .quick)
                #expect(try await sink.write(content, heldBy: nil) == .copied)
                #expect(peer.has(content.descriptor.digest, in: "team/app"))
                // A product that is known gets no request that fails.
                if isSaid { #expect(peer.uploadBytes == Self.size) }
                // What was learned holds for the next blob.
                peer.reset()
                let next = try await BlobContent.repeating(8, count: Self.size)
                #expect(try await sink.write(next, heldBy: nil) == .copied)
                #expect(peer.exchanges.allSatisfy { $0.status ?? 0 < 500 })
                #expect(peer.uploadBytes(of: next.descriptor.digest) == Self.size)
                try await registry.shutdown()
            }
        }

        @Test(arguments: [ProductQuirks.strict, .embedded, .distribution2, .distribution3])
        func `an upload goes on from where a process that died left it`(_ quirks: ProductQuirks) async throws {
            try await withProductRegistry(quirks) { peer in
                let uploads = OpenUploads()
                let first = try registry(peer, .distribution2, uploads)
                let digest = try await content().descriptor.digest
                let half = try await failing(after: 20 << 20)
                await #expect(throws: SideFailure.self) { try await first.app().write(half, heldBy: nil) }
                try await first.shutdown()
                let second = try registry(peer, .distribution2, uploads)
                let steps = Shared<[BlobStep]>([])
                let rest = BlobContent(half.descriptor, from: Bytes(count: Self.size)) { step in
                    steps.change { $0.append(step) }
                }
                #expect(try await second.app().write(rest, heldBy: nil) == .copied)
                #expect(peer.has(digest, in: "team/app"))
                // A piece that was cut is lost where the session is, and sent again.
                let isLost = quirks.name == "distribution2"
                #expect(steps.value.contains { if case .restarted = $0 { true } else { false } } == isLost)
                #expect(steps.value.contains { if case .resumed = $0 { true } else { false } } == !isLost)
                #expect(peer.uploadBytes <= Self.size + 20 << 20)
                #expect(uploads.checkpoint(of: digest, in: try RepositoryName("team/app")) == nil)
                try await second.shutdown()
            }
        }

        @Test func `between two pieces docker-registry 2 goes on without a byte sent twice`() async throws {
            try await withProductRegistry(.distribution2) { peer in
                let uploads = OpenUploads()
                let first = try registry(peer, nil, uploads)
                let isStopped = Shared(false)
                let goesOn = Shared(false)
                let content = BlobContent(
                    try await content().descriptor,
                    from: Bytes(count: Self.size) { offset in
                        guard offset >= 20 << 20 else { return }
                        isStopped.change { $0 = true }
                        while !goesOn.value { try? await Task.sleep(for: .milliseconds(1)) }
                    }
                )
                let upload = Task { try await first.app().write(content, heldBy: nil) }
                try await waitUntil { isStopped.value }
                // As SIGTERM does: the piece under way is finished and noted.
                upload.cancel()
                goesOn.change { $0 = true }
                await #expect(throws: CancellationError.self) { try await upload.value }
                try await first.shutdown()
                let second = try registry(peer, nil, uploads)
                let rest = BlobContent(content.descriptor, from: Bytes(count: Self.size))
                #expect(try await second.app().write(rest, heldBy: nil) == .copied)
                #expect(peer.uploadBytes == Self.size)
                try await second.shutdown()
            }
        }

        @Test func `many uploads that must begin anew with smaller pieces do not wait for each other`() async throws {
            try await withProductRegistry(.strict.with { $0.largestChunk = 64 << 10 }) { peer in
                var limits = RegistryLimits.patient
                limits.requests = 2
                limits.piecesAbove = 100_000
                let registry = RemoteRegistry(
                    host: try RegistryHost(peer.host),
                    scheme: .http,
                    limits: limits,
                    product: .distribution2
                )
                let sink = RetryingSink(try registry.app(), policy: .quick)
                let arrivals = try await withThrowingTaskGroup(of: Arrival.self) { group in
                    for number in 0..<8 {
                        group.addTask {
                            try await sink.write(.repeating(UInt8(number), count: 300_000), heldBy: nil)
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(arrivals == Array(repeating: .copied, count: 8))
                try await registry.shutdown()
            }
        }

        @Test(arguments: [1, 2])
        func `uploads that must go whole after all do not wait for the places that they hold`(_ places: Int)
            async throws
        {
            try await withProductRegistry(.gar) { peer in
                var limits = RegistryLimits.patient
                limits.requests = places
                limits.piecesAbove = 100_000
                let registry = RemoteRegistry(
                    host: try RegistryHost(peer.host),
                    scheme: .http,
                    limits: limits,
                    product: .distribution2
                )
                let app = try registry.app()
                let sources = MemoryEndpoint(name: "from.lan")[try RepositoryName("a")]
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<8 {
                        let blob = sources.add([UInt8](repeating: UInt8(number), count: 300_000))
                        group.addTask {
                            let arrival = try await app.write(BlobContent(blob, from: sources), heldBy: nil)
                            #expect(arrival == .copied)
                        }
                    }
                    try await group.waitForAll()
                }
                try await registry.shutdown()
            }
        }

        @Test func `a session that a registry forgot costs its bytes, and is said`() async throws {
            try await withProductRegistry(.strict) { peer in
                let uploads = OpenUploads()
                let first = try registry(peer, .distribution2, uploads)
                let half = try await failing(after: 20 << 20)
                await #expect(throws: SideFailure.self) { try await first.app().write(half, heldBy: nil) }
                peer.forgetSessions()
                let steps = Shared<[BlobStep]>([])
                let again = BlobContent(half.descriptor, from: Bytes(count: Self.size)) { step in
                    steps.change { $0.append(step) }
                }
                #expect(try await first.app().write(again, heldBy: nil) == .copied)
                #expect(steps.value.contains(.restarted(losing: 16 << 20)))
                try await first.shutdown()
            }
        }

        @Test func `a lenient registry that lost what it confirmed is not believed`() async throws {
            try await withProductRegistry(.lazy) { peer in
                let registry = try registry(peer, .lenient)
                let content = try await BlobContent.repeating(1, count: 1000)
                _ = try await registry.app().write(content, heldBy: nil)
                #expect(peer.count("HEAD", .blob) >= 1)
                try await registry.shutdown()
            }
        }

        private func failing(after count: Int64) async throws -> BlobContent {
            struct Failure: Error {}
            return BlobContent(
                try await content().descriptor,
                from: Bytes(count: Self.size) { if $0 >= count { throw Failure() } }
            )
        }
    }
}

/// A repository with one blob of sevens, which does something before it delivers the byte at an offset.
private struct Bytes: ContentSource {
    let count: Int64
    var before: @Sendable (Int64) async throws -> Void = { _ in }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        ByteStream(range: range) {
            var position = range.lowerBound
            return {
                guard position < range.upperBound else { return nil }
                try await before(position)
                let end = min(position + 256 << 10, range.upperBound)
                defer { position = end }
                return ByteBuffer(repeating: 7, count: Int(end - position))
            }
        }
    }

    func tags() -> Pages<TagEntry> { Pages([]) }
    func resolve(_ target: Target) async throws -> Descriptor? { nil }
    func document(at target: Target) async throws -> ManifestDocument? { nil }
    func contains(_ blob: Descriptor) async throws -> Bool { true }
}
