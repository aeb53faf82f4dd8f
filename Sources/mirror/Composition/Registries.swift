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
    show: Show,
    _ body: (Job, any HolderHints) async -> ExitCode
) async -> ExitCode {
    let agent = "mirror/\(Product.version)"
    let source = RemoteRegistry(host: pair.source.host, scheme: pair.source.scheme, userAgent: agent)
    // One registry in both roles shares its connections and limits.
    let isSame = pair.source.host == pair.destination.host && pair.source.scheme == pair.destination.scheme
    let destination =
        isSame
        ? source : RemoteRegistry(host: pair.destination.host, scheme: pair.destination.scheme, userAgent: agent)
    let policy = RetryPolicy()
    let job = Job(
        source: RetryingEndpoint(endpoint(of: source, .source, show), policy: policy),
        destination: RetryingEndpoint(endpoint(of: destination, .destination, show), policy: policy),
        selection: pair.selection,
        mapping: pair.mapping
    )
    let hints = HolderFile.open(for: pair.destination.host)
    let code = await body(job, hints)
    try? await source.shutdown()
    if !isSame { try? await destination.shutdown() }
    return code
}

private func endpoint(of registry: RemoteRegistry, _ side: Side, _ show: Show) -> RemoteEndpoint {
    registry.endpoint(as: side, observer: { show.record($0, side) }, skipped: { show.record($0, side) })
}
