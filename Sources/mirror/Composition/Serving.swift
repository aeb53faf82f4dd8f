// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Logging
import NIOCore
import OCILayout
import OCIServer
import ServiceLifecycle

/// Serves a store until a signal comes: the first lets requests that are under way end, a second ends the program at once.
/// - Parameter grace: How long they may take.
func serve(
    _ settings: RegistryServer.Settings,
    store path: String,
    grace: Duration
) async -> ExitCode {
    raiseFileLimit()
    // A file that may not grow further is an error like a full disk, no reason to end.
    signal(SIGXFSZ, SIG_IGN)
    let scheme = settings.certificate == nil ? "http" : "https"
    return await withInterruption { _ in
        do {
            let store = try await LayoutStore.open(at: path, for: settings.isReadOnly ? .reading : .writing)
            let outcome = await run(settings, store, scheme, grace)
            try await store.shutdown()
            try outcome.get()
            return .success
        } catch {
            Lines.complain(error, to: .standardError)
            return error is StoreError ? .configuration : .unavailable
        }
    }
}

private func run(
    _ settings: RegistryServer.Settings,
    _ store: LayoutStore,
    _ scheme: String,
    _ grace: Duration
) async -> Result<Void, any Error> {
    let server = RegistryServer(store: store, settings: settings) { address in
        let host = address.ipAddress ?? settings.host
        let name = host.contains(":") ? "[\(host)]" : host
        Terminal.standardOutput.write("listening on \(scheme)://\(name):\(address.port ?? settings.port)\n")
    }
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

/// Each connection takes a descriptor, and each blob that is read another one.
private func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = min(limit.rlim_max, 65_536)
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

/// The address to listen on cannot be used.
struct ListenError: Error, Hashable {
    let host: String
    let port: Int
    /// What the system says.
    let code: Int32
}
