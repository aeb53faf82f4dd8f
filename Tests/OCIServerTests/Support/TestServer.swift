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

/// A server in this process, on a port of its own, over a store in a folder of its own.
struct TestServer: Sendable {
    /// The address, as it stands in a URL.
    let host: String
    /// The store.
    let store: LayoutStore

    /// Makes a request without a body, or with one of a known length.
    func request(
        _ method: String,
        _ uri: String,
        _ fields: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) async throws -> PlainHTTP.Reply {
        try await PlainHTTP.request(method, host, uri, fields: fields, body: body)
    }

    /// Sends raw bytes on a connection of its own, and returns what came until the server closed it.
    func raw(_ text: String) async throws -> String {
        let connection = try await RawConnection.open(host)
        await connection.send(text)
        return try await connection.readToEnd()
    }

    /// Uploads a blob in one request.
    @discardableResult
    func push(_ bytes: [UInt8], to name: String, algorithm: Digest.Algorithm = .sha256) async throws -> Digest {
        let digest = Digester.digest(of: bytes, algorithm: algorithm)
        let reply = try await request("POST", "/v2/\(name)/blobs/uploads/?digest=\(digest)", body: bytes)
        try #require(reply.status == 201, "\(reply.text)")
        return digest
    }

    /// Pushes a small image.
    func push(_ image: BuiltImage, to name: String, as tags: [String]) async throws {
        for blob in image.blobs { try await push(blob.bytes, to: name) }
        let type = ("Content-Type", image.manifest.descriptor.mediaType.text)
        for reference in tags {
            let reply = try await request(
                "PUT",
                "/v2/\(name)/manifests/\(reference)",
                [type],
                body: image.manifest.bytes
            )
            try #require(reply.status == 201, "\(reply.text)")
        }
    }
}

extension PlainHTTP.Reply {
    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }
    /// The codes of the errors in the body.
    var codes: [String] { SpecError.all(in: body).map(\.code) }
    /// The body as JSON.
    var json: [String: Any] {
        get throws { try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]) }
    }
}

/// Runs a server for as long as `body` runs.
/// - Parameters:
///   - folder: Where the store is; a new one by default, which is removed afterwards.
///   - change: What is other than usual; by default everything is allowed, also to delete.
@discardableResult
func withServer<Value: Sendable>(
    in folder: String? = nil,
    _ change: (inout RegistryServer.Settings) throws -> Void = { _ in },
    _ body: (TestServer) async throws -> Value
) async throws -> Value {
    let path = folder ?? temporaryPath("store")
    defer { if folder == nil { try? FileManager.default.removeItem(atPath: path) } }
    var settings = RegistryServer.Settings()
    settings.port = 0
    settings.allowsDeletion = true
    settings.limits.lingerTimeout = .milliseconds(300)
    try change(&settings)
    let store = try await LayoutStore.open(at: path, for: settings.isReadOnly ? .reading : .writing)
    let outcome: Result<Value, any Error>
    do {
        outcome = .success(
            try await withRunning {
                RegistryServer(store: store, settings: settings, listening: $0)
            } _: { host in
                try await body(TestServer(host: host, store: store))
            }
        )
    } catch {
        outcome = .failure(error)
    }
    try await store.shutdown()
    return try outcome.get()
}

/// Runs a server for as long as `body` runs, which is given its address.
/// - Parameter make: Makes the server, which tells where it listens.
func withRunning<Value: Sendable>(
    _ make: (@escaping @Sendable (SocketAddress) async -> Void) -> RegistryServer,
    _ body: (String) async throws -> Value
) async throws -> Value {
    let (addresses, told) = AsyncStream.makeStream(of: SocketAddress.self)
    let server = make { told.yield($0) }
    let group = ServiceGroup(
        configuration: .init(services: [server], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    )
    let running = Task {
        defer { told.finish() }
        try await group.run()
    }
    let outcome: Result<Value, any Error>
    do {
        var iterator = addresses.makeAsyncIterator()
        if let address = await iterator.next(), let port = address.port {
            outcome = .success(try await body("127.0.0.1:\(port)"))
        } else {
            outcome = .failure(ServerDidNotStart())
        }
    } catch {
        outcome = .failure(error)
    }
    await group.triggerGracefulShutdown()
    try await running.value
    return try outcome.get()
}

struct ServerDidNotStart: Error {}

/// A path that nothing has yet, in memory where there is such a place.
func temporaryPath(_ name: String) -> String { "\(DockerRegistry.usualParent)/mirror-\(name)-\(UUID().uuidString)" }

/// Bytes that depend on a seed.
func someBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
    return Array(bytes.prefix(count))
}

extension String {
    /// How often a text stands in this one.
    func occurrences(of text: String) -> Int { components(separatedBy: text).count - 1 }
}

/// Removes a folder with all that is in it.
func removeFolder(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

/// The digest of bytes, as text.
enum DigestOf {
    static func bytes(_ bytes: [UInt8]) -> String { Digester.digest(of: bytes).description }
}
