// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Replication
import Synchronization
import Testing

/// Bytes cross once, whatever runs side by side.
@Suite struct TransferTests {
    private let destination = MemoryEndpoint(name: "to.lan")

    private static func blobReads(_ watch: Watch) -> [Digest: Int] {
        var reads: [Digest: Int] = [:]
        for case .blob(_, let digest) in watch.operations { reads[digest, default: 0] += 1 }
        return reads
    }

    @Test(arguments: [(1, 1, 1), (8, 32, 16), (20, 64, 3), (20, 64, 64)])
    func `each distinct blob is read and sent once, and mounted wherever else it is needed`(
        _ routes: Int,
        _ roots: Int,
        _ blobs: Int
    ) async throws {
        let source = try await GeneratedEndpoint(Workload.small(repositories: 20, tags: 3))
        let watch = Watch()
        let sink = WatchedSink(destination)
        let log = try await run(
            copyJob(WatchedSource(base: source, watch: watch), sink),
            limits: RunLimits(routes: routes, roots: roots, blobs: blobs)
        )
        let totals = source.totals
        #expect(log.failures.isEmpty)
        #expect(log.published.count == totals.tags)
        let copied = log.arrivals(.copied)
        #expect(copied.count == totals.distinctBlobs)
        #expect(Set(copied.map(\.digest)).count == copied.count)
        #expect(copied.reduce(0) { $0 + $1.size } == totals.bytes)
        #expect(log.arrivals(.mounted).count == totals.blobPairs - totals.distinctBlobs)
        #expect(log.arrivals(.present).isEmpty)
        let reads = Self.blobReads(watch)
        #expect(reads.count == totals.distinctBlobs)
        #expect(reads.values.allSatisfy { $0 == 1 })
        let mentions = log.planned.reduce(0) { $0 + $1.blobs.count }
        #expect(log.shared.count == mentions - totals.blobPairs)
        #expect(sink.violations.isEmpty, "\(sink.violations)")
        #expect(try await destination.missing().isEmpty)
    }

    @Test(arguments: [1, 2])
    func `what the destination collected as garbage meanwhile is brought once more`(_ refusals: Int) async throws {
        let source = try await sharedBase(1).0
        let watch = Watch { operation, _ in .none }
        let refused = Mutex(0)
        let sink = WatchedSink(
            destination,
            Watch { operation, _ in
                guard case .publish = operation else { return .none }
                return refused.withLock { count in
                    defer { count += 1 }
                    return count < refusals ? .lackReferences : .none
                }
            }
        )
        let log = try await run(copyJob(WatchedSource(base: source, watch: watch), sink))
        #expect(log.published.count == (refusals == 1 ? 1 : 0))
        #expect(log.failures.count == (refusals == 1 ? 0 : 1))
        let writes = sink.watch.count { if case .writeBlob = $0 { true } else { false } }
        #expect(writes == 2 * log.planned[0].blobs.count)
    }

    /// A source of some repositories, each with an image of its own above one layer that all share.
    private func sharedBase(_ repositories: Int, tags: Int = 1) async throws -> (MemoryEndpoint, base: Descriptor) {
        let source = MemoryEndpoint(name: "from.lan")
        let forge = ImageForge(seed: 1)
        let base = forge.blob(.ociLayerGzip)
        for number in 0..<repositories {
            for tag in 0..<tags {
                let image = try forge.image(config: forge.blob(.ociConfig), layers: [base, forge.blob(.ociLayerGzip)])
                try await forge.put(image, as: TagName("v\(tag)"), into: source[RepositoryName("app-\(number)")])
            }
        }
        return (source, base)
    }

    @Test func `when the first claim fails, another repository takes over`() async throws {
        let (source, base) = try await sharedBase(20)
        let first = Shared<RepositoryName?>(nil)
        let sink = WatchedSink(
            destination,
            Watch { operation, _ in
                guard case .writeBlob(let name, base.digest) = operation else { return .none }
                // Whoever comes first fails, however often it is tried.
                return first.change {
                    $0 = $0 ?? name; return $0
                } == name ? .fail : .delay
            }
        )
        let watch = Watch()
        let log = try await run(copyJob(WatchedSource(base: source, watch: watch), sink))
        let failed = try #require(first.value)
        #expect(log.failures.keys.sorted() == ["\(failed):v0"])
        #expect(log.arrivals(.copied).count { $0.digest == base.digest } == 1)
        #expect(log.arrivals(.mounted).count { $0.digest == base.digest } == 18)
        #expect(Self.blobReads(watch)[base.digest] == 1)
        #expect(sink.violations.isEmpty, "\(sink.violations)")
    }

    @Test func `a blob that the source lacks is asked for once in each repository, not once for each image`()
        async throws
    {
        let (source, base) = try await sharedBase(4, tags: 10)
        let watch = Watch()
        var watched = WatchedSource(base: source, watch: watch)
        watched.lacks = { _, digest in digest == base.digest }
        let log = try await run(copyJob(watched, destination))
        #expect(log.failures.count == 40)
        #expect(log.failures.values.allSatisfy { underlying($0) as? ContentError == .missing(base.digest) })
        for number in 0..<4 {
            let name = try RepositoryName("app-\(number)")
            #expect(watch.count { $0 == .blob(name, base.digest) } == 1)
        }
        #expect(try await destination.everyTag().isEmpty)
    }

    @Test func `a blob that one repository lacks is taken from another that has it`() async throws {
        let (source, base) = try await sharedBase(6)
        let bad = try RepositoryName("app-0")
        var watched = WatchedSource(base: source, watch: Watch())
        watched.lacks = { name, digest in name == bad && digest == base.digest }
        let log = try await run(copyJob(watched, destination))
        #expect(log.failures.keys.allSatisfy { $0 == "app-0:v0" })
        #expect(log.published.count >= 5)
        #expect(log.arrivals(.copied).count { $0.digest == base.digest } == 1)
    }

    @Test func `a wrong size of one manifest is not held against the others`() async throws {
        let source = MemoryEndpoint()
        let forge = ImageForge(seed: 3)
        let layer = forge.blob(.ociLayerGzip)
        var wrong = layer
        wrong.size += 1
        let name = try RepositoryName("app")
        for (number, stated) in [wrong, layer, wrong, layer].enumerated() {
            let image = try forge.image(config: forge.blob(.ociConfig), layers: [stated])
            try await forge.put(image, as: TagName("v\(number)"), into: source[name])
        }
        for limits in [RunLimits(roots: 1), RunLimits()] {
            let destination = MemoryEndpoint()
            let sink = WatchedSink(destination)
            let log = try await run(copyJob(source, sink), limits: limits)
            // Those who come after the blob has arrived find it, whatever they say of it.
            #expect(Set(log.failures.keys).isSubset(of: ["app:v0", "app:v2"]))
            #expect(
                log.failures.values.allSatisfy {
                    if case ContentError.tooShort? = underlying($0) { true } else { false }
                }
            )
            let tags = Set(log.published.compactMap(\.tag?.text))
            #expect(tags.isSuperset(of: ["v1", "v3"]))
            #expect(sink.violations.isEmpty)
        }
    }

    @Test func `a mount that the destination forgets becomes a copy`() async throws {
        let (source, base) = try await sharedBase(3)
        // What an earlier run believed: another repository of the destination holds the layer.
        struct Belief: HolderHints {
            let name: RepositoryName
            func holder(of digest: Digest) -> RepositoryName? { name }
            func note(_ digest: Digest, in repository: RepositoryName) {}
        }
        let log = try await run(copyJob(source, destination), hints: Belief(name: RepositoryName("gone")))
        #expect(log.failures.isEmpty)
        #expect(log.arrivals(.copied).count { $0.digest == base.digest } == 1)
    }

    @Test func `a hint of an earlier run saves the bytes`() async throws {
        let (source, base) = try await sharedBase(3)
        let old = try RepositoryName("old")
        let forge = ImageForge(seed: 1)
        let same = forge.blob(.ociLayerGzip)
        #expect(same == base)
        destination[old].add(try #require(forge.blobs[same.digest]))
        struct Memory: HolderHints {
            let digest: Digest
            let name: RepositoryName
            func holder(of digest: Digest) -> RepositoryName? { digest == self.digest ? name : nil }
            func note(_ digest: Digest, in repository: RepositoryName) {}
        }
        let log = try await run(copyJob(source, destination), hints: Memory(digest: base.digest, name: old))
        #expect(log.arrivals(.mounted).count { $0.digest == base.digest } == 3)
        #expect(log.arrivals(.copied).count { $0.digest == base.digest } == 0)
    }

    @Test(arguments: [
        ("same.lan/app-0", "same.lan/copy"), ("same.lan/", "same.lan/"), ("same.lan/*", "same.lan/below"),
    ])
    func `a copy inside one place ends, and moves no bytes where it can mount`(
        _ from: String,
        _ to: String
    ) async throws {
        let (place, _) = try await sharedBase(5)
        let log = try await run(
            copyJob(place, place, from: from, to: to, allTags: from.hasSuffix("app-0")),
            limits: RunLimits(routes: 4, roots: 4, blobs: 1)
        )
        #expect(log.failures.isEmpty)
        #expect(log.published.count == (to == "same.lan/" ? 0 : from.hasSuffix("*") ? 5 : 1))
        #expect(try await place.missing().isEmpty)
    }

    @Test func `blobs on their way never exceed the bound`() async throws {
        let (source, _) = try await sharedBase(8, tags: 3)
        let flights = Shared((now: 0, most: 0))
        let job = try copyJob(source, WatchedSink(destination, Watch { _, _ in .delay }))
        try await Replicator(job: job, limits: RunLimits(blobs: 3)) { event in
            switch event {
            case .blobStarted: flights.change { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            case .blobEnded: flights.change { $0.now -= 1 }
            default: break
            }
        }
        .run()
        #expect(flights.value.most <= 3)
        #expect(flights.value.most > 1)
        #expect(flights.value.now == 0)
    }
}
