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

    init(host: String) { self.host = host }

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
        for blob in document.manifest.blobs {
            let reply = try await answer("/v2/\(repository)/blobs/\(blob.digest)")
            if reply.status != 200 || reply.header("Content-Length") != "\(blob.size)" { missing.append(blob.digest) }
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

    /// The first answer that says something about the blob.
    ///
    /// docker-registry 2.8 writes the link of a blob that comes a second time in place; whoever asks while it is empty gets 500
    /// (invalid checksum digest format), which is neither yes nor no.
    private func answer(_ uri: String) async throws -> PlainHTTP.Reply {
        var reply = try await PlainHTTP.request("HEAD", host, uri)
        for _ in 0..<4 where reply.status == 500 { reply = try await PlainHTTP.request("HEAD", host, uri) }
        return reply
    }
}
