// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
@testable import Replication
import Testing

@Suite struct PlanSummaryTests {
    /// A random source, and a destination that has some of it already.
    private struct Pair {
        let source = MemoryEndpoint(name: "from.lan")
        let destination = MemoryEndpoint(name: "to.lan")
        /// Whether a blob is at the destination in one repository that needs it, and not in another.
        var isSplit = false

        init(seed: UInt64) async throws {
            let forge = ImageForge(seed: seed)
            var needed: [RepositoryName: Set<Digest>] = [:]
            for repository in 0..<forge.random.next(in: 1...4) {
                let name = try RepositoryName("app-\(repository)")
                for tag in 0..<forge.random.next(in: 1...4) {
                    let tag = try TagName("v\(tag)")
                    let root = try forge.root()
                    try await forge.put(root, as: tag, into: source[name])
                    if forge.chance(1, in: 4) {
                        try await forge.put(
                            forge.chance(1, in: 2) ? root : forge.image(),
                            as: tag,
                            into: destination[name]
                        )
                    }
                    let documents = [root] + forge.graph(of: root).descendants.values
                    for blob in documents.flatMap(\.manifest.blobs) where !blob.isNonDistributable {
                        needed[name, default: []].insert(blob.digest)
                        if forge.chance(1, in: 8), let bytes = forge.blobs[blob.digest] {
                            destination[name].add(bytes)
                        }
                    }
                }
            }
            for digest in Set(needed.values.joined()) {
                let blob = Descriptor(mediaType: .ociLayerGzip, digest: digest, size: 0)
                var present: Set<Bool> = []
                for (name, digests) in needed where digests.contains(digest) {
                    present.insert(try await destination[name].contains(blob))
                }
                if present.count == 2 { isSplit = true }
            }
        }
    }

    @Test func `a plan changes nothing, and foretells what a run then does`() async throws {
        var exact = 0
        for seed in UInt64(0)..<150 {
            let pair = try await Pair(seed: seed)
            let before = try await pair.destination.everyTag()
            let planSink = WatchedSink(pair.destination)
            let planWatch = Watch()
            let planLog = EventLog()
            let job = try copyJob(WatchedSource(base: pair.source, watch: planWatch), planSink)
            let summary = try await Replicator(job: job, events: planLog.take).plan()
            let writes = planSink.watch.count {
                switch $0 {
                case .writeBlob, .writeManifest, .publish, .finish: true
                default: false
                }
            }
            #expect(writes == 0, "seed \(seed)")
            #expect(planWatch.count { if case .blob = $0 { true } else { false } } == 0, "seed \(seed)")
            #expect(try await pair.destination.everyTag() == before, "seed \(seed)")

            let runSink = WatchedSink(pair.destination)
            let log = try await run(copyJob(pair.source, runSink))
            let (copied, mounted) = (log.arrivals(.copied), log.arrivals(.mounted))
            #expect(Set(log.published) == Set(planLog.planned), "seed \(seed)")
            #expect(log.arrivals(.present).count == summary.blobsPresent, "seed \(seed)")
            // Which of two repositories comes first decides whether what only one of them has can be mounted.
            #expect(copied.count + mounted.count == summary.blobsToCopy + summary.blobsToMount, "seed \(seed)")
            #expect(copied.count >= summary.blobsToCopy, "seed \(seed)")
            let manifestWrites = runSink.watch.count {
                switch $0 {
                case .writeManifest, .publish: true
                default: false
                }
            }
            let blobRequests = 2 * summary.blobsToCopy + summary.blobsToMount + summary.blobsPresent
            #expect(summary.destinationRequests - blobRequests == manifestWrites, "seed \(seed)")
            if !pair.isSplit {
                exact += 1
                #expect(copied.count == summary.blobsToCopy, "seed \(seed)")
                #expect(mounted.count == summary.blobsToMount, "seed \(seed)")
                #expect(copied.reduce(0) { $0 + $1.size } == summary.bytesToCopy, "seed \(seed)")
                #expect(summary.sourceRequests == copied.count, "seed \(seed)")
                let saved = (mounted + log.arrivals(.present) + log.shared).reduce(0) { $0 + $1.size }
                #expect(saved == summary.bytesSaved, "seed \(seed)")
            }
        }
        #expect(exact > 30)
    }

    private func plan(_ blobs: [Descriptor], in name: String, children: [ManifestDocument] = []) throws -> RootPlan {
        RootPlan(
            route: Route(source: try RepositoryName(name), destination: try RepositoryName(name)),
            tag: .latest,
            change: .new,
            root: try ImageForge(seed: 1).image(),
            children: children.isEmpty ? [] : [children],
            blobs: blobs,
            leftOut: []
        )
    }

    @Test func `each blob of each repository is asked for once, and copied once in all`() throws {
        let (one, other) = (BuiltBlob([1]).descriptor, BuiltBlob([2, 2]).descriptor)
        var ledger = PlanLedger()
        #expect(ledger.add(try plan([one, other], in: "a")) == [one, other])
        #expect(ledger.add(try plan([one], in: "a")).isEmpty)
        #expect(ledger.add(try plan([one], in: "b")) == [one])
        for blob in [one, other, one] { ledger.note(blob, isPresent: false) }
        var expected = PlanSummary()
        expected.blobsToCopy = 2
        expected.bytesToCopy = 3
        expected.blobsToMount = 1
        expected.bytesSaved = 2
        expected.sourceRequests = 2
        expected.manifestsToWrite = 3
        expected.destinationRequests = 2 * 2 + 1 + 3
        #expect(ledger.summary == expected)
    }

    @Test func `a manifest that several images have is written once in each repository`() throws {
        let forge = ImageForge(seed: 1)
        let child = try forge.image()
        var ledger = PlanLedger()
        for name in ["a", "a", "b"] { _ = ledger.add(try plan([], in: name, children: [child])) }
        #expect(ledger.summary.destinationRequests == 2 + 3)
    }

    @Test func `sizes near the largest number do not trap (C09)`() throws {
        let huge = (0..<3)
            .map { number in
                Descriptor(mediaType: .ociLayerGzip, digest: BuiltBlob([number]).descriptor.digest, size: .max)
            }
        var ledger = PlanLedger()
        for _ in 0..<3 {
            for blob in ledger.add(try plan(huge, in: "a")) { ledger.note(blob, isPresent: blob == huge[0]) }
        }
        #expect(ledger.summary.bytesToCopy == .max)
        #expect(ledger.summary.bytesSaved == .max)
        #expect(ledger.summary.blobsPresent == 1)
    }

    @Test func `a destination that does not say what it has is a failure of that image, and the plan goes on`()
        async throws
    {
        let source = MemoryEndpoint()
        let forge = ImageForge(seed: 1)
        for name in ["a", "b"] {
            let image = try forge.image(config: forge.blob(.ociConfig), layers: [])
            try await forge.put(image, as: .latest, into: source[RepositoryName(name)])
        }
        let sink = WatchedSink(
            MemoryEndpoint(),
            Watch { operation, _ in
                if case .contains(let name, _) = operation, name.text == "b" { .fail } else { .none }
            }
        )
        let log = EventLog()
        let summary = try await Replicator(job: copyJob(source, sink), events: log.take).plan()
        #expect(log.failures.keys.sorted() == ["b:latest"])
        #expect(summary.blobsToCopy == 1)
    }
}
