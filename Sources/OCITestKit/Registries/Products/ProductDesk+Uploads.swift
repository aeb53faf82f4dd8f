// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Synchronization

/// Uploads: their beginning, their chunks and their end.
extension ProductDesk {
    func start(_ request: PeerRequest, in name: String) -> Intake {
        let quirks = quirks
        guard quirks.createsRepositories || state.withLock({ $0.store.repositories[name] != nil }) else {
            return .answer(.error(404, "NAME_UNKNOWN", "the repository does not exist"))
        }
        if let refusal = missingProject(of: name) { return .answer(refusal) }
        if let digest = request.query("mount") {
            if let answer = mount(digest, from: request.query("from"), to: name, quirks) { return .answer(answer) }
        } else if request.query("digest") != nil, quirks.takesSinglePost {
            let session = open(in: name)
            session.begin()
            return .stream(session)
        }
        return .answer(progress(open(in: name), request, status: 202, quirks))
    }

    private func open(in name: String) -> UploadSession {
        state.withLock {
            $0.lastSession += 1
            let session = UploadSession(id: "session-\($0.lastSession)", repository: name, bound: keptBlobSize)
            $0.open[session.id] = session
            $0.sessions.append(session)
            return session
        }
    }

    /// The answer to a wish for a mount; `nil` if a session is to begin.
    private func mount(_ text: String, from: String?, to name: String, _ quirks: ProductQuirks) -> PeerReply? {
        if let depth = quirks.mountNameDepth, let from, from.split(separator: "/").count != depth {
            return .error(400, "NAME_INVALID", "invalid from parameter")
        }
        switch quirks.mounts {
        case .never: return nil
        case .fromOnly where from == nil: return nil
        case .refusedWithoutFrom(let status) where from == nil: return .error(status, "UNSUPPORTED", "no from")
        case .allowed, .fromOnly, .refusedWithoutFrom: break
        }
        guard let digest = try? Digest(text) else { return nil }
        let isMounted = state.withLock { state in
            let sources = from.map { [$0] } ?? Array(state.store.repositories.keys)
            guard sources.contains(where: { state.store.blob(digest, in: $0) != nil }) else { return false }
            state.store.repositories[name, default: .init()].blobs.insert(digest)
            return true
        }
        guard isMounted else { return nil }
        return PeerReply(201, headers: [("Location", "/v2/\(name)/blobs/\(digest)")] + digestField(digest, quirks))
    }

    /// The session that a request continues; `nil` if there is none, or if its state does not fit, which ends it.
    private func session(_ request: PeerRequest, id: String) -> UploadSession? {
        state.withLock { state in
            guard let session = state.open[id] else { return nil }
            guard !state.quirks.hasStates || session.fits(request.query("_state")) else {
                state.open[id] = nil
                session.close(as: nil)
                return nil
            }
            return session
        }
    }

    private func lost(_ quirks: ProductQuirks) -> PeerReply { .error(404, quirks.lostSessionCode) }

    func chunk(_ request: PeerRequest, id: String) -> Intake {
        let quirks = quirks
        if case .refused(let status) = quirks.chunks { return .answer(.error(status, "UNSUPPORTED")) }
        guard let session = session(request, id: id) else { return .answer(lost(quirks)) }
        let length = request.header("content-length").flatMap(Int64.init)
        if let largest = quirks.largestChunk, let length, length > largest { return .answer(tooLong(largest)) }
        if let refusal = gap(request, session, quirks) { return .answer(refusal) }
        session.begin()
        return .stream(session)
    }

    private func tooLong(_ limit: Int64) -> PeerReply {
        let text = "request body exceeds the maximum permissible limit of \(limit >> 20).00MiB\n"
        return .text(416, text, contentType: "text/plain")
    }

    /// The refusal of a chunk that does not begin where the session ends.
    private func gap(_ request: PeerRequest, _ session: UploadSession, _ quirks: ProductQuirks) -> PeerReply? {
        guard let range = request.header("content-range") else { return nil }
        switch quirks.chunks {
        case .appended, .refused: return nil
        case .checkedWithLength where request.header("content-length") == nil: return nil
        case .checked, .checkedWithLength: break
        }
        let ends = range.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], last >= first else {
            return .error(400, "BLOB_UPLOAD_INVALID", "not a Content-Range: \(range)")
        }
        guard first != session.size else { return nil }
        var refusal = progress(session, request, status: 416, quirks)
        let error = PeerReply.error(416, "RANGE_INVALID")
        refusal.headers += error.headers
        refusal.body = error.body
        return refusal
    }

    func closing(_ request: PeerRequest, id: String) -> Intake {
        let quirks = quirks
        guard let session = session(request, id: id) else { return .answer(lost(quirks)) }
        let length = request.header("content-length").flatMap(Int64.init) ?? 0
        let hasBody = length > 0 || request.header("transfer-encoding") != nil
        if let largest = quirks.largestPut, length > largest { return .answer(.error(413, "SIZE_INVALID")) }
        if quirks.putNeedsChunk, hasBody, session.chunks.isEmpty {
            // What some versions of Artifactory say (buildx#196).
            return .answer(.error(404, "BLOB_UNKNOWN", "blob unknown to registry"))
        }
        if hasBody, let refusal = gap(request, session, quirks) { return .answer(refusal) }
        session.begin()
        return .stream(session)
    }

    func finish(_ request: PeerRequest, _ session: UploadSession) -> PeerReply {
        let quirks = quirks
        if request.method == "PATCH", let largest = quirks.largestChunk, session.bodySize > largest {
            session.rollBack()
            return tooLong(largest)
        }
        session.finish()
        if request.method == "PATCH" { return progress(session, request, status: quirks.chunkStatus, quirks) }
        return commit(session, as: request.query("digest"), quirks)
    }

    private func commit(_ session: UploadSession, as text: String?, _ quirks: ProductQuirks) -> PeerReply {
        if let smallest = quirks.smallestChunk, session.chunks.dropLast().contains(where: { $0 < smallest }) {
            return .error(400, "LAYER_PART_TOO_SMALL", "LayerPartTooSmallException: the smallest part is \(smallest)")
        }
        let digest = text.flatMap { try? Digest($0) }
        let content = session.content(digest?.algorithm ?? .sha256)
        let isTrue = digest != nil && digest == content.digest
        state.withLock { $0.open[session.id] = nil }
        guard let digest, isTrue || !quirks.checksDigests else {
            session.close(as: nil)
            return .error(400, "DIGEST_INVALID", "the digest is \(content.digest.map { "\($0)" } ?? "not known")")
        }
        session.close(as: digest)
        add(
            digest,
            content.bytes.map { .kept($0) } ?? .lost,
            size: content.size,
            isTrue: isTrue,
            to: session.repository
        )
        let place = "/v2/\(session.repository)/blobs/\(digest)"
        return PeerReply(201, headers: [("Location", place)] + digestField(digest, quirks))
    }

    /// Takes a blob in, unless its bytes are already known.
    func add(_ digest: Digest, _ bytes: ProductStore.Bytes, size: Int64, isTrue: Bool, to name: String) {
        state.withLock {
            $0.store.repositories[name, default: .init()].blobs.insert(digest)
            var blob = ProductStore.Blob(bytes: bytes, size: size, isTrue: isTrue)
            if let held = $0.store.blobs[digest], held.isTrue, isTrue, case .made = held.bytes {
                blob.bytes = held.bytes
            }
            $0.store.blobs[digest] = blob
        }
    }

    /// The connection ended in the middle of a body.
    func cut(_ intake: Intake) {
        guard case .stream(let session) = intake else { return }
        defer { state.withLock { $0.cuts += 1 } }
        switch quirks.cut {
        case .keepsBytes: session.finish()
        case .dropsBytes: session.rollBack()
        case .losesSession:
            state.withLock { $0.open[session.id] = nil }
            session.close(as: nil)
        }
    }

    func status(_ request: PeerRequest, id: String) -> PeerReply {
        let quirks = quirks
        guard let session = session(request, id: id) else { return lost(quirks) }
        return progress(session, request, status: 204, quirks)
    }

    func cancel(_ request: PeerRequest, id: String) -> PeerReply {
        guard let session = session(request, id: id) else { return lost(quirks) }
        state.withLock { $0.open[id] = nil }
        session.close(as: nil)
        return PeerReply(204)
    }

    private func progress(
        _ session: UploadSession,
        _ request: PeerRequest,
        status: Int,
        _ quirks: ProductQuirks
    ) -> PeerReply {
        let path = "/v2/\(session.repository)/blobs/uploads/\(session.id)"
        let target = path + (quirks.hasStates ? "?_state=\(session.newState())" : "")
        let origin =
            switch quirks.location {
            case .relative: ""
            case .absolute: "http://\(request.header("host") ?? "127.0.0.1")"
            case .otherPort(let port): "http://127.0.0.1:\(port)"
            }
        let told = quirks.freezesRange ? session.chunks.first ?? session.size : session.size
        var headers = [
            (name: "Location", value: origin + target), (name: "Range", value: "0-\(max(0, told - 1))"),
            (name: "Docker-Upload-UUID", value: session.id),
        ]
        if let minimum = quirks.announcedMinimum, request.method == "POST" {
            headers.append(("OCI-Chunk-Min-Length", "\(minimum)"))
        }
        return PeerReply(status, headers: headers)
    }

    func digestField(_ digest: Digest, _ quirks: ProductQuirks) -> [(name: String, value: String)] {
        quirks.sendsDigest ? [("Docker-Content-Digest", "\(digest)")] : []
    }
}
