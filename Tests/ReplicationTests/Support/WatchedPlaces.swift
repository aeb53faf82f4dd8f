// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Synchronization

/// One thing that was asked of a place.
enum Operation: Hashable, Sendable {
    case catalog
    case tags(RepositoryName)
    case resolve(RepositoryName, Target)
    case document(RepositoryName, Target)
    case contains(RepositoryName, Digest)
    case referrers(RepositoryName, Digest)
    case blob(RepositoryName, Digest)
    case writeBlob(RepositoryName, Digest)
    case writeManifest(RepositoryName, Digest)
    case publish(RepositoryName, TagName)
    case finish
}

/// What a test does to an operation.
enum Interference: Sendable {
    case none
    /// It fails before it does anything.
    case fail
    /// It fails, since the place lacks something that is pointed to.
    case lackReferences
    /// It is done, but its answer is lost.
    case loseAnswer
    /// It takes longer than others.
    case delay
}

/// An operation that a test let fail.
struct Fault: MissingReferencesError, Hashable {
    var operation: Operation
    var isAboutMissingReferences = false
}

/// Writes down what is asked of a place, and interferes with it.
final class Watch: Sendable {
    typealias Rule = @Sendable (_ operation: Operation, _ number: Int) async -> Interference

    private let state = Mutex<[Operation]>([])
    private let rule: Rule

    /// - Parameter rule: Asked of each operation, with its number from 1.
    init(_ rule: @escaping Rule = { _, _ in .none }) { self.rule = rule }

    /// The operations, in the order in which they began.
    var operations: [Operation] { state.withLock { $0 } }

    func count(where isCounted: (Operation) -> Bool) -> Int { operations.count(where: isCounted) }

    func run<Value>(_ operation: Operation, _ body: () async throws -> Value) async throws -> Value {
        let number = state.withLock { state in
            state.append(operation)
            return state.count
        }
        switch await rule(operation, number) {
        case .none: return try await body()
        case .fail: throw Fault(operation: operation)
        case .lackReferences: throw Fault(operation: operation, isAboutMissingReferences: true)
        case .loseAnswer:
            _ = try await body()
            throw Fault(operation: operation)
        case .delay:
            for _ in 0..<20 { await Task.yield() }
            return try await body()
        }
    }

    func pages<Element>(_ operation: Operation, of pages: Pages<Element>) -> Pages<Element> {
        Pages {
            var iterator: Pages<Element>.AsyncIterator?
            return {
                if iterator == nil {
                    iterator = try await self.run(operation) { pages.makeAsyncIterator() }
                }
                return try await iterator?.next()
            }
        }
    }
}

/// A place to read from that is watched.
struct WatchedSource: SourceEndpoint {
    let base: any SourceEndpoint
    let watch: Watch
    /// Whether listings say what tags point to.
    var listsDigests = true
    /// What listings say of tags besides; nothing in most places.
    var details: @Sendable (TagName) -> TagEntry.Details? = { _ in nil }
    /// Whether it lists referrers.
    var listsReferrers = false
    /// What of the base can be read; `nil` for everything.
    var lacks: @Sendable (RepositoryName, Digest) -> Bool = { _, _ in false }

    var name: String { base.name }

    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> {
        watch.pages(.catalog, of: base.catalog(below: paths))
    }

    func source(_ repository: RepositoryName) -> any ContentSource {
        WatchedSourceRepository(name: repository, base: base.source(repository), place: self)
    }
}

private struct WatchedSourceRepository: ContentSource {
    let name: RepositoryName
    let base: any ContentSource
    let place: WatchedSource

    func tags() -> Pages<TagEntry> {
        let tags = place.listsDigests ? base.tags() : base.tags().withoutDigests
        return place.watch.pages(.tags(name), of: tags.adding(place.details))
    }

    func resolve(_ target: Target) async throws -> Descriptor? {
        try await place.watch.run(.resolve(name, target)) { try await base.resolve(target) }
    }

    func document(at target: Target) async throws -> ManifestDocument? {
        try await place.watch.run(.document(name, target)) {
            if case .digest(let digest) = target, place.lacks(name, digest) { return nil }
            return try await base.document(at: target)
        }
    }

    func contains(_ blob: Descriptor) async throws -> Bool {
        try await place.watch.run(.contains(name, blob.digest)) { try await base.contains(blob) }
    }

    func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? {
        guard place.listsReferrers else { return nil }
        return try await place.watch.run(.referrers(name, subject)) {
            try await base.referrers(of: subject, type: type)
        }
    }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        try await place.watch.run(.blob(name, descriptor.digest)) {
            if place.lacks(name, descriptor.digest) { throw ContentError.missing(descriptor.digest) }
            return try await base.blob(descriptor, in: range)
        }
    }
}

/// A place to write to that is watched: whenever a manifest is written or a tag moved, all that it reaches must have been
/// confirmed in this run.
final class WatchedSink: SinkEndpoint {
    private struct State {
        var confirmedBlobs: [RepositoryName: Set<Digest>] = [:]
        var confirmedManifests: [RepositoryName: Set<Digest>] = [:]
        var violations: [String] = []
        var flights: [Operation: Int] = [:]
    }

    let base: MemoryEndpoint
    let watch: Watch
    let listsDigests: Bool
    private let state = Mutex(State())

    init(_ base: MemoryEndpoint, _ watch: Watch = Watch(), listsDigests: Bool = true) {
        self.base = base
        self.watch = watch
        self.listsDigests = listsDigests
    }

    var name: String { base.name }
    /// What was done too early, or twice at the same time.
    var violations: [String] { state.withLock { $0.violations } }

    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> {
        watch.pages(.catalog, of: base.catalog(below: paths))
    }

    func sink(_ repository: RepositoryName) -> any ContentSink { WatchedSinkRepository(name: repository, place: self) }

    func finish() async throws { try await watch.run(.finish) {} }

    fileprivate func confirm(_ repository: RepositoryName, blob: Digest) {
        state.withLock { _ = $0.confirmedBlobs[repository, default: []].insert(blob) }
    }

    fileprivate func confirm(_ repository: RepositoryName, manifest: Digest) {
        state.withLock { _ = $0.confirmedManifests[repository, default: []].insert(manifest) }
    }

    /// Everything that the document reaches must be there, and must have been confirmed in this run.
    fileprivate func check(_ document: ManifestDocument, _ repository: RepositoryName, for what: String) async throws {
        let missing = try await base[repository].missing(below: document)
        state.withLock { state in
            state.violations += missing.map { "\(what): \($0) is not there" }
            for blob in document.manifest.blobs where !blob.isNonDistributable {
                guard state.confirmedBlobs[repository]?.contains(blob.digest) != true else { continue }
                state.violations.append("\(what): the blob \(blob.digest) was not confirmed")
            }
            for child in document.manifest.children
            where state.confirmedManifests[repository]?.contains(child.digest) != true {
                state.violations.append("\(what): the manifest \(child.digest) was not confirmed")
            }
        }
    }

    /// The same thing must not be written twice at the same time.
    fileprivate func alone<Value>(_ operation: Operation, _ body: () async throws -> Value) async throws -> Value {
        state.withLock { state in
            state.flights[operation, default: 0] += 1
            if state.flights[operation] != 1 { state.violations.append("\(operation) is under way twice") }
        }
        defer { state.withLock { $0.flights[operation, default: 1] -= 1 } }
        return try await watch.run(operation, body)
    }
}

private struct WatchedSinkRepository: ContentSink {
    let name: RepositoryName
    let place: WatchedSink

    var base: MemoryRepository { place.base[name] }

    func tags() -> Pages<TagEntry> {
        place.watch.pages(.tags(name), of: place.listsDigests ? base.tags() : base.tags().withoutDigests)
    }

    func resolve(_ target: Target) async throws -> Descriptor? {
        try await place.watch.run(.resolve(name, target)) { try await base.resolve(target) }
    }

    func document(at target: Target) async throws -> ManifestDocument? {
        try await place.watch.run(.document(name, target)) { try await base.document(at: target) }
    }

    func contains(_ blob: Descriptor) async throws -> Bool {
        try await place.watch.run(.contains(name, blob.digest)) { try await base.contains(blob) }
    }

    func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
        let arrival = try await place.alone(.writeBlob(name, blob.descriptor.digest)) {
            try await base.write(blob, heldBy: sibling)
        }
        place.confirm(name, blob: blob.descriptor.digest)
        return arrival
    }

    func write(_ manifest: ManifestDocument) async throws {
        let digest = manifest.descriptor.digest
        try await place.alone(.writeManifest(name, digest)) {
            try await place.check(manifest, name, for: "write \(digest.short)")
            try await base.write(manifest)
        }
        place.confirm(name, manifest: digest)
    }

    func publish(_ root: ManifestDocument, as tag: TagName) async throws {
        try await place.watch.run(.publish(name, tag)) {
            try await place.check(root, name, for: "publish \(tag)")
            try await base.publish(root, as: tag)
        }
    }
}

extension MemoryRepository {
    /// What of all that a manifest reaches is not in this repository.
    func missing(below document: ManifestDocument) async throws -> [Digest] {
        var missing: [Digest] = []
        for blob in document.manifest.blobs where !blob.isNonDistributable {
            if try await !contains(blob) { missing.append(blob.digest) }
        }
        for child in document.manifest.children {
            if let below = try await self.document(at: .digest(child.digest)) {
                missing += try await self.missing(below: below)
            } else {
                missing.append(child.digest)
            }
        }
        return missing
    }
}

extension MemoryEndpoint {
    /// All tags of all repositories, with what they point to.
    func everyTag() async throws -> [RepositoryName: [TagName: Digest]] {
        var all: [RepositoryName: [TagName: Digest]] = [:]
        for name in try await catalog().all() {
            let tags = try await self[name].tags().all()
            if !tags.isEmpty {
                all[name] = Dictionary(tags.map { ($0.tag, $0.digest) }) { $1 }.compactMapValues(\.self)
            }
        }
        return all
    }

    /// What is missing below the tags.
    func missing() async throws -> [Digest] {
        var missing: [Digest] = []
        for (name, tags) in try await everyTag() {
            for digest in Set(tags.values) {
                guard let root = try await self[name].document(at: .digest(digest)) else {
                    missing.append(digest)
                    continue
                }
                missing += try await self[name].missing(below: root)
            }
        }
        return missing
    }
}

extension Pages<TagEntry> {
    /// The listing as most registries give it: names alone.
    fileprivate func adding(_ details: @escaping @Sendable (TagName) -> TagEntry.Details?) -> Pages<TagEntry> {
        Pages {
            var iterator = makeAsyncIterator()
            return {
                try await iterator.next()?
                    .map {
                        TagEntry(tag: $0.tag, digest: $0.digest, details: details($0.tag) ?? $0.details)
                    }
            }
        }
    }

    fileprivate var withoutDigests: Pages<TagEntry> {
        Pages {
            var iterator = makeAsyncIterator()
            return { try await iterator.next()?.map { TagEntry(tag: $0.tag) } }
        }
    }
}
