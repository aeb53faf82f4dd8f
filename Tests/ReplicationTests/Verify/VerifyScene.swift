// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Replication
import Synchronization

/// The events of a verification, in the order in which they came.
final class VerifyLog: Sendable {
    private let state = Mutex<[VerifyEvent]>([])

    @Sendable func take(_ event: VerifyEvent) { state.withLock { $0.append(event) } }

    var events: [VerifyEvent] { state.withLock { $0 } }
    var findings: [Finding] { events.compactMap { if case .found(let finding) = $0 { finding } else { nil } } }
    var kinds: [Finding.Kind] { findings.map(\.kind) }
    var healed: [Finding] { events.compactMap { if case .healed(let finding) = $0 { finding } else { nil } } }
    var sound: [Target] { events.compactMap { if case .sound(_, let target, _) = $0 { target } else { nil } } }

    var unhealed: [(finding: Finding, obstacle: HealObstacle)] {
        events.compactMap { if case .unhealed(let finding, let obstacle) = $0 { (finding, obstacle) } else { nil } }
    }

    var failures: [any Error] {
        events.compactMap { event in
            switch event {
            case .failed(_, _, let error), .routeFailed(_, let error): error
            default: nil
            }
        }
    }
}

/// One repository on both sides: `1` is an index of two images that share a layer, `2` one of these images.
struct VerifyScene: Sendable {
    let source = MemoryEndpoint(name: "from.lan")
    let destination = MemoryEndpoint(name: "to.lan")
    let app: RepositoryName
    let index: ManifestDocument
    let child: ManifestDocument
    let other: ManifestDocument
    /// A layer of both images.
    let shared: BuiltBlob
    /// A layer of one image.
    let own: BuiltBlob

    init() async throws {
        app = try RepositoryName("app")
        let config = BuiltBlob(Array("config".utf8), mediaType: .ociConfig)
        shared = BuiltBlob(Array("a layer of both".utf8))
        own = BuiltBlob(Array("a layer of one".utf8))
        child = try ImageBuilder.manifest(
            config: config.descriptor,
            layers: [shared.descriptor, own.descriptor]
        )
        other = try ImageBuilder.manifest(config: config.descriptor, layers: [shared.descriptor])
        index = try ImageBuilder.index([
            (child, Platform(os: "linux", architecture: "amd64")),
            (other, Platform(os: "linux", architecture: "arm64")),
        ])
        for endpoint in [source, destination] {
            let repository = endpoint[app]
            for blob in [config, shared, own] { repository.add(blob.bytes) }
            for document in [child, other] { try await repository.write(document) }
            try await repository.publish(index, as: try TagName("1"))
            try await repository.publish(child, as: try TagName("2"))
        }
    }

    var there: MemoryRepository { destination[app] }

    /// Puts another image of the same kind at a side.
    @discardableResult
    func put(_ text: String, as tag: String, at endpoint: MemoryEndpoint) async throws -> Digest {
        let config = BuiltBlob(Array(text.utf8), mediaType: .ociConfig)
        endpoint[app].add(config.bytes)
        endpoint[app].add(shared.bytes)
        let image = try ImageBuilder.manifest(config: config.descriptor, layers: [shared.descriptor])
        try await endpoint[app].publish(image, as: try TagName(tag))
        return image.descriptor.digest
    }

    /// Verifies the repository to its end.
    /// - Parameters:
    ///   - sink: The destination as it is written to; `nil` where nothing is mended.
    ///   - reading: Watches what is read of the destination.
    func verify(
        _ depth: VerifyDepth,
        healing sink: (any SinkEndpoint)? = nil,
        overwrite: OverwriteRule = .always,
        selecting texts: [String] = ["app"],
        from: (any SourceEndpoint)? = nil,
        reading: Watch = Watch()
    ) async throws -> VerifyLog {
        let place = WatchedSource(base: destination, watch: reading)
        let job = try ruledJob(
            rules(texts),
            from ?? source,
            sink ?? ReadOnlyEndpoint(place),
            overwrite: overwrite
        )
        let log = VerifyLog()
        try await Verifier(job: job, reading: place, depth: depth, heals: sink != nil, events: log.take).run()
        return log
    }
}

/// A place that confirms what it is sent, and keeps what it has, as docker-registry 2.8 does.
struct StubbornEndpoint: SinkEndpoint {
    let base: WatchedSink

    var name: String { base.name }

    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { base.catalog(below: paths) }

    func sink(_ repository: RepositoryName) -> any ContentSink { Repository(base: base.sink(repository)) }

    func finish() async throws {}

    private struct Repository: ContentSink {
        let base: any ContentSink

        func tags() -> Pages<TagEntry> { base.tags() }

        func resolve(_ target: Target) async throws -> Descriptor? { try await base.resolve(target) }

        func document(at target: Target) async throws -> ManifestDocument? { try await base.document(at: target) }

        func contains(_ blob: Descriptor) async throws -> Bool { try await base.contains(blob) }

        func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
            var blob = blob
            let isReplaced = blob.replaces
            blob.replaces = false
            let arrival = try await base.write(blob, heldBy: sibling)
            return isReplaced ? .copied : arrival
        }

        func write(_ manifest: ManifestDocument) async throws { try await base.write(manifest) }

        func publish(_ root: ManifestDocument, as tag: TagName) async throws { try await base.publish(root, as: tag) }
    }
}
