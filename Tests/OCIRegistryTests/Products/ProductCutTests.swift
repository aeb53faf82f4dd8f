// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import OCI
import OCIContent
import OCITestKit
import Synchronization
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// Uploads that are cut on their way to each product: what they cost, and what comes of them.
    @Suite struct ProductCutTests {
        /// Long enough for two pieces of the products that lose a session within one.
        private static let layer: BuiltBlob = {
            var block = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ ($0 >> 8)) }
            var bytes: [UInt8] = []
            // No two parts are equal.
            for number in 0..<288 {
                block[0] = UInt8(truncatingIfNeeded: number)
                block[1] = UInt8(number >> 8)
                bytes += block
            }
            return BuiltBlob(bytes)
        }()
        private static var size: Int64 { layer.descriptor.size }
        private static let config = BuiltBlob(Array("{}".utf8), mediaType: .ociConfig)
        private static let name = "team/app"
        private static let limits = RegistryLimits(
            requests: 4,
            connectTimeout: .seconds(20),
            idleTimeout: .seconds(20),
            commitTimeout: .seconds(20),
            piecesAbove: 1 << 20
        )

        /// How uploads are cut: after how many bytes of a body, and how often.
        struct Cuts: Sendable, CustomStringConvertible {
            let place: Int64
            let count: Int
            var description: String { "\(count) × after \(place)" }

            /// All of them where tests may take long, and otherwise some.
            static let sweep: [Cuts] = {
                guard ProcessInfo.processInfo.environment["MIRROR_TEST_KILLS"] == nil else {
                    return [0, 1, 64 << 10, 3 << 20, (16 << 20) - 1]
                        .flatMap { place in (1...3).map { Cuts(place: Int64(place), count: $0) } }
                }
                return [
                    Cuts(place: 0, count: 1), Cuts(place: 64 << 10, count: 3), Cuts(place: (16 << 20) - 1, count: 1),
                ]
            }()
        }

        private func source(_ blobs: [BuiltBlob]) throws -> any ContentSource {
            let held = MemoryEndpoint()
            let name = try RepositoryName("image")
            for blob in blobs { held[name].add(blob.bytes, mediaType: blob.descriptor.mediaType) }
            return held[name]
        }

        /// Writes an image of the one layer, and expects it to be right.
        private func write(
            to peer: ProductRegistry,
            by proxy: CountingProxy,
            as product: RegistryProduct?,
            from source: any ContentSource
        ) async throws {
            peer.create(Self.name)
            let registry = RemoteRegistry(
                host: try RegistryHost(proxy.host),
                scheme: .http,
                limits: Self.limits,
                product: product
            )
            do {
                let policy = RetryPolicy(firstPause: .milliseconds(1))
                let sink = RetryingSink(registry.endpoint().sink(try RepositoryName(Self.name)), policy: policy)
                for blob in [Self.config, Self.layer] {
                    #expect(try await sink.write(BlobContent(blob.descriptor, from: source), heldBy: nil) == .copied)
                }
                let manifest = try ImageBuilder.manifest(
                    config: Self.config.descriptor,
                    layers: [Self.layer.descriptor]
                )
                try await sink.publish(manifest, as: .latest)
                try await registry.shutdown()
            } catch {
                try? await registry.shutdown()
                throw error
            }
            #expect(peer.has(Self.layer.descriptor.digest, in: Self.name))
            #expect(peer.brokenTags == [])
            #expect(peer.digest(of: "latest", in: Self.name) != nil)
        }

        private func rule(_ cuts: Cuts, _ fired: Counter) -> CountingProxy.Rule {
            { request in
                guard ["PATCH", "PUT"].contains(request.method), request.path.contains("/uploads/"),
                    request.header("Content-Length").flatMap(Int64.init) ?? 0 > max(cuts.place, 1000),
                    fired.next() <= cuts.count
                else { return .pass }
                return .harm(.cutRequest(after: cuts.place))
            }
        }

        @Test(arguments: ProductQuirks.all, Cuts.sweep)
        func `G4 a cut costs no more than a product loses by it`(_ quirks: ProductQuirks, _ cuts: Cuts) async throws {
            let fired = Counter()
            try await withProductRegistry(quirks, keptBlobSize: 1 << 20) { peer in
                try await withCountingProxy(port: peer.port, onRequest: rule(cuts, fired)) { proxy in
                    let source = try source([Self.config, Self.layer])
                    try await write(to: peer, by: proxy, as: quirks.product, from: source)
                    let goesOn = ["strict", "embedded", "distribution3"].contains(quirks.name)
                    let loss = Int64(cuts.count) * (goesOn ? cuts.place : Self.size)
                    // What comes behind a late cut is too short for a second one.
                    #expect(fired.value >= (cuts.place > 8 << 20 ? 1 : cuts.count), "the fault must come")
                    #expect(peer.uploadBytes(over: 1000) <= Self.size + loss, "\(proxy.exchanges)")
                }
            }
        }

        @Test(arguments: ProductQuirks.all)
        func `G4 a cut is overcome also where nobody knows the product`(_ quirks: ProductQuirks) async throws {
            let cuts = Cuts(place: 3 << 20, count: 2)
            let fired = Counter()
            try await withProductRegistry(quirks, keptBlobSize: 1 << 20) { peer in
                try await withCountingProxy(port: peer.port, onRequest: rule(cuts, fired)) { proxy in
                    let source = try source([Self.config, Self.layer])
                    try await write(to: peer, by: proxy, as: nil, from: source)
                    #expect(fired.value >= cuts.count, "the fault must come")
                    #expect(peer.uploadBytes(over: 1000) <= 4 * Self.size, "\(proxy.exchanges)")
                }
            }
        }

        /// The first reading has a wrong byte, in a piece that the registry acknowledges before it is noticed.
        @Test(arguments: [nil, .lenient, .distribution3] as [RegistryProduct?])
        func `F13 what a spoilt reading left in a session is never completed`(
            _ product: RegistryProduct?
        ) async throws {
            let quirks = ProductQuirks.strict.with { $0.checksDigests = product == .distribution3 }
            try await withProductRegistry(quirks, keptBlobSize: 1 << 20) { peer in
                try await withCountingProxy(port: peer.port) { proxy in
                    let source = SpoiltOnce(base: try source([Self.config, Self.layer]), spoils: Self.layer.descriptor)
                    try await write(to: peer, by: proxy, as: product, from: source)
                }
            }
        }
    }
}

/// A repository that delivers one wrong byte in the first reading of a blob.
private struct SpoiltOnce: ContentSource {
    let base: any ContentSource
    let spoils: Descriptor
    let readings = Counter()

    func tags() -> Pages<TagEntry> { base.tags() }
    func resolve(_ target: Target) async throws -> Descriptor? { try await base.resolve(target) }
    func document(at target: Target) async throws -> ManifestDocument? { try await base.document(at: target) }
    func contains(_ blob: Descriptor) async throws -> Bool { try await base.contains(blob) }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        let stream = try await base.blob(descriptor, in: range)
        guard descriptor == spoils, readings.next() == 1 else { return stream }
        return ByteStream(range: stream.range) {
            var iterator = stream.makeAsyncIterator()
            var rest = ByteBuffer()
            var isFirst = true
            return {
                if rest.readableBytes == 0 {
                    guard let next = try await iterator.next() else { return nil }
                    rest = next
                }
                // In small buffers: the last one is held back until all is known to be right.
                guard var buffer = rest.readSlice(length: min(rest.readableBytes, 256 << 10)) else { return nil }
                if isFirst, let byte = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) {
                    buffer.setInteger(byte ^ 1, at: buffer.readerIndex)
                    isFirst = false
                }
                return buffer
            }
        }
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    /// Counts, and returns the number, from 1 on.
    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}

extension ProductRegistry {
    /// The bytes of the bodies of all uploads of more than a few bytes.
    fileprivate func uploadBytes(over least: Int64) -> Int64 {
        uploads.filter { $0.bytes > least }.reduce(0) { $0 + $1.bytes }
    }
}
