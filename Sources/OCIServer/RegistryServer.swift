// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import Logging
public import NIOCore
import NIOPosix
public import OCILayout
public import ServiceLifecycle

/// An OCI registry over a store, or over bundles to read from: distribution-spec 1.1, and the catalog of Docker's registry.
///
/// Run it as a service. On a graceful shutdown it takes no more connections, and requests that are under way end; the one
/// who runs it says how long they may take.
public struct RegistryServer: Service {
    /// What a server is like, besides what it serves.
    public struct Settings: Sendable {
        /// The address or name to listen on.
        public var host = "127.0.0.1"
        /// The port; 0 for any that is free.
        public var port = 5000
        /// Who may do what.
        public var rules = AccessRules.open
        /// The users and their passwords; without them, nobody can sign in.
        public var users: Htpasswd?
        /// Which host names are answered.
        public var hosts = HostCheck(names: [], isLoopback: true)
        /// What TLS is made with; without it, the server speaks plain HTTP.
        public var certificate: ServerCertificate?
        /// Whether everything but reading is refused.
        public var isReadOnly = false
        /// Whether blobs, manifests and tags can be removed.
        public var allowsDeletion = false
        /// Where each request is noted.
        public var log: AccessLog?
        /// What one client, and all of them, may use.
        public var limits = ServerLimits()

        /// A registry for everybody on this machine.
        public init() {}
    }

    private let served: ServedPlace
    private let settings: Settings
    private let listening: @Sendable (SocketAddress) async -> Void

    /// Makes a server over a store; it listens when it is run.
    /// - Parameter listening: Told the address when connections are taken.
    public init(
        store: LayoutStore,
        settings: Settings,
        listening: @escaping @Sendable (SocketAddress) async -> Void = { _ in }
    ) {
        self.init(store, writing: settings.isReadOnly ? nil : store, settings, listening)
    }

    /// Makes a server over bundles, whatever the settings say one to read from; it listens when it is run.
    /// - Parameter listening: Told the address when connections are taken.
    public init(
        bundles: BundleSet,
        settings: Settings,
        listening: @escaping @Sendable (SocketAddress) async -> Void = { _ in }
    ) {
        self.init(bundles, writing: nil, settings, listening)
    }

    private init(
        _ content: any ServedContent,
        writing store: LayoutStore?,
        _ settings: Settings,
        _ listening: @escaping @Sendable (SocketAddress) async -> Void
    ) {
        self.settings = settings
        self.listening = listening
        served = ServedPlace(
            content: content,
            store: store,
            rules: settings.rules,
            limits: settings.limits,
            ledger: UploadLedger(settings.limits),
            allowsDeletion: settings.allowsDeletion
        )
    }

    /// Serves until a graceful shutdown or cancellation.
    /// - Throws: What binding to the address throws, and ``CertificateError``.
    public func run() async throws {
        let passwords = settings.users.map(PasswordCheck.init)
        let outcome = await serve(passwords)
        try? await passwords?.shutDown()
        try outcome.get()
    }

    private func serve(_ passwords: PasswordCheck?) async -> Result<Void, any Error> {
        do {
            var services: [any Service] = [try server(passwords)]
            if let store = served.store {
                services.append(UploadPurge(store: store, ledger: served.ledger, limits: settings.limits))
            }
            if let certificate = settings.certificate { services.append(certificate) }
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: services.map { .init(service: $0, successTerminationBehavior: .ignore) },
                    logger: Self.silence
                )
            )
            return .success(try await group.run())
        } catch {
            return .failure(error)
        }
    }

    private func server(_ passwords: PasswordCheck?) throws -> any Service {
        let responder = Responder(
            routes: Routes(served: served),
            hosts: settings.hosts,
            passwords: passwords,
            log: settings.log
        )
        let channel = RegistryChannel(
            responder: { request, writer, channel in
                try await responder.respond(to: request, writer, on: channel)
            },
            limits: settings.limits,
            tls: try settings.certificate?.makeContext()
        )
        return channel.server(
            configuration: ServerConfiguration(
                address: .hostname(settings.host, port: settings.port),
                backlog: 512,
                availableConnectionsDelegate: .maximum(settings.limits.connections, logger: Self.silence)
            ),
            onServerRunning: { [listening] channel in
                if let address = channel.localAddress { await listening(address) }
            },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Self.silence
        )
    }

    /// The libraries below want something to talk to; what matters is returned, thrown or noted for each request.
    private static let silence = Logger(label: "mirror") { _ in SwiftLogNoOpLogHandler() }
}
