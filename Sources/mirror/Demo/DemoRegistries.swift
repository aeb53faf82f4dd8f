// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import OCI
import OCILayout
import OCIServer
import ServiceLifecycle

/// Two embedded registries on free ports of this machine, over folders that are gone afterwards.
enum DemoRegistries {
    /// Lends the registries.
    /// - Parameter body: Is given the hosts of the source and the destination.
    static func run(_ body: @escaping @Sendable (RegistryHost, RegistryHost) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mirror-demo-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await serve(folder.appending(path: "source").path) { source in
            try await serve(folder.appending(path: "destination").path) { destination in
                try await body(source, destination)
            }
        }
    }

    private static func serve(
        _ path: String,
        _ body: @escaping @Sendable (RegistryHost) async throws -> Void
    ) async throws {
        let store = try await LayoutStore.open(at: path)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await serve(store, body)) } catch { outcome = .failure(error) }
        try? await store.shutdown()
        try outcome.get()
    }

    private static func serve(
        _ store: LayoutStore,
        _ body: @escaping @Sendable (RegistryHost) async throws -> Void
    ) async throws {
        var settings = RegistryServer.Settings()
        settings.port = 0
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let server = RegistryServer(store: store, settings: settings) { told.yield($0.port ?? 0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask {
                for await port in ports { return try await body(try RegistryHost("localhost:\(port)")) }
            }
            // The body's end, or the reason why the server could not serve.
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
