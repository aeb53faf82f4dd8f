// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import OCI
import OCIContent

/// Keeps the referrers tags of a registry that does not list referrers by itself (distribution-spec, "Referrers Tag
/// Schema").
///
/// Such a tag is an index that its writers read, extend and write again. Entries of this process that come while it is
/// being written wait, and are written together; what other writers do is found out by reading once more.
actor ReferrersTags {
    private struct Key: Hashable {
        let repository: RepositoryName
        let tag: TagName
    }

    private struct Batch {
        var referrers: [Referrer] = []
        var waiters: [CheckedContinuation<Void, any Error>] = []
    }

    /// How often a tag that others change all the time is tried.
    private static let attempts = 6

    private var waiting: [Key: Batch] = [:]
    private var busy: Set<Key> = []

    /// Adds a referrer to the tag of its subject, unless it is there.
    /// - Throws: ``RegistryError``.
    func add(_ referrer: Referrer, to subject: Digest, in repository: RemoteRepository) async throws {
        let tag = CompanionTag(.referrers, of: subject).tag
        let key = Key(repository: repository.name, tag: tag)
        guard busy.insert(key).inserted else {
            return try await withCheckedThrowingContinuation { continuation in
                waiting[key, default: Batch()].referrers.append(referrer)
                waiting[key]?.waiters.append(continuation)
            }
        }
        defer { busy.remove(key) }
        let own: Result<Void, any Error>
        do { own = .success(try await merge([referrer], into: tag, of: repository)) } catch { own = .failure(error) }
        while let batch = waiting.removeValue(forKey: key) {
            do {
                try await merge(batch.referrers, into: tag, of: repository)
                for waiter in batch.waiters { waiter.resume() }
            } catch {
                for waiter in batch.waiters { waiter.resume(throwing: error) }
            }
        }
        try own.get()
    }

    private func merge(_ referrers: [Referrer], into tag: TagName, of repository: RemoteRepository) async throws {
        for _ in 0..<Self.attempts {
            let (old, entityTag) = try await repository.document(withEntityTagAt: .tag(tag))
            guard old?.descriptor.mediaType.isIndex != false else {
                throw repository.broken(tag, "is no list of referrers, which its name stands for")
            }
            let known = Set(old?.manifest.children.map(\.digest) ?? [])
            let missing = referrers.filter { !known.contains($0.descriptor.digest) }
            if missing.isEmpty { return }
            let new = try ReferrersIndex(old).adding(missing)
            guard try await repository.replace(tag, with: new, ifMatch: entityTag) else { continue }
        }
        throw repository.broken(tag, "is changed by others all the time")
    }
}

/// The index behind a referrers tag: what its other writers wrote stays as it is.
private struct ReferrersIndex {
    private var root: JSONNode

    init(_ document: ManifestDocument?) throws {
        let empty = #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[]}"#
        root = try JSONNode(parsing: document?.bytes ?? Array(empty.utf8))
    }

    /// The index with further entries at its end.
    func adding(_ referrers: [Referrer]) throws -> ManifestDocument {
        var root = root
        let entries = try referrers.map { try JSONNode(parsing: Array(JSONEncoder.ofEntries.encode($0))) }
        root["manifests"] = .array((root["manifests"]?.items ?? []) + entries)
        let bytes = Array(root.compact.utf8)
        return try ManifestDocument(
            bytes: bytes,
            digest: Digester.digest(of: bytes),
            contentType: MediaType.ociIndex.text
        )
    }
}

extension JSONEncoder {
    fileprivate static var ofEntries: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}

extension RemoteRepository {
    fileprivate func broken(_ tag: TagName, _ what: String) -> RegistryError {
        api.error(.answer("the tag \(what)"), during: .writeManifest, subject: subject(.tag(tag)))
    }
}
