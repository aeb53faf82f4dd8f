// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import Synchronization

/// A place in memory that fails when a test says so, and writes down what it was asked.
final class FicklePlace: SourceEndpoint {
    /// How it fails.
    struct Failure: ReachabilityError, Equatable {
        var isUnreachable = true
    }

    private struct State {
        var failure: Failure?
        var cutAt: Int?
        var isSpoilt = false
    }

    let memory: MemoryEndpoint
    let calls = Recorder<String>()
    private let state = Mutex(State())

    var name: String { memory.name }

    init(_ name: String) { memory = MemoryEndpoint(name: name) }

    /// Fails from now on, or no longer.
    func fail(_ failure: Failure?) { state.withLock { $0.failure = failure } }

    /// Cuts blobs after so many bytes of them.
    func cut(at offset: Int) { state.withLock { $0.cutAt = offset } }

    /// Delivers other bytes than blobs have.
    func spoil() { state.withLock { $0.isSpoilt = true } }

    /// What it was asked since the last time, and forgets it.
    func asked() -> [String] { calls.takeAll() }

    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { listing("catalog", memory.catalog()) }

    func source(_ repository: RepositoryName) -> any ContentSource {
        Repository(place: self, base: memory[repository])
    }

    private func note(_ call: String) throws {
        calls.record(call)
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    private func listing<Element>(_ call: String, _ base: Pages<Element>) -> Pages<Element> {
        Pages {
            var pages = base.makeAsyncIterator()
            return {
                try self.note(call)
                return try await pages.next()
            }
        }
    }

    private struct Repository: ContentSource {
        let place: FicklePlace
        let base: MemoryRepository

        func tags() -> Pages<TagEntry> { place.listing("tags", base.tags()) }

        func resolve(_ target: Target) async throws -> Descriptor? {
            try place.note("HEAD \(target)")
            return try await base.resolve(target)
        }

        func document(at target: Target) async throws -> ManifestDocument? {
            try place.note("GET \(target)")
            return try await base.document(at: target)
        }

        func contains(_ blob: Descriptor) async throws -> Bool {
            try place.note("HEAD blob")
            return try await base.contains(blob)
        }

        func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? {
            try place.note("referrers")
            return try await base.referrers(of: subject, type: type)
        }

        func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
            try place.note("GET blob from \(range.lowerBound)")
            let state = place.state.withLock { $0 }
            var bytes = try await base.blob(descriptor, in: range).collect()
            if state.isSpoilt { bytes = bytes.map { $0 ^ 1 } }
            let end = state.cutAt.map { max(0, min($0 - Int(range.lowerBound), bytes.count)) } ?? bytes.count
            let part = Array(bytes[..<end])
            let steps: [ScriptedRepository.Step] =
                end < bytes.count ? [.bytes(part), .fail(Failure())] : [.bytes(part)]
            return ScriptedRepository.stream(range, steps)
        }
    }
}
