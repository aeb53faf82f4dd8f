// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
public import OCI
public import OCIContent

extension RemoteRepository: ContentSink {
    /// Makes a blob be there, in as few requests as the registry allows: see ``UploadMachine``.
    public func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
        let digest = blob.descriptor.digest
        let registry = endpoint.registry
        var machine = UploadMachine(repository: name, sibling: sibling, canMount: registry.canMount)
        var answeredBy: RequestURL?
        while true {
            let reply: Reply
            switch machine.action {
            case .mount(let from): reply = try await start(digest, mountingFrom: from)
            case .start: reply = try await start(digest, mountingFrom: nil)
            case .find:
                reply = try await api.send(
                    api.request(.HEAD, path("blobs/\(digest)")),
                    during: .findBlob,
                    subject: subject(digest)
                )
            case .send(let location):
                guard let answeredBy else { preconditionFailure("a location without an answer") }
                reply = try await send(blob, to: location, answeredBy: answeredBy)
            case .finish, .fail: preconditionFailure("the loop ends with these")
            }
            let action = machine.action
            let next = machine.advance(
                after: UploadMachine.Reply(status: reply.status, location: reply.headers.first(name: "Location"))
            )
            if machine.mountRefused { registry.rememberMountRefusal() }
            switch next {
            case .finish(let arrival):
                try confirm(reply, digest, during: action == .find ? .findBlob : .upload, subject: subject(digest))
                try await reply.discard()
                return arrival
            case .fail: throw try await failure(of: action, reply, digest)
            default:
                try await reply.discard()
                answeredBy = reply.url
            }
        }
    }

    /// Writes a manifest under its digest.
    public func write(_ manifest: ManifestDocument) async throws {
        try await put(manifest, at: .digest(manifest.descriptor.digest))
    }

    /// Writes a manifest under a tag, which also writes it under its digest.
    public func publish(_ root: ManifestDocument, as tag: TagName) async throws { try await put(root, at: .tag(tag)) }

    private func put(_ document: ManifestDocument, at target: Target) async throws {
        let subject = subject(target)
        var request = api.request(.PUT, path("manifests/\(target.text)"), urgency: .urgent)
        request.headers = [("Content-Type", document.descriptor.mediaType.text)]
        request.body = .bytes(ByteBuffer(bytes: document.bytes))
        let reply = try await api.send(request, during: .writeManifest, subject: subject)
        // Quay answers 202 to a manifest that it took (Harbor's adapter).
        guard reply.status == 201 || reply.status == 202 else {
            throw try await api.error(from: reply, during: .writeManifest, subject: subject)
        }
        try confirm(reply, document.descriptor.digest, during: .writeManifest, subject: subject)
        try await reply.discard()
    }

    private func start(_ digest: Digest, mountingFrom sibling: RepositoryName?) async throws -> Reply {
        var request = api.request(
            .POST,
            path("blobs/uploads/"),
            query: sibling.map { "mount=\(digest)&from=\($0)" }
        )
        // Whoever mounts must be allowed to read where he mounts from.
        if let sibling, sibling != name { request.access.scopes.insert(.repository(sibling, .pull)) }
        return try await api.send(request, during: .startUpload, subject: subject(digest))
    }

    private func send(_ blob: BlobContent, to location: String, answeredBy: RequestURL) async throws -> Reply {
        let digest = blob.descriptor.digest
        let url: RequestURL
        do {
            url = try endpoint.registry.transport.admit(location, answeredBy: answeredBy, for: .upload)
        } catch {
            throw api.error(error.cause, during: .upload, subject: subject(digest))
        }
        // The place to write comes before the one to read, which opening the blob takes.
        let slot = try await endpoint.registry.transport.placeToWrite()
        let reading = try await blob.open()
        var exchange = Exchange(
            method: .PUT,
            url: url.appending("digest", digest.description),
            access: api.access
        )
        exchange.headers = [("Content-Type", "application/octet-stream")]
        exchange.body = .blob(reading, size: blob.descriptor.size)
        let reply = try await api.send(exchange, holding: slot, during: .upload, subject: subject(digest))
        if reply.status == 201, !reading.isComplete, blob.descriptor.size > 0 {
            throw api.error(
                .answer("the upload was confirmed before all bytes were sent"),
                during: .upload,
                subject: subject(digest)
            )
        }
        return reply
    }

    /// A registry that confirms something else than what was sent has not taken it.
    private func confirm(
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

    private func failure(of action: UploadMachine.Action, _ reply: Reply, _ digest: Digest) async throws -> any Error {
        let during: RegistryError.Action =
            switch action {
            case .find: .findBlob
            case .send: .upload
            default: .startUpload
            }
        if reply.status == 202 {
            try await reply.discard()
            return api.error(
                .answer("an upload was started without a Location"),
                during: during,
                subject: subject(digest)
            )
        }
        return try await api.error(from: reply, during: during, subject: subject(digest))
    }
}
