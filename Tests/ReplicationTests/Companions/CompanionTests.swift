// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import Replication

/// What hangs on images comes along, before their tags.
@Suite struct CompanionTests {
    private static let signature = "application/vnd.example.signature"
    private static let bill = "application/vnd.example.sbom"

    private let base = MemoryEndpoint(name: "from.lan")
    private let destination = MemoryEndpoint(name: "to.lan")
    private let watch = Watch()
    private let sinkWatch = Watch()
    private let forge = ImageForge(seed: 3)
    private let app: RepositoryName
    private let tag: TagName

    init() throws {
        app = try RepositoryName("app")
        tag = try TagName("1")
    }

    private func source(listsReferrers: Bool = true) -> WatchedSource {
        WatchedSource(base: base, watch: watch, listsReferrers: listsReferrers)
    }

    private func job(
        _ selection: Selection? = nil,
        listsReferrers: Bool = true,
        referrers: ReferrerRule = .all,
        overwrite: OverwriteRule = .always
    ) throws -> Job {
        Job(
            source: source(listsReferrers: listsReferrers),
            destination: destination,
            selection: selection ?? .image(app, .tag(tag)),
            mapping: try NameMapping(from: try Address("from.lan/"), to: try Address("to.lan/")),
            overwrite: overwrite,
            images: ImageChoice(referrers: referrers)
        )
    }

    /// Puts an index of two images, and returns it with one of them.
    private func putIndex() async throws -> (root: ManifestDocument, child: ManifestDocument) {
        let children = [try forge.image(), try forge.image()]
        let root = try forge.index(of: children)
        try await forge.put(root, as: tag, into: base[app])
        return (root, children[0])
    }

    /// Puts a manifest that refers to another one; what it refers to need not be there.
    @discardableResult
    private func refer(
        to subject: Digest,
        _ type: String = signature,
        tag: TagName? = nil,
        as size: Int = 2
    ) async throws -> Digest {
        let config = base[app].add(Array("{}".utf8), mediaType: .ociConfig)
        let layer = base[app].add(Array("\(type) of \(subject)".utf8))
        let document = try ImageBuilder.document(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)","artifactType":"\(type)","config":\
            {"mediaType":"\(config.mediaType)","digest":"\(config.digest)","size":\(config.size)},"layers":[\
            {"mediaType":"\(layer.mediaType)","digest":"\(layer.digest)","size":\(layer.size)}],\
            "subject":{"mediaType":"\(MediaType.ociManifest)","digest":"\(subject)","size":\(size)}}
            """
        )
        if let tag {
            try await base[app].publish(document, as: tag)
        } else {
            try await base[app].write(document)
        }
        return document.descriptor.digest
    }

    /// Puts a list of referrers behind the tag that stands for it.
    private func tagList(of subject: Digest, _ entries: [(Digest, Int64)]) async throws {
        let items = entries.map { digest, size in
            #"{"mediaType":"\#(MediaType.ociManifest)","digest":"\#(digest)","size":\#(size),"artifactType":"\#(Self.signature)"}"#
        }
        let list = try ImageBuilder.document(
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[\#(items.joined(separator: ","))]}"#
        )
        try await base[app].publish(list, as: CompanionTag(.referrers, of: subject).tag)
    }

    private func size(_ digest: Digest) async throws -> Int64 {
        try #require(try await base[app].resolve(.digest(digest))).size
    }

    private func has(_ digest: Digest) async throws -> Bool {
        try await destination[app].resolve(.digest(digest)) != nil
    }

    @Test func `referrers of an image, of what it consists of, and of referrers are there before the tag`() async throws
    {
        let (root, child) = try await putIndex()
        let onRoot = try await refer(to: root.descriptor.digest)
        let onChild = try await refer(to: child.descriptor.digest, Self.bill)
        let onReferrer = try await refer(to: onRoot)
        let watched = WatchedSink(destination, sinkWatch)
        let job = Job(
            source: source(),
            destination: watched,
            selection: .image(app, .tag(tag)),
            mapping: try NameMapping(from: try Address("from.lan/"), to: try Address("to.lan/"))
        )
        let log = try await run(job)
        #expect(log.failures.isEmpty)
        #expect(watched.violations == [])
        #expect(log.published.map(\.companions.count) == [3])
        let operations = sinkWatch.operations
        let moved = try #require(operations.firstIndex(of: .publish(app, tag)))
        for digest in [onRoot, onChild, onReferrer] {
            let written = try #require(operations.firstIndex(of: .writeManifest(app, digest)))
            #expect(written < moved)
        }
        #expect(
            try await destination[app].referrers(of: root.descriptor.digest, type: nil)?.map(\.descriptor.digest) == [
                onRoot
            ]
        )
    }

    @Test func `a run without changes asks once for each image, and writes nothing`() async throws {
        let (root, _) = try await putIndex()
        try await refer(to: root.descriptor.digest)
        let job = try job()
        _ = try await run(job)
        let before = watch.operations.count
        let log = try await run(job)
        #expect(log.equal == [.tag(tag)])
        #expect(log.planned.isEmpty)
        let again = watch.operations.dropFirst(before)
        #expect(
            again.filter { if case .referrers = $0 { true } else { false } } == [
                .referrers(app, root.descriptor.digest)
            ]
        )
        #expect(again.count { if case .document = $0 { true } else { false } } == 0)
    }

    @Test func `a new signature of an image that is equal is copied, and its tag is not moved`() async throws {
        let (root, _) = try await putIndex()
        let watched = WatchedSink(destination, sinkWatch)
        _ = try await run(try job())
        let signature = try await refer(to: root.descriptor.digest)
        let log = try await run(
            Job(
                source: source(),
                destination: watched,
                selection: .image(app, .tag(tag)),
                mapping: try NameMapping(from: try Address("from.lan/"), to: try Address("to.lan/"))
            )
        )
        #expect(log.published.map(\.change) == [.unchanged])
        #expect(log.published.map(\.root) == [root])
        #expect(sinkWatch.count { if case .publish = $0 { true } else { false } } == 0)
        #expect(try await has(signature))
    }

    @Test func `only the kinds that are asked for come along`() async throws {
        let (root, child) = try await putIndex()
        let wanted = try await refer(to: child.descriptor.digest, Self.bill)
        let other = try await refer(to: root.descriptor.digest, Self.signature)
        let log = try await run(try job(referrers: .types([Self.bill])))
        #expect(log.published.count == 1)
        #expect(try await has(wanted))
        #expect(try await !has(other))
    }

    @Test func `nothing comes along where nothing is wanted`() async throws {
        let (root, _) = try await putIndex()
        let digest = root.descriptor.digest
        let referrer = try await refer(to: digest)
        let signature = CompanionTag(.signature, of: digest).tag
        try await refer(to: digest, tag: signature)
        let log = try await run(try job(.repository(app), referrers: .none))
        #expect(log.published.map(\.tag) == [tag])
        #expect(try await !has(referrer))
        #expect(try await destination[app].tags().all().map(\.tag) == [tag])
        #expect(watch.count { if case .referrers = $0 { true } else { false } } == 0)
    }

    @Test(arguments: [true, false])
    func `tags of signatures come with their image, also where a rule takes other tags only`(isRuled: Bool) async throws
    {
        let (root, child) = try await putIndex()
        let tags = [
            CompanionTag(.signature, of: root.descriptor.digest).tag,
            CompanionTag(.attestation, of: child.descriptor.digest).tag,
        ]
        for tag in tags { try await forge.put(try forge.image(), as: tag, into: base[app]) }
        let stranger = CompanionTag(.signature, of: Digester.digest(of: [1])).tag
        try await forge.put(try forge.image(), as: stranger, into: base[app])
        let selection = isRuled ? nil : Selection.repository(app)
        let log = try await run(try job(selection, listsReferrers: false))
        #expect(log.failures.isEmpty)
        let there = try await destination[app].tags().all().map(\.tag)
        // What belongs to no image is a tag like others where all are wanted.
        #expect(Set(there) == Set([tag] + tags + (isRuled ? [] : [stranger])))
        let again = try await run(try job(selection, listsReferrers: false))
        #expect(again.planned.isEmpty)
    }

    @Test func `a signature that somebody else has moved is reported, and the image is copied`() async throws {
        let (root, _) = try await putIndex()
        let signature = CompanionTag(.signature, of: root.descriptor.digest).tag
        try await forge.put(try forge.image(), as: signature, into: base[app])
        let theirs = try forge.image()
        try await forge.put(theirs, as: signature, into: destination[app])
        let log = try await run(try job(overwrite: .never))
        #expect(log.published.map(\.tag) == [tag])
        let refused = log.events.compactMap { if case .refused(_, let target, _) = $0 { target } else { nil } }
        #expect(refused == [.tag(signature)])
        #expect(try await destination[app].resolve(.tag(signature)) == theirs.descriptor)
    }

    @Test func `what a referrers tag lists becomes referrers where the destination lists them`() async throws {
        let (root, _) = try await putIndex()
        let signature = try await refer(to: root.descriptor.digest)
        try await tagList(of: root.descriptor.digest, [(signature, try await size(signature))])
        let log = try await run(try job(.repository(app), listsReferrers: false))
        #expect(log.failures.isEmpty)
        let listed = try await destination[app].referrers(of: root.descriptor.digest, type: nil)
        #expect(listed?.map(\.descriptor.digest) == [signature])
        #expect(try await destination[app].tags().all().map(\.tag) == [tag])
    }

    @Test func `the list of an image that has no tag is taken apart, too, where all tags are wanted`() async throws {
        let child = try forge.image()
        try await forge.put(try forge.index(of: [child]), as: tag, into: base[app])
        _ = try await run(try job(.repository(app), listsReferrers: false))
        let signature = try await refer(to: child.descriptor.digest)
        try await tagList(of: child.descriptor.digest, [(signature, try await size(signature))])
        let log = try await run(try job(.repository(app), listsReferrers: false))
        #expect(log.published.map(\.subject) == [child.descriptor.digest])
        #expect(try await has(signature))
        #expect(try await run(try job(.repository(app), listsReferrers: false)).planned.isEmpty)
    }

    @Test func `what is listed and gone is left out`() async throws {
        let (root, _) = try await putIndex()
        let gone = try await refer(to: root.descriptor.digest)
        var source = source()
        source.lacks = { _, digest in digest == gone }
        let job = Job(
            source: source,
            destination: destination,
            selection: .image(app, .tag(tag)),
            mapping: try NameMapping(from: try Address("from.lan/"), to: try Address("to.lan/"))
        )
        let log = try await run(job)
        #expect(log.failures.isEmpty)
        #expect(log.published.map(\.companions.count) == [0])
        #expect(try await !has(gone))
    }

    @Test func `lists that lead to each other end`() async throws {
        let (root, _) = try await putIndex()
        let first = try await refer(to: root.descriptor.digest)
        let second = try await refer(to: first)
        try await tagList(of: first, [(second, try await size(second))])
        try await tagList(of: second, [(first, try await size(first))])
        try await tagList(of: root.descriptor.digest, [(first, try await size(first))])
        let log = try await run(try job(listsReferrers: false))
        #expect(log.failures.isEmpty)
        #expect(log.published.map(\.companions.count) == [2])
    }

    @Test func `an image on which too much hangs is not copied`() async throws {
        let image = try forge.image()
        try await forge.put(image, as: tag, into: base[app])
        for number in 0...CompanionLimits().count {
            try await refer(to: image.descriptor.digest, "application/vnd.example.\(number)")
        }
        let log = try await run(try job())
        let error = underlying(log.failures["app:1"]) ?? log.failures["app:1"]
        #expect(error as? CompanionError == .tooMany(of: image.descriptor.digest, limit: CompanionLimits().count))
        #expect(try await destination[app].tags().all().isEmpty)
    }
}
