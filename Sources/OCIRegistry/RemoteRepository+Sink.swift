// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
public import OCI
public import OCIContent

extension RemoteRepository: ContentSink {
    /// Makes a blob be there, in as few requests as the registry allows: see ``UploadMachine``.
    ///
    /// An upload that was interrupted goes on where it stopped, if the registry still knows it.
    public func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
        var upload = RemoteUpload(of: blob, to: self, heldBy: sibling)
        return try await upload.run()
    }

    /// Writes a manifest under its digest.
    public func write(_ manifest: ManifestDocument) async throws {
        try await put(manifest, at: .digest(manifest.descriptor.digest))
    }

    /// Writes a manifest under a tag, which also writes it under its digest.
    public func publish(_ root: ManifestDocument, as tag: TagName) async throws {
        let digest = root.descriptor.digest
        // What is written under a tag alone, registries name by SHA-256.
        if digest.algorithm == .sha256 { return try await put(root, at: .tag(tag)) }
        try await put(root, at: .digest(digest), tag)
    }

    /// Replaces what a tag points to, for as long as it is what was read.
    /// - Parameter entityTag: What the registry called what was read; `nil` where it said nothing.
    /// - Returns: Whether it was.
    func replace(_ tag: TagName, with document: ManifestDocument, ifMatch entityTag: String?) async throws -> Bool {
        let reply = try await send(document, to: .tag(tag), headers: entityTag.map { [("If-Match", $0)] } ?? [])
        if reply.status == 412, entityTag != nil {
            try await reply.discard()
            return false
        }
        try await confirm(reply, of: document, at: .tag(tag))
        return true
    }

    /// - Parameter tag: A tag that is moved with it, where the target is a digest (distribution-spec, "Pushing Manifests").
    private func put(_ document: ManifestDocument, at target: Target, _ tag: TagName? = nil) async throws {
        let reply: Reply
        do { reply = try await sendConfirmed(document, at: target, tag) } catch let error as RegistryError {
            guard try await createIfMissing(after: error) else { throw error }
            reply = try await sendConfirmed(document, at: target, tag)
        }
        if let tag, !reply.headers["OCI-Tag"].contains(tag.text) {
            let cause = RegistryError.Cause.answer("the registry took the manifest, but not the tag beside its digest")
            throw api.error(cause, during: .writeManifest, subject: subject(.tag(tag)))
        }
        let movesTag = if case .tag = target { true } else { tag != nil }
        try failpoint(movesTag ? .tagMoved : .manifestWritten)
        // A registry that lists referrers says so here; otherwise it is the writer who keeps the list.
        guard let subject = document.subject, reply.headers.first(name: "OCI-Subject") == nil else { return }
        try await endpoint.registry.referrersTags.add(Referrer(document), to: subject, in: self)
    }

    private func sendConfirmed(
        _ document: ManifestDocument,
        at target: Target,
        _ tag: TagName?
    ) async throws -> Reply {
        let reply = try await send(document, to: target, tag)
        try await confirm(reply, of: document, at: target)
        return reply
    }

    private func send(
        _ document: ManifestDocument,
        to target: Target,
        _ tag: TagName? = nil,
        headers: [(name: String, value: String)] = []
    ) async throws -> Reply {
        let query = tag.map { "tag=\($0)" }
        var request = api.request(.PUT, path("manifests/\(target.text)"), query: query, urgency: .urgent)
        request.headers = [("Content-Type", document.descriptor.mediaType.text)] + headers
        request.body = .bytes(ByteBuffer(bytes: document.bytes))
        return try await api.send(request, during: .writeManifest, subject: subject(target))
    }

    private func confirm(_ reply: Reply, of document: ManifestDocument, at target: Target) async throws {
        // Quay answers 202 to a manifest that it took (Harbor's adapter).
        guard reply.status == 201 || reply.status == 202 else {
            throw try await api.error(from: reply, during: .writeManifest, subject: subject(target))
        }
        try confirm(reply, document.descriptor.digest, during: .writeManifest, subject: subject(target))
        try await reply.discard()
    }

    /// A registry that confirms something else than what was sent has not taken it.
    func confirm(
        _ reply: Reply,
        _ digest: Digest,
        during action: RegistryError.Action,
        subject: String
    ) throws {
        guard let stated = try self.digest(of: reply, during: action, subject: subject), stated != digest,
            stated.algorithm == digest.algorithm
        else { return }
        throw api.error(.answer("it confirmed \(stated) instead"), during: action, subject: subject)
    }
}
