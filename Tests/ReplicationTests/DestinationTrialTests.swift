// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Replication
import Testing

/// What not every place takes is found out before anything is copied.
@Suite struct DestinationTrialTests {
    private let source = MemoryEndpoint(name: "from.lan")
    private let destination = MemoryEndpoint(name: "to.lan")
    private let app: RepositoryName

    init() throws { app = try RepositoryName("app") }

    /// Copies images of some kinds to a place that does not hold some content by SHA-512.
    private func copy(_ kinds: [ImageKind], to refused: DigestRefused.Content?) async throws -> (EventLog, Watch) {
        let watch = Watch()
        return (try await run(try await job(kinds, refused, watch)), watch)
    }

    private func job(
        _ kinds: [ImageKind],
        _ refused: DigestRefused.Content?,
        _ watch: Watch = Watch()
    ) async throws -> Job {
        for kind in kinds { try await kind.build().write(to: source[app], as: kind.tag) }
        return try copyJob(source, NarrowSink(base: destination, watch: watch, refused: refused))
    }

    private func blobs(of kind: ImageKind) async throws -> Set<Digest> {
        Set(try await kind.build().blobs.map(\.descriptor.digest))
    }

    private func sent(_ watch: Watch) -> [Digest] {
        watch.operations.compactMap { if case .writeBlob(_, let digest) = $0 { digest } else { nil } }
    }

    @Test func `a place that holds no manifests by SHA-512 refuses before a byte is copied, and others are copied`()
        async throws
    {
        let (log, watch) = try await copy([.sha512Child, .sha512Layer], to: .manifests)
        #expect(
            underlying(log.failures["app:sha512-child"]) as? DigestRefused
                == DigestRefused(content: .manifests, algorithm: .sha512, place: "to.lan")
        )
        #expect(log.published.map(\.tag) == [ImageKind.sha512Layer.tag])
        let unwanted = try await blobs(of: .sha512Child).subtracting(blobs(of: .sha512Layer))
        #expect(!unwanted.isEmpty && unwanted.isDisjoint(with: sent(watch)))
    }

    @Test func `a place that holds no blobs by SHA-512 is named`() async throws {
        let (log, _) = try await copy([.sha512Layer, .sha512Child], to: .blobs)
        #expect(
            underlying(log.failures["app:sha512-layer"]) as? DigestRefused
                == DigestRefused(content: .blobs, algorithm: .sha512, place: "to.lan")
        )
        #expect(log.published.map(\.tag) == [ImageKind.sha512Child.tag])
    }

    @Test func `a place that holds both takes them, and the trial is in the price`() async throws {
        let summary = try await Replicator(job: try await job([.sha512Child], nil)) { _ in }.plan()
        let (log, watch) = try await copy([.sha512Child], to: nil)
        #expect(log.failures.isEmpty)
        let writes = watch.operations.filter {
            switch $0 {
            case .writeBlob, .writeManifest, .publish: true
            default: false
            }
        }
        // The manifest is written to find out, and again when its blobs are there.
        #expect(writes.count == 2 + 2 + 1)
        #expect(summary.trials == 1 && summary.manifestsToWrite == 2)
        #expect(summary.destinationRequests == writes.count + 2, "a blob takes two requests")
        let fixture = try await ImageKind.sha512Child.build()
        #expect(try await destination[app].document(at: .tag(ImageKind.sha512Child.tag)) == fixture.root)
    }
}

/// A place that takes digests of SHA-512 for wrong, of some content or of none.
private struct NarrowSink: SinkEndpoint {
    let base: MemoryEndpoint
    let watch: Watch
    let refused: DigestRefused.Content?

    var name: String { base.name }
    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { base.catalog(below: paths) }
    func finish() async throws {}

    func sink(_ repository: RepositoryName) -> any ContentSink { NarrowRepository(name: repository, place: self) }
}

private struct NarrowRepository: ContentSink {
    struct Refused: DigestRefusalError { var isAboutDigest: Bool { true } }

    let name: RepositoryName
    let place: NarrowSink
    private var base: MemoryRepository { place.base[name] }

    func tags() -> Pages<TagEntry> { base.tags() }
    func resolve(_ target: Target) async throws -> Descriptor? { try await base.resolve(target) }
    func document(at target: Target) async throws -> ManifestDocument? { try await base.document(at: target) }
    func contains(_ blob: Descriptor) async throws -> Bool { try await base.contains(blob) }

    func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
        try await place.watch.run(.writeBlob(name, blob.descriptor.digest)) {
            try check(.blobs, blob.descriptor.digest)
            return try await base.write(blob, heldBy: sibling)
        }
    }

    func write(_ manifest: ManifestDocument) async throws {
        try await place.watch.run(.writeManifest(name, manifest.descriptor.digest)) {
            try check(.manifests, manifest.descriptor.digest)
            try await base.write(manifest)
        }
    }

    func publish(_ root: ManifestDocument, as tag: TagName) async throws {
        try await place.watch.run(.publish(name, tag)) { try await base.publish(root, as: tag) }
    }

    private func check(_ content: DigestRefused.Content, _ digest: Digest) throws {
        if place.refused == content, digest.algorithm == .sha512 { throw Refused() }
    }
}
