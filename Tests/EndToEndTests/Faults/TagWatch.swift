// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Synchronization

/// Looks at each manifest that is put under a tag whether all that it needs is in the registry by then.
final class TagWatch: Sendable {
    private struct State {
        var puts = 0
        var violations: [String] = []
    }

    /// The registry behind the proxy.
    private let host: String
    private let state = Mutex(State())
    /// How often a blob is looked for before it counts as missing.
    private let looks: Int

    /// - Parameter isShared: Whether several copies write to the registry at once. docker-registry 2.8 writes the link of a blob
    ///   that comes a second time in place, so that for a moment the blob seems not to be there.
    init(host: String, isShared: Bool = false) {
        self.host = host
        looks = isShared ? 4 : 1
    }

    /// How many manifests were put under tags.
    var puts: Int { state.withLock { $0.puts } }
    /// What was missing when a tag was put.
    var violations: [String] { state.withLock { $0.violations } }

    /// What a proxy calls.
    var hook: CountingProxy.Options.TagHook {
        { repository, tag, bytes in await self.look(repository, tag, bytes) }
    }

    func look(_ repository: String, _ tag: String, _ bytes: [UInt8]) async {
        state.withLock { $0.puts += 1 }
        do {
            let missing = try await missing(bytes, in: repository)
            guard !missing.isEmpty else { return }
            state.withLock { $0.violations.append("\(repository):\(tag) misses \(missing)") }
        } catch {
            state.withLock { $0.violations.append("\(repository):\(tag): \(error)") }
        }
    }

    /// What a manifest reaches and the registry does not have, or not as long as it should be.
    func missing(_ bytes: [UInt8], in repository: String) async throws -> [Digest] {
        var missing: [Digest] = []
        let document = try ManifestDocument(bytes: bytes, digest: Digester.digest(of: bytes), contentType: nil)
        for blob in document.manifest.blobs where try await !holds(blob, in: repository) {
            missing.append(blob.digest)
        }
        for child in document.manifest.children {
            let uri = "/v2/\(repository)/manifests/\(child.digest)"
            let accept = [(name: "Accept", value: "\(child.mediaType)")]
            let reply = try await PlainHTTP.request("GET", host, uri, fields: accept)
            if reply.status == 200 {
                missing += try await self.missing(reply.body, in: repository)
            } else {
                missing.append(child.digest)
            }
        }
        return missing
    }

    private func holds(_ blob: Descriptor, in repository: String) async throws -> Bool {
        var looks = looks
        while looks > 0 {
            let reply = try await PlainHTTP.request("HEAD", host, "/v2/\(repository)/blobs/\(blob.digest)")
            if reply.status == 200, reply.header("Content-Length") == "\(blob.size)" { return true }
            looks -= 1
        }
        return false
    }
}
