// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
@testable import Replication
import Testing

/// What a verification mends, and what it leaves alone.
@Suite struct HealerTests {
    private let everything = VerifyDepth.content(.all)

    /// What was written, in order.
    private func writes(_ watch: Watch) -> [Operation] {
        watch.operations.filter { operation in
            switch operation {
            case .writeBlob, .writeManifest, .publish: true
            default: false
            }
        }
    }

    @Test func `a damaged blob is sent once, for all images that share it, and nothing else is`() async throws {
        let scene = try await VerifyScene()
        let digest = scene.shared.descriptor.digest
        scene.there.spoil(blob: digest, with: Array("A layer of both".utf8))
        let watch = Watch()
        let log = try await scene.verify(everything, healing: WatchedSink(scene.destination, watch))
        #expect(log.findings.count == 2)
        #expect(Set(log.healed) == Set(log.findings))
        #expect(log.unhealed.isEmpty)
        #expect(writes(watch) == [.writeBlob(scene.app, digest)])
        #expect(try await scene.verify(everything).kinds == [])
    }

    @Test func `a child and a blob below it that are gone come back, and no tag moves`() async throws {
        let scene = try await VerifyScene()
        scene.there.lose(manifest: scene.other.descriptor.digest)
        scene.there.lose(blob: scene.own.descriptor.digest)
        let watch = Watch()
        let log = try await scene.verify(.closure, healing: WatchedSink(scene.destination, watch))
        #expect(Set(log.healed) == Set(log.findings))
        #expect(
            Set(writes(watch)) == [
                .writeBlob(scene.app, scene.own.descriptor.digest),
                .writeManifest(scene.app, scene.other.descriptor.digest),
            ]
        )
        #expect(try await scene.verify(everything).kinds == [])
    }

    @Test func `tags that are missing and moved are brought, extra ones stay`() async throws {
        let scene = try await VerifyScene()
        try await scene.put("new", as: "3", at: scene.source)
        try await scene.put("moved", as: "2", at: scene.source)
        try await scene.put("extra", as: "old", at: scene.destination)
        let log = try await scene.verify(everything, healing: WatchedSink(scene.destination))
        #expect(log.healed.count == 2)
        #expect(log.unhealed.isEmpty)
        let rest = try await scene.verify(everything)
        #expect(rest.findings.map { $0.tag?.text } == ["old"])
    }

    @Test func `damage that shows only when a tag was brought is mended, too`() async throws {
        let scene = try await VerifyScene()
        let config = BuiltBlob(Array("new".utf8), mediaType: .ociConfig)
        try await scene.put("new", as: "3", at: scene.source)
        // It is there under its name, so that a copy takes it for right.
        scene.there.add(config.bytes)
        scene.there.spoil(blob: config.descriptor.digest, with: Array("NEW".utf8))
        let log = try await scene.verify(everything, healing: WatchedSink(scene.destination))
        #expect(log.findings.count == 2)
        #expect(Set(log.healed) == Set(log.findings))
        #expect(try await scene.verify(everything).kinds == [])
    }

    @Test func `a rule that keeps a tag from being moved holds`() async throws {
        let scene = try await VerifyScene()
        try await scene.put("moved", as: "2", at: scene.source)
        let watch = Watch()
        let sink = WatchedSink(scene.destination, watch)
        let log = try await scene.verify(.closure, healing: sink, overwrite: .never)
        #expect(log.healed.isEmpty)
        #expect(writes(watch) == [])
        let unhealed = try #require(log.unhealed.first)
        guard case .refused(let refusal) = unhealed.obstacle else {
            Issue.record("\(unhealed.obstacle)")
            return
        }
        #expect(refusal.reason == .neverOverwrites)
    }

    @Test func `a rule that keeps tags from being moved lets what they point to be mended`() async throws {
        let scene = try await VerifyScene()
        scene.there.lose(blob: scene.own.descriptor.digest)
        let log = try await scene.verify(
            .closure,
            healing: WatchedSink(scene.destination),
            overwrite: .never
        )
        #expect(log.healed.count == 2)
    }

    @Test func `what a place keeps as it was is named, and sent once only`() async throws {
        let scene = try await VerifyScene()
        let digest = scene.shared.descriptor.digest
        scene.there.spoil(blob: digest, with: Array("A layer of both".utf8))
        let watch = Watch()
        let sink = StubbornEndpoint(base: WatchedSink(scene.destination, watch))
        let log = try await scene.verify(everything, healing: sink)
        #expect(log.healed.isEmpty)
        #expect(Set(log.unhealed.map(\.finding)) == Set(log.findings))
        for (_, obstacle) in log.unhealed {
            if case .unchanged = obstacle { continue }
            Issue.record("\(obstacle)")
        }
        #expect(writes(watch) == [.writeBlob(scene.app, digest)])
    }

    @Test func `what the source does not deliver stops nothing else`() async throws {
        let scene = try await VerifyScene()
        let lost = scene.own.descriptor.digest
        scene.there.lose(blob: lost)
        scene.there.lose(blob: scene.shared.descriptor.digest)
        let source = WatchedSource(base: scene.source, watch: Watch(), lacks: { $1 == lost })
        let log = try await scene.verify(
            .closure,
            healing: WatchedSink(scene.destination),
            from: source
        )
        #expect(Set(log.healed.compactMap { $0.part?.digest }) == [scene.shared.descriptor.digest])
        #expect(Set(log.unhealed.compactMap { $0.finding.part?.digest }) == [lost])
        for (_, obstacle) in log.unhealed {
            if case .failed = obstacle { continue }
            Issue.record("\(obstacle)")
        }
    }

    @Test func `without mending, nothing is written and nothing remembered`() async throws {
        let scene = try await VerifyScene()
        try await scene.put("moved", as: "2", at: scene.source)
        scene.there.lose(blob: scene.own.descriptor.digest)
        let before = try await scene.destination.everyTag()
        let book = TagBook()
        let job = try ruledJob(
            rules(["app"]),
            scene.source,
            ReadOnlyEndpoint(scene.destination),
            memory: book
        )
        try await Verifier(job: job, reading: scene.destination, depth: everything) { _ in }.run()
        #expect(try await scene.destination.everyTag() == before)
        #expect(book.notes.isEmpty)
    }
}
