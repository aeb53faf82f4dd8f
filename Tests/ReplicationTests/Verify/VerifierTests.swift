// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
@testable import Replication
import Testing

/// What a verification names, and how closely it looks.
@Suite struct VerifierTests {
    static let everything = VerifyDepth.content(.all)

    private func blob(_ built: BuiltBlob, of parent: ManifestDocument) -> Finding.Part {
        Finding.Part(
            digest: built.descriptor.digest,
            size: built.descriptor.size,
            isManifest: false,
            parent: parent.descriptor.digest
        )
    }

    private func manifest(_ document: ManifestDocument, of parent: ManifestDocument?) -> Finding.Part {
        Finding.Part(
            digest: document.descriptor.digest,
            size: parent == nil ? nil : document.descriptor.size,
            isManifest: true,
            parent: parent?.descriptor.digest
        )
    }

    @Test(arguments: [VerifyDepth.tags, .closure, everything])
    func `what is equal is sound at any depth`(_ depth: VerifyDepth) async throws {
        let scene = try await VerifyScene()
        let log = try await scene.verify(depth)
        #expect(log.kinds == [])
        #expect(log.failures.isEmpty)
        #expect(Set(log.sound) == [.tag(try TagName("1")), .tag(try TagName("2"))])
    }

    @Test func `tags that are missing, moved and extra are named`() async throws {
        let scene = try await VerifyScene()
        let new = try await scene.put("new", as: "3", at: scene.source)
        let moved = try await scene.put("moved", as: "2", at: scene.source)
        let extra = try await scene.put("extra", as: "old", at: scene.destination)
        let log = try await scene.verify(.tags)
        #expect(
            Set(log.kinds) == [
                .missing(new), .moved(new: moved, old: scene.child.descriptor.digest), .extra(extra),
            ]
        )
        #expect(log.findings.filter { !$0.isDifference }.map(\.tag) == [try TagName("old")])
        #expect(log.sound == [.tag(try TagName("1"))])
    }

    @Test func `a blob that is gone is named once for each image, with the manifest that points to it`() async throws {
        let scene = try await VerifyScene()
        scene.there.lose(blob: scene.own.descriptor.digest)
        let log = try await scene.verify(.closure)
        let part = blob(scene.own, of: scene.child)
        #expect(log.kinds == [.incomplete(part), .incomplete(part)])
        #expect(Set(log.findings.map(\.tag)) == [try TagName("1"), try TagName("2")])
    }

    @Test func `a child that is gone is named, and what lies below it is looked at`() async throws {
        let scene = try await VerifyScene()
        scene.there.lose(manifest: scene.other.descriptor.digest)
        scene.there.lose(blob: scene.own.descriptor.digest)
        let log = try await scene.verify(.closure, selecting: ["app"])
        let ofIndex = log.findings.filter { $0.tag?.text == "1" }.map(\.kind)
        #expect(
            Set(ofIndex) == [
                .incomplete(manifest(scene.other, of: scene.index)), .incomplete(blob(scene.own, of: scene.child)),
            ]
        )
    }

    @Test func `a blob with other bytes is damaged, which only reading shows`() async throws {
        let scene = try await VerifyScene()
        let wrong = BuiltBlob(Array("A layer of both".utf8))
        scene.there.spoil(blob: scene.shared.descriptor.digest, with: wrong.bytes)
        #expect(try await scene.verify(.closure).kinds == [])
        let log = try await scene.verify(Self.everything)
        #expect(log.findings.count == 2)
        for finding in log.findings {
            guard case .damaged(let part, .bytes(let actual)) = finding.kind else {
                Issue.record("\(finding)")
                continue
            }
            #expect(part.digest == scene.shared.descriptor.digest)
            #expect(actual == wrong.descriptor.digest)
        }
    }

    @Test func `a blob that was cut is damaged`() async throws {
        let scene = try await VerifyScene()
        scene.there.spoil(blob: scene.own.descriptor.digest, with: Array(scene.own.bytes.prefix(4)))
        let log = try await scene.verify(Self.everything)
        #expect(log.kinds == Array(repeating: .damaged(blob(scene.own, of: scene.child), .size(actual: 4)), count: 2))
    }

    @Test func `a blob is read once, however many images share it`() async throws {
        let scene = try await VerifyScene()
        let watch = Watch()
        _ = try await scene.verify(Self.everything, reading: watch)
        let reads = watch.operations.compactMap { if case .blob(_, let digest) = $0 { digest } else { nil } }
        #expect(reads.count == 3)
        #expect(Set(reads).count == 3)
    }

    @Test func `bytes that are wrong once and right the next time are sound`() async throws {
        let scene = try await VerifyScene()
        let digest = scene.own.descriptor.digest
        let (there, right) = (scene.there, scene.own.bytes)
        there.spoil(blob: digest, with: Array(repeating: 0x2A, count: right.count))
        let reads = Shared(0)
        let watch = Watch { operation, _ in
            if case .blob(_, digest) = operation,
                reads.change({
                    $0 += 1; return $0
                }) == 2
            {
                there.spoil(blob: digest, with: right)
            }
            return .none
        }
        #expect(try await scene.verify(Self.everything, reading: watch).kinds == [])
        #expect(reads.value == 2)
    }

    @Test func `nothing of a sample's rest is read, and all of it is asked for`() async throws {
        let scene = try await VerifyScene()
        let watch = Watch()
        _ = try await scene.verify(.content(BlobSample(share: 0, seed: 1)), reading: watch)
        #expect(watch.blobs == 0)
        #expect(watch.count { if case .contains = $0 { true } else { false } } == 3)
    }

    @Test func `what the source lacks is a failure of the image, not damage`() async throws {
        let scene = try await VerifyScene()
        scene.there.lose(manifest: scene.other.descriptor.digest)
        let lost = scene.other.descriptor.digest
        let source = WatchedSource(base: scene.source, watch: Watch(), lacks: { $1 == lost })
        let log = try await scene.verify(.closure, from: source)
        #expect(log.kinds == [.incomplete(manifest(scene.other, of: scene.index))])
        #expect((log.failures.first as? SideFailure)?.side == .source)
        #expect(log.failures.count == 1)
    }

    @Test func `a destination that does not answer is a failure, not damage`() async throws {
        let scene = try await VerifyScene()
        let digest = scene.own.descriptor.digest
        let watch = Watch { operation, _ in
            if case .blob(_, digest) = operation { .fail } else { .none }
        }
        let log = try await scene.verify(Self.everything, reading: watch)
        #expect(log.kinds == [])
        #expect(log.failures.count == 2)
        for failure in log.failures { #expect((failure as? SideFailure)?.side == .destination) }
    }

    @Test func `companions of images that are there are not extra, those of others are`() async throws {
        let scene = try await VerifyScene()
        let here = "sha256-\(scene.other.descriptor.digest.hex).sig"
        let gone = "sha256-\(String(repeating: "0", count: 64)).sig"
        try await scene.put("signature", as: here, at: scene.destination)
        try await scene.put("signature", as: gone, at: scene.destination)
        #expect(try await scene.verify(.tags).findings.map { $0.tag?.text } == [gone])
    }

    @Test func `the tag of an image that is named by digest beside all tags is not extra`() async throws {
        let scene = try await VerifyScene()
        let job = Job(
            source: scene.source,
            destination: scene.destination,
            selection: .references([.init(scene.app, nil), .init(scene.app, .digest(scene.other.descriptor.digest))]),
            mapping: try mapping()
        )
        try await run(job)
        let made = "pinned-sha256-\(scene.other.descriptor.digest.hex)"
        #expect(try await scene.destination[scene.app].tags().all().map(\.tag.text).contains(made))
        try await scene.put("extra", as: "old", at: scene.destination)
        let log = VerifyLog()
        try await Verifier(job: job, reading: scene.destination, depth: .tags, events: log.take).run()
        #expect(log.findings.map { $0.tag?.text } == ["old"])
    }

    @Test func `an image that is named alone makes no other tag extra`() async throws {
        let scene = try await VerifyScene()
        try await scene.put("extra", as: "old", at: scene.destination)
        let place = scene.destination
        let job = try copyJob(scene.source, ReadOnlyEndpoint(place), from: "from.lan/app:2", to: "to.lan/app:2")
        let log = VerifyLog()
        try await Verifier(job: job, reading: place, depth: .closure, events: log.take).run()
        #expect(log.kinds == [])
        #expect(log.sound == [.tag(try TagName("2"))])
    }
}

@Suite struct BlobSampleTests {
    private let digests = (0..<2000).map { BuiltBlob(Array("\($0)".utf8)).descriptor.digest }

    @Test func `the same seed draws the same blobs, another one others`() {
        func drawn(_ seed: UInt64) -> [Digest] { digests.filter(BlobSample(share: 0.2, seed: seed).includes) }
        #expect(drawn(7) == drawn(7))
        #expect(drawn(7) != drawn(8))
    }

    @Test(arguments: [0, 0.05, 0.5, 1])
    func `about so many are drawn as was asked for`(_ share: Double) {
        let count = digests.count(where: BlobSample(share: share, seed: 42).includes)
        #expect(abs(Double(count) - 2000 * share) <= 60)
        if share == 0 || share == 1 { #expect(Double(count) == 2000 * share) }
    }
}
