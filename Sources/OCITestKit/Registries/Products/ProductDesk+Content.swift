// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import Synchronization

/// Manifests and blobs.
extension ProductDesk {
    func manifest(_ request: PeerRequest, in name: String, _ reference: String) -> PeerReply {
        let quirks = quirks
        var headers: [(name: String, value: String)] = []
        if request.method == "GET", let left = pull() {
            headers = [
                ("ratelimit-limit", "\(quirks.pulls ?? 0);w=21600"), ("ratelimit-remaining", "\(max(0, left));w=21600"),
            ]
            if left < 0 {
                let text = "You have reached your pull rate limit."
                return .error(429, "TOOMANYREQUESTS", text, headers: headers + [("Retry-After", "1")])
            }
        }
        guard let manifest = state.withLock({ $0.store.manifest(reference, in: name) }) else {
            return .error(404, "MANIFEST_UNKNOWN", headers: headers)
        }
        headers += digestField(manifest.digest, quirks) + [("Content-Type", manifest.mediaType)]
        if quirks.sendsETag { headers.append(("ETag", "\"\(manifest.digest)\"")) }
        if quirks.sendsETag, request.header("if-none-match") == "\"\(manifest.digest)\"" {
            return PeerReply(304, headers: headers)
        }
        return PeerReply(200, headers: headers, body: .bytes(manifest.bytes))
    }

    /// Counts a pull; how many are left, or less than none, or `nil` where they are not counted.
    private func pull() -> Int? {
        state.withLock {
            guard let left = $0.pullsLeft else { return nil }
            $0.pullsLeft = max(0, left - 1)
            return left - 1
        }
    }

    func put(_ request: PeerRequest, _ body: [UInt8], in name: String, as reference: String) -> PeerReply {
        if let refusal = missingProject(of: name) { return refusal }
        let quirks = quirks
        let named = try? Digest(reference)
        let digest = Digester.digest(of: body, algorithm: named?.algorithm ?? .sha256)
        if let named, named != digest { return .error(400, "DIGEST_INVALID") }
        let mediaType = request.header("content-type") ?? "\(MediaType.ociManifest)"
        let manifest = ProductStore.Manifest(bytes: body, mediaType: mediaType, digest: digest)
        if quirks.missingReferenceStatus != nil, manifest.document == nil { return .error(400, "MANIFEST_INVALID") }
        let refusal: PeerReply? = state.withLock { state in
            guard quirks.createsRepositories || state.store.repositories[name] != nil else {
                return .error(404, "NAME_UNKNOWN")
            }
            let missing = state.store.missing(manifest, in: name, isDeep: false)
            if let status = quirks.missingReferenceStatus, !missing.isEmpty {
                return .error(status, "MANIFEST_BLOB_UNKNOWN", "\(missing[0])")
            }
            if named == nil, quirks.hasImmutableTags,
                let old = state.store.repositories[name]?.tags[reference], old != digest
            {
                return .error(412, "PRECONDITION", "the tag is immutable")
            }
            state.store.add(manifest, to: name, as: named == nil ? reference : nil)
            if named == nil {
                let broken = state.store.missing(manifest, in: name, isDeep: true)
                if !broken.isEmpty {
                    state.brokenTags.append(.init(repository: name, tag: reference, digest: digest, missing: broken))
                }
            }
            return nil
        }
        if let refusal { return refusal }
        var headers = [(name: "Location", value: "/v2/\(name)/manifests/\(digest)")] + digestField(digest, quirks)
        if quirks.hasReferrers, let subject = ManifestDetails(body).subjectDigest {
            headers.append(("OCI-Subject", "\(subject)"))
        }
        return PeerReply(quirks.manifestStatus, headers: headers)
    }

    func delete(_ reference: String, in name: String) -> PeerReply {
        state.withLock { state in
            guard let manifest = state.store.manifest(reference, in: name) else {
                return .error(404, "MANIFEST_UNKNOWN")
            }
            if state.store.repositories[name]?.tags.removeValue(forKey: reference) == nil {
                state.store.repositories[name]?.manifests[manifest.digest] = nil
                let tags = state.store.repositories[name]?.tags.filter { $0.value != manifest.digest }
                state.store.repositories[name]?.tags = tags ?? [:]
            }
            return PeerReply(202)
        }
    }

    func deleteBlob(_ text: String, in name: String) -> PeerReply {
        state.withLock { state in
            let digest = try? Digest(text)
            let removed = digest.flatMap { state.store.repositories[name]?.blobs.remove($0) }
            return removed == nil ? .error(404, "BLOB_UNKNOWN") : PeerReply(202)
        }
    }

    func blob(_ request: PeerRequest, in name: String, _ text: String) -> PeerReply {
        let quirks = quirks
        guard let digest = try? Digest(text), let blob = state.withLock({ $0.store.blob(digest, in: name) }) else {
            return .error(404, "BLOB_UNKNOWN")
        }
        var headers = digestField(digest, quirks) + [(name: "Content-Type", value: "application/octet-stream")]
        if quirks.sendsETag { headers.append(("ETag", "\"\(digest)\"")) }
        if quirks.servesRanges { headers.append(("Accept-Ranges", "bytes")) }
        var range = 0..<blob.size
        var status = 200
        if quirks.servesRanges, request.method == "GET", let asked = request.header("range") {
            guard let part = Self.range(asked, of: blob.size) else {
                return PeerReply(416, headers: [("Content-Range", "bytes */\(blob.size)")])
            }
            range = part
            status = 206
            headers.append(("Content-Range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(blob.size)"))
        }
        if request.method == "HEAD" {
            return PeerReply(200, headers: headers, framing: .contentLength(blob.size))
        }
        switch blob.bytes {
        case .kept(let bytes):
            return PeerReply(
                status,
                headers: headers,
                body: .bytes(Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
            )
        case .made(let stream):
            return PeerReply(status, headers: headers, body: .stream(stream(range.lowerBound).cut(to: range)))
        case .lost: return .error(500, "UNKNOWN", "the blob was too long to keep, and nobody said how it is made")
        }
    }

    /// `bytes=first-last` or `bytes=first-`; anything else is not understood.
    private static func range(_ text: String, of size: Int64) -> Range<Int64>? {
        guard text.hasPrefix("bytes=") else { return nil }
        let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Int64(ends[0]), first < size else { return nil }
        let last = Int64(ends[1]).map { min($0, size - 1) } ?? size - 1
        return last < first ? nil : first..<last + 1
    }
}

extension ByteStream {
    /// The bytes of a part of the blob, of a stream that may begin before and end behind it.
    fileprivate func cut(to part: Range<Int64>) -> ByteStream {
        ByteStream(range: part) {
            var iterator = makeAsyncIterator()
            var position = range.lowerBound
            return {
                while position < part.upperBound, var buffer = try await iterator.next() {
                    let start = position
                    position += Int64(buffer.readableBytes)
                    buffer.moveReaderIndex(
                        forwardBy: Int(Swift.min(Int64(buffer.readableBytes), Swift.max(0, part.lowerBound - start)))
                    )
                    let surplus = Swift.max(0, position - part.upperBound)
                    if let wanted = buffer.readSlice(length: buffer.readableBytes - Int(surplus)),
                        wanted.readableBytes > 0
                    {
                        return wanted
                    }
                }
                return nil
            }
        }
    }
}
