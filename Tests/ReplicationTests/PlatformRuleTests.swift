// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import Replication

/// Only some platforms of images are copied.
@Suite struct PlatformRuleTests {
    private let base = MemoryEndpoint(name: "from.lan")
    private let destination = MemoryEndpoint(name: "to.lan")
    private let watch = Watch()
    private let app: RepositoryName
    private let tag: TagName

    init() throws {
        app = try RepositoryName("app")
        tag = try TagName("1")
    }

    private func job(
        _ index: PlatformRule.Index,
        _ platforms: [String] = ["linux/amd64"],
        to sink: (any SinkEndpoint)? = nil
    ) throws -> Job {
        let choice = PlatformChoice(try platforms.map { try #require(Platform($0)) })
        return Job(
            source: WatchedSource(base: base, watch: watch, listsReferrers: true),
            destination: sink ?? destination,
            selection: .repository(app),
            mapping: try NameMapping(from: try Address("from.lan/"), to: try Address("to.lan/")),
            images: ImageChoice(platforms: PlatformRule(choice, index: index))
        )
    }

    private func put() async throws -> SignedImage {
        let image = try await SignedImage.build(seed: 5) { _ in [1, 2, 3] }
        try await image.write(to: base[app], as: tag)
        return image
    }

    private func isThere(_ document: ManifestDocument, in place: MemoryEndpoint? = nil) async throws -> Bool {
        try await (place ?? destination)[app].document(at: .digest(document.descriptor.digest)) == document
    }

    @Test func `a smaller index takes the place of one of which not all is wanted, and stays the same`() async throws {
        let image = try await put()
        let log = try await run(try job(.rewritten))
        #expect(log.failures.isEmpty)
        let root = try #require(try await destination[app].document(at: .tag(tag)))
        #expect(
            root.manifest.children.map(\.digest) == [
                image.images[0].manifest.descriptor.digest, image.attestation.manifest.descriptor.digest,
            ]
        )
        // What nobody here knows stays in it.
        #expect(String(decoding: root.bytes, as: UTF8.self).contains(#""x-unknown":1.0"#))
        #expect(log.published.first?.sourceDigest == image.root.descriptor.digest)
        #expect(try await !isThere(image.images[1].manifest))
        #expect(try await !isThere(image.root))
        // What hangs on a wanted manifest comes along; what hangs on the index is about another digest.
        let tags = try await destination[app].tags().all().map(\.tag)
        #expect(tags.contains(CompanionTag(.attestation, of: image.images[0].manifest.descriptor.digest).tag))

        let before = watch.operations.count
        let again = try await run(try job(.rewritten))
        #expect(again.planned.isEmpty)
        #expect(again.equal.contains(.tag(tag)))
        // The index is read again, which a memory of manifests makes free, and nothing below it.
        let documents = watch.operations.dropFirst(before).filter { if case .document = $0 { true } else { false } }
        #expect(documents == [.document(app, .digest(image.root.descriptor.digest))])
    }

    @Test func `an index keeps its digest where the destination takes it without what is not wanted`() async throws {
        let image = try await put()
        let lenient = LenientSink(destination)
        let log = try await run(try job(.sparse, to: lenient))
        #expect(log.failures.isEmpty)
        #expect(lenient.kept.value[.tag(tag)] == image.root)
        #expect(try await isThere(image.images[0].manifest))
        #expect(try await !isThere(image.images[1].manifest))
        // Signatures of the index come along, and those of what is not wanted do not.
        let signatures = image.referrers.filter { $0.subject == image.root.descriptor.digest }
        for (_, part) in signatures { #expect(try await isThere(part.manifest)) }
        let bill = try #require(image.referrers.first { $0.subject == image.images[1].manifest.descriptor.digest })
        #expect(try await !isThere(bill.part.manifest))
    }

    @Test func `a destination that takes no sparse index is found out before a byte is copied`() async throws {
        let image = try await put()
        let sinkWatch = Watch()
        let log = try await run(try job(.sparse, to: WatchedSink(destination, sinkWatch)))
        #expect(underlying(log.failures["app:1"]) as? SparseIndexRefused == SparseIndexRefused(place: "to.lan"))
        let layers = Set(image.images.flatMap(\.blobs).map(\.descriptor.digest))
        #expect(
            sinkWatch.count { if case .writeBlob(_, let digest) = $0 { layers.contains(digest) } else { false } } == 0
        )
    }

    @Test(arguments: [PlatformRule.Index.sparse, .rewritten])
    func `an image for other platforms is left out, and everything of one for all of them is copied`(
        _ index: PlatformRule.Index
    ) async throws {
        let image = try await put()
        let single = try await BuiltImage.random(seed: 9, platform: Platform(os: "windows", architecture: "amd64"))
        try await single.write(to: base[app], as: try TagName("windows"))
        let own = try await BuiltImage.random(seed: 10)
        try await own.write(to: base[app], as: try TagName("own"))
        let log = try await run(try job(index, ["linux/amd64", "linux/arm64"]))
        #expect(log.failures.isEmpty)
        let unwanted = log.events.compactMap { if case .unwanted(_, let target, _) = $0 { target } else { nil } }
        #expect(unwanted == [.tag(try TagName("windows"))])
        #expect(try await destination[app].document(at: .tag(tag)) == image.root)
        #expect(try await isThere(own.manifest))
        #expect(try await !isThere(single.manifest))
    }

    @Test func `an index in an index is made smaller, too`() async throws {
        let image = try await put()
        let inner = image.root.descriptor
        let outer = try ImageBuilder.document(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociIndex)","manifests":[{"mediaType":"\(inner.mediaType)",\
            "digest":"\(inner.digest)","size":\(inner.size),"annotations":{"a":"b"}}]}
            """
        )
        let nested = try TagName("nested")
        try await base[app].publish(outer, as: nested)
        #expect(try await run(try job(.rewritten)).failures.isEmpty)
        let root = try #require(try await destination[app].document(at: .tag(nested)))
        let smaller = try #require(try await destination[app].document(at: .tag(tag)))
        #expect(root.manifest.children.map(\.digest) == [smaller.descriptor.digest])
        #expect(root.manifest.children.map(\.size) == [smaller.descriptor.size])
        #expect(String(decoding: root.bytes, as: UTF8.self).contains(#""annotations":{"a":"b"}"#))
        #expect(try await run(try job(.rewritten)).planned.isEmpty)
    }
}

/// A place that takes indexes without what they point to.
private final class LenientSink: SinkEndpoint {
    let base: MemoryEndpoint
    /// The indexes that the base would not take.
    let kept = Shared<[Target: ManifestDocument]>([:])

    init(_ base: MemoryEndpoint) { self.base = base }

    var name: String { base.name }

    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { base.catalog(below: paths) }
    func sink(_ repository: RepositoryName) -> any ContentSink { Repository(base: base[repository], place: self) }
    func finish() async throws {}

    struct Repository: ContentSink {
        let base: MemoryRepository
        let place: LenientSink

        func tags() -> Pages<TagEntry> { base.tags() }
        func resolve(_ target: Target) async throws -> Descriptor? {
            if let kept = place.kept.value[target] { return kept.descriptor }
            return try await base.resolve(target)
        }
        func document(at target: Target) async throws -> ManifestDocument? { try await base.document(at: target) }
        func contains(_ blob: Descriptor) async throws -> Bool { try await base.contains(blob) }
        func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? {
            try await base.referrers(of: subject, type: type)
        }
        func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
            try await base.write(blob, heldBy: sibling)
        }
        func write(_ manifest: ManifestDocument) async throws {
            do { try await base.write(manifest) } catch ContentError.missing where manifest.descriptor.mediaType.isIndex
            {
                place.kept.change { $0[.digest(manifest.descriptor.digest)] = manifest }
            }
        }
        func publish(_ root: ManifestDocument, as tag: TagName) async throws {
            do { try await base.publish(root, as: tag) } catch ContentError.missing
                where root.descriptor.mediaType.isIndex
            {
                place.kept.change { $0[.tag(tag)] = root }
            }
        }
    }
}
