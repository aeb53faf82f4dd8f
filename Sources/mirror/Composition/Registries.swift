// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import OCIContent
import OCIRegistry
import Replication

/// The only wiring: makes the registries of two addresses, retried and observed, and a job of them; ends their
/// connections afterwards.
func withRegistries(
    of pair: AddressPair,
    access: RegistryAccesses,
    show: Show,
    _ body: (Job, any HolderHints) async -> ExitCode
) async -> ExitCode {
    do {
        let source = try access.registry(of: pair.source)
        // One registry in both roles shares its connections and limits.
        let isSame =
            pair.source.host == pair.destination.host
            && access.scheme(of: pair.source) == access.scheme(of: pair.destination)
        let destination = isSame ? source : try access.registry(of: pair.destination)
        let policy = RetryPolicy()
        let job = Job(
            source: RetryingEndpoint(endpoint(of: source, .source, show), policy: policy),
            destination: RetryingEndpoint(endpoint(of: destination, .destination, show), policy: policy),
            selection: pair.selection,
            mapping: pair.mapping
        )
        let code = await body(job, HolderFile.open(for: pair.destination.host))
        try? await source.shutdown()
        if !isSame { try? await destination.shutdown() }
        return code
    } catch {
        Lines.complain(error, to: .standardError)
        return .configuration
    }
}

private func endpoint(of registry: RemoteRegistry, _ side: Side, _ show: Show) -> RemoteEndpoint {
    registry.endpoint(as: side, observer: { show.record($0, side) }, skipped: { show.record($0, side) })
}
