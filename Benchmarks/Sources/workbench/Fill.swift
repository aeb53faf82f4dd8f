// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Replication

/// Fills a registry that runs already.
struct Fill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Fill a registry with the images of a workload.")

    @Argument var workload: WorkloadName
    @Argument(help: "The registry, host:port.") var registry: String

    func run() async throws { try await fill(registry, with: workload.workload()) }
}

/// Writes a workload into a registry with the engine itself; what is there afterwards does not depend on who wrote it.
func fill(_ host: String, with workload: Workload) async throws {
    let registry = RemoteRegistry(host: try RegistryHost(host), scheme: .http)
    let mapping = try NameMapping(from: Address("\(host)/"), to: Address("\(host)/"))
    let job = Job(
        source: try await GeneratedEndpoint(workload),
        destination: registry.endpoint(),
        selection: .catalog(.registry),
        mapping: mapping
    )
    try await Replicator(job: job) { event in
        if case .failed(_, _, let error) = event { fatalError("filling failed: \(error)") }
    }
    .run()
    try await registry.shutdown()
}
