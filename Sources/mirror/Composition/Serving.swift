// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Logging
import NIOCore
import OCI
import OCILayout
import OCIServer
import ServiceLifecycle

/// What is served, as the command line names it.
enum Served: Sendable {
    /// A store in a folder.
    case store(String)
    /// Bundles, the oldest first, and rules for the names of their repositories.
    case bundles([String], [NameRule])
}

/// Serves until a signal comes: the first lets requests that are under way end, a second ends the program at once.
/// - Parameter grace: How long they may take.
func serve(_ served: Served, _ settings: RegistryServer.Settings, grace: Duration) async -> ExitCode {
    // A file that may not grow further is an error like a full disk, no reason to end.
    signal(SIGXFSZ, SIG_IGN)
    return await withInterruption { _ in
        do {
            switch served {
            case .store(let path): try await serve(store: path, settings, grace)
            case .bundles(let paths, let rules): try await serve(bundles: paths, rules, settings, grace)
            }
            return .success
        } catch {
            Lines.complain(error, to: .standardError)
            return error is StoreError ? .configuration : .unavailable
        }
    }
}

private func serve(store path: String, _ settings: RegistryServer.Settings, _ grace: Duration) async throws {
    let store = try await LayoutStore.open(at: path, for: settings.isReadOnly ? .reading : .writing)
    let server = RegistryServer(store: store, settings: settings) { tell($0, settings) }
    let outcome = await run(server, settings, grace)
    try await store.shutdown()
    try outcome.get()
}

private func serve(
    bundles paths: [String],
    _ rules: [NameRule],
    _ settings: RegistryServer.Settings,
    _ grace: Duration
) async throws {
    let bundles = try await BundleSet.open(try VolumeSet.sets(of: paths)) { try rules.name(of: $0) }
    let outcome: Result<Void, any Error>
    if let (file, names) = bundles.leftOut.first {
        outcome = .failure(NamesNotMapped(file: file, names: names))
    } else {
        let server = RegistryServer(bundles: bundles, settings: settings) { tell($0, settings) }
        outcome = await run(server, settings, grace)
    }
    try await bundles.shutdown()
    try outcome.get()
}

/// Says where a server listens.
private func tell(_ address: SocketAddress, _ settings: RegistryServer.Settings) {
    let host = address.ipAddress ?? settings.host
    let name = host.contains(":") ? "[\(host)]" : host
    let scheme = settings.certificate == nil ? "http" : "https"
    Terminal.standardOutput.write("listening on \(scheme)://\(name):\(address.port ?? settings.port)\n")
}

private func run(
    _ server: RegistryServer,
    _ settings: RegistryServer.Settings,
    _ grace: Duration
) async -> Result<Void, any Error> {
    var configuration = ServiceGroupConfiguration(
        services: [.init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)],
        logger: .init(label: "mirror") { _ in SwiftLogNoOpLogHandler() }
    )
    configuration.maximumGracefulShutdownDuration = grace
    let group = ServiceGroup(configuration: configuration)
    // Not a part of this task, whose cancellation is the wish for an orderly end.
    let running = Task { try await group.run() }
    return await withTaskCancellationHandler {
        await running.result.mapError { error in
            guard let error = error as? IOError else { return error }
            return ListenError(host: settings.host, port: settings.port, code: error.errnoCode)
        }
    } onCancel: {
        Task { await group.triggerGracefulShutdown() }
    }
}

/// The address to listen on cannot be used.
struct ListenError: Error, Hashable {
    let host: String
    let port: Int
    /// What the system says.
    let code: Int32
}
