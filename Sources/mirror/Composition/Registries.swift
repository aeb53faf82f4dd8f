// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import OCIContent
import OCIRegistry
import Replication

/// The registries of one command, each opened once: jobs that share one share its connections and limits.
actor RegistryPool {
    private struct Place: Hashable {
        let host: RegistryHost
        let scheme: Scheme
    }

    private let access: RegistryAccesses
    private var registries: [Place: RemoteRegistry] = [:]
    private let policy = RetryPolicy()

    init(_ access: RegistryAccesses) { self.access = access }

    /// The only wiring: a place to read from, retried, observed, and with a memory of manifests.
    func source(_ address: Address, _ show: Show) throws -> any SourceEndpoint {
        let endpoint = RetryingEndpoint(try endpoint(address, .source, show), policy: policy)
        return RememberingEndpoint(endpoint, memory: ManifestCache(for: address.host))
    }

    /// The same for a place to write to.
    func destination(_ address: Address, _ show: Show) throws -> any SinkEndpoint {
        RetryingEndpoint(try endpoint(address, .destination, show), policy: policy)
    }

    /// Ends all connections.
    func shutdown() async {
        for registry in registries.values { try? await registry.shutdown() }
    }

    private func endpoint(_ address: Address, _ side: Side, _ show: Show) throws -> RemoteEndpoint {
        try registry(address).endpoint(
            as: side,
            observer: { show.record($0, side) },
            skipped: { show.record($0, side) }
        )
    }

    private func registry(_ address: Address) throws -> RemoteRegistry {
        let place = Place(host: address.host, scheme: access.scheme(of: address))
        if let registry = registries[place] { return registry }
        let registry = try access.registry(of: address)
        registries[place] = registry
        return registry
    }
}

/// Lends the registries of a command, and ends their connections afterwards.
func withRegistries(
    _ access: RegistryAccesses,
    _ body: (RegistryPool) async throws -> ExitCode
) async -> ExitCode {
    let pool = RegistryPool(access)
    let code: ExitCode
    do { code = try await body(pool) } catch let exit as ExitCode { code = exit } catch {
        Lines.complain(error, to: .standardError)
        code = .configuration
    }
    await pool.shutdown()
    return code
}
