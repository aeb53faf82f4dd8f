// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

extension ProcessTests {
    @Suite struct DockerRegistryTests {
        @Test func `answers, keeps its content over a restart and a crash, and leaves nothing behind`() async throws {
            let registry = try await DockerRegistry.start()
            let digest = try await upload([1, 2, 3], to: registry.host)
            #expect(registry.cpuSeconds >= 0)

            let firstPid = registry.pid
            try await registry.restart()
            #expect(registry.pid != firstPid)
            #expect(try await PlainHTTP.request("GET", registry.host, "/v2/a/b/blobs/\(digest)").body == [1, 2, 3])

            await registry.kill()
            await #expect(throws: (any Error).self) { try await PlainHTTP.request("GET", registry.host, "/v2/") }
            try await registry.restart()
            #expect(try await PlainHTTP.request("GET", registry.host, "/v2/a/b/blobs/\(digest)").status == 200)

            try await registry.empty()
            #expect(try await PlainHTTP.request("GET", registry.host, "/v2/a/b/blobs/\(digest)").status == 404)

            let pid = registry.pid
            await registry.stop()
            #expect(!FileManager.default.fileExists(atPath: registry.directory))
            #expect(!FileManager.default.fileExists(atPath: "/proc/\(pid)"))
        }

        @Test func `a proxy in front of it counts what passes, and its addresses lead through the proxy`() async throws
        {
            try await withDockerRegistry { registry in
                try await withCountingProxy(port: registry.port) { proxy in
                    let bytes = Array(repeating: UInt8(5), count: 3_000_000)
                    let digest = try await upload(bytes, to: proxy.host)
                    #expect(try await PlainHTTP.request("GET", proxy.host, "/v2/a/b/blobs/\(digest)").body == bytes)
                    let mount = try await PlainHTTP.request(
                        "POST",
                        proxy.host,
                        "/v2/c/blobs/uploads/?mount=\(digest)&from=a%2Fb"
                    )
                    #expect(mount.status == 201)
                    _ = try await PlainHTTP.request("HEAD", proxy.host, "/v2/c/blobs/\(digest)")
                    _ = try await PlainHTTP.request("GET", proxy.host, "/v2/c/manifests/none")

                    let tally = proxy.tally
                    #expect(tally.count("POST", .uploadStart) == 2)
                    #expect(tally.count("PUT", .uploadData) == 1)
                    #expect(tally.count("GET", .blob) == 1)
                    #expect(tally.count("HEAD", .blob) == 1)
                    #expect(tally.count(.manifest) == 1)
                    #expect(tally.total == 6)
                    #expect(tally.requestBytes == 3_000_000)
                    #expect(tally.responseBytes >= 3_000_000)
                    #expect(tally.uploads.map(\.digest) == [digest])
                    #expect(tally.uploads.map(\.repository) == ["a/b"])
                    #expect(tally.mounts.map(\.repository) == ["c"])
                    #expect(tally.highestConcurrency == 1)
                    #expect(tally.statuses[404] == 1)
                    proxy.reset()
                    #expect(proxy.tally.total == 0)
                }
            }
        }

        @Test func `curl uploads a large body through the proxy without waiting`() async throws {
            try await withDockerRegistry { registry in
                try await withCountingProxy(port: registry.port) { proxy in
                    let start = try await PlainHTTP.request("POST", proxy.host, "/v2/a/blobs/uploads/")
                    let location = try #require(start.header("location"))
                    let file = registry.directory + "/upload"
                    let bytes = [UInt8](repeating: 3, count: 8 << 20)
                    try Data(bytes).write(to: URL(fileURLWithPath: file))
                    let digest = Digester.digest(of: bytes)
                    let curl = try await ChildProcess.run(
                        "curl",
                        [
                            "-sS", "--expect100-timeout", "30", "-o", "/dev/null", "-w", "%{http_code}", "-T", file,
                            "\(location)&digest=\(digest)",
                        ]
                    )
                    #expect(curl.outputText == "201")
                    #expect(curl.wallTime < .seconds(25))
                }
            }
        }

        /// Uploads a blob to `a/b` by POST and PUT, following the address that the registry gives.
        private func upload(_ bytes: [UInt8], to host: String) async throws -> Digest {
            let digest = Digester.digest(of: bytes)
            let start = try await PlainHTTP.request("POST", host, "/v2/a/b/blobs/uploads/")
            #expect(start.status == 202)
            let location = try #require(start.header("location"))
            #expect(location.hasPrefix("http://\(host)/"))
            let uri = String(location.dropFirst("http://\(host)".count)) + "&digest=\(digest)"
            #expect(try await PlainHTTP.request("PUT", host, uri, body: bytes).status == 201)
            return digest
        }
    }
}
