// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import OCI
import OCIContent
import OCITestKit
import Synchronization
import Testing

extension EndToEnd {
    /// `mirror serve` killed at any moment: what it acknowledged is there when it is back.
    @Suite(.serialized)
    struct ServeCrashTests {
        /// What the server has said to have, told by those who push.
        private final class Ledger: Sendable {
            let state = Mutex(Acknowledged())
            func note(_ change: (inout Acknowledged) -> Void) { state.withLock { change(&$0) } }
        }

        private struct Acknowledged: Sendable {
            var blobs: [(repository: String, digest: Digest)] = []
            var tags: [String: Digest] = [:]
            /// Tags whose writing was not answered: they may be there or not.
            var doubtful: [String: Set<Digest>] = [:]
        }

        /// How often the server is killed; long tests ask for more.
        private static let kills =
            ProcessInfo.processInfo.environment["MIRROR_TEST_KILLS"].flatMap(Int.init) ?? 10

        @Test func `nothing that was acknowledged is lost, and no tag points at what is not there`() async throws {
            let seed = UInt64.random(in: 0 ... .max)
            var random = SeededRandom(seed: seed)
            let acknowledged = Ledger()
            try await withEmbeddedRegistry(Program.path) { registry in
                var checked = 0
                for round in 0..<Self.kills {
                    let delay = Duration.milliseconds(random.next(in: 5...400))
                    let base = UInt64(round * 1000)
                    await withTaskGroup(of: Void.self) { group in
                        for worker in 0..<4 {
                            group.addTask { await push(registry.host, worker, base, acknowledged) }
                        }
                        try? await Task.sleep(for: delay)
                        await registry.kill()
                        await group.waitForAll()
                    }
                    try await registry.restart()
                    var known = acknowledged.state.withLock { $0 }
                    let count = known.blobs.count
                    // All blobs now and then, and at the end: there come to be tens of thousands.
                    if !round.isMultiple(of: 25), round < Self.kills - 1 { known.blobs.removeFirst(checked) }
                    try await check(registry.host, known, "seed \(seed), round \(round)")
                    checked = count
                }
                let known = acknowledged.state.withLock { $0 }
                #expect(!known.tags.isEmpty, "seed \(seed)")
            }
        }

        /// Pushes image after image until the server is gone.
        private func push(_ host: String, _ worker: Int, _ base: UInt64, _ known: Ledger) async {
            for turn in 0..<200 {
                guard
                    let image = try? await BuiltImage.random(
                        seed: base + UInt64(turn * 4 + worker),
                        layerSizes: [3000, 40_000]
                    )
                else { return }
                let name = "app-\(turn % 3)"
                let tag = "v\(worker)-\(turn % 5)"
                for blob in image.blobs {
                    let digest = blob.descriptor.digest
                    let uri = "/v2/\(name)/blobs/uploads/?digest=\(digest)"
                    guard let reply = try? await PlainHTTP.request("POST", host, uri, body: blob.bytes) else { return }
                    if reply.status == 201 { known.note { $0.blobs.append((name, digest)) } }
                }
                let digest = image.manifest.descriptor.digest
                known.note { _ = $0.doubtful["\(name):\(tag)", default: []].insert(digest) }
                let type = [(name: "Content-Type", value: image.manifest.descriptor.mediaType.text)]
                let uri = "/v2/\(name)/manifests/\(tag)"
                guard
                    let reply = try? await PlainHTTP.request("PUT", host, uri, fields: type, body: image.manifest.bytes)
                else { return }
                guard reply.status == 201 else { continue }
                known.note { known in
                    known.tags["\(name):\(tag)"] = digest
                    known.doubtful["\(name):\(tag)"] = nil
                }
            }
        }

        private func check(_ host: String, _ known: Acknowledged, _ what: String) async throws {
            for (repository, digest) in known.blobs {
                let reply = try await PlainHTTP.request("HEAD", host, "/v2/\(repository)/blobs/\(digest)")
                #expect(reply.status == 200, "\(what): \(digest) in \(repository)")
            }
            for (name, digest) in known.tags {
                let parts = name.split(separator: ":")
                let reply = try await PlainHTTP.request("GET", host, "/v2/\(parts[0])/manifests/\(parts[1])")
                #expect(reply.status == 200, "\(what): \(name)")
                let allowed = known.doubtful[name, default: []].union([digest])
                let found = Digester.digest(of: reply.body)
                #expect(allowed.contains(found), "\(what): \(name)")
                let manifest = try ManifestDocument(bytes: reply.body, digest: found, contentType: nil)
                for blob in manifest.manifest.blobs {
                    let uri = "/v2/\(parts[0])/blobs/\(blob.digest)"
                    let reply = try await PlainHTTP.request("GET", host, uri)
                    #expect(Digester.digest(of: reply.body) == blob.digest, "\(what): \(blob.digest) of \(name)")
                }
            }
        }
    }
}
