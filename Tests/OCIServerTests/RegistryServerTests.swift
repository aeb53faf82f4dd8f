// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import NIOCore
import OCI
import OCIContent
import OCILayout
import OCITestKit
import ServiceLifecycle
import Testing

@testable import OCIServer

/// The server as a whole: names of hosts, its end, a disk that fails.
@Suite struct RegistryServerTests {
    @Test(arguments: [
        ("Host: localhost\r\n", 200), ("Host: LOCALHOST:1234\r\n", 200), ("Host: evil.test\r\n", 421),
        ("Host: 10.0.0.1\r\n", 421), ("Host: localhost\r\nOrigin: http://evil.test\r\n", 403),
        ("Host: localhost\r\nOrigin: http://localhost\r\n", 200),
        ("Host: localhost\r\nSec-Fetch-Site: cross-site\r\n", 403),
    ])
    func `a server on loopback answers only to its names, and to no page from elsewhere`(_ fields: String, status: Int)
        async throws
    {
        try await withServer { server in
            let answer = try await server.raw("GET /v2/ HTTP/1.1\r\n\(fields)Connection: close\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
        }
    }

    @Test func `a request that is under way ends when the server does`() async throws {
        let path = temporaryPath("shutdown")
        defer { removeFolder(path) }
        let store = try await LayoutStore.open(at: path)
        var settings = RegistryServer.Settings()
        settings.port = 0
        let (addresses, told) = AsyncStream.makeStream(of: Int.self)
        let server = RegistryServer(store: store, settings: settings) { told.yield($0.port ?? 0) }
        let group = ServiceGroup(
            configuration: .init(services: [server], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        )
        let running = Task { try await group.run() }
        var iterator = addresses.makeAsyncIterator()
        let port = try #require(await iterator.next())
        let host = "127.0.0.1:\(port)"
        let bytes = someBytes(10)
        let idle = try await RawConnection.open(host)
        let busy = try await RawConnection.open(host)
        await idle.send("GET /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try await idle.wait { $0.text.contains("{}") }
        let digest = Digester.digest(of: bytes)
        await busy.send(
            "POST /v2/a/blobs/uploads/?digest=\(digest) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"
        )
        await busy.send(Array(bytes[..<5]))
        while try await store.openUploads().isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        await group.triggerGracefulShutdown()
        _ = try await idle.readToEnd()
        #expect(busy.received.text.isEmpty)
        await busy.send(Array(bytes[5...]))
        let answer = try await busy.readToEnd()
        #expect(answer.hasPrefix("HTTP/1.1 201 "), "\(answer)")
        #expect(answer.lowercased().contains("connection: close"))
        try await running.value
        await #expect(throws: (any Error).self) { try await PlainHTTP.request("GET", host, "/v2/") }
        try await store.shutdown()
    }

    @Test func `a port that is taken is an error`() async throws {
        try await withServer { server in
            let port = try #require(Int(server.host.split(separator: ":")[1]))
            await #expect(throws: (any Error).self) {
                try await withServer {
                    $0.port = port
                } _: { _ in
                }
            }
        }
    }

    @Test func `many clients at once are all served`() async throws {
        try await withServer { server in
            let image = try await BuiltImage.random(seed: 9)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<16 {
                    group.addTask {
                        for turn in 0..<5 {
                            try await server.push(image, to: "app-\(client % 4)", as: ["v\(client)-\(turn)"])
                        }
                    }
                }
                try await group.waitForAll()
            }
            for name in 0..<4 {
                let tags = try await server.request("GET", "/v2/app-\(name)/tags/list").json["tags"] as? [String]
                #expect(tags?.count == 20)
            }
        }
    }
}
