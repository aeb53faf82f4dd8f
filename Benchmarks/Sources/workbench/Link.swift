// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIContent
import OCIRegistry
import OCITestKit

/// Reads one large blob over a long link, over one connection and over several.
struct Link: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Read a large blob through a proxy that delays, over one connection and over several.",
        discussion: """
            docker-registry holds the blob; a proxy in front of it makes each connection slow and far away. What is read is only \
            counted, so that the link alone is the bound. Rounds alternate.
            """
    )

    @Option(help: "The size of the blob in MiB.") var size = 256
    @Option(help: "The round trip in milliseconds.") var roundTrip = 20
    @Option(help: "What a connection brings, in MB a second.") var rate = 20
    @Option(help: "Rounds.") var rounds = 5
    @OptionGroup var storage: StorageOptions

    func run() async throws {
        try await withDockerRegistry { registry in
            let repository = try RepositoryName("far")
            let blob = try await fill(registry, repository)
            let options = CountingProxy.Options(
                latency: .milliseconds(roundTrip) / 2,
                bytesPerSecondPerConnection: rate * 1_000_000
            )
            try await withCountingProxy(port: registry.port, options: options) { proxy in
                let remote = RemoteRegistry(host: try RegistryHost(proxy.host), scheme: .http)
                let single = RetryingEndpoint(remote.endpoint(as: .source), policy: RetryPolicy())
                var (one, several): ([Double], [Double]) = ([], [])
                for _ in 0..<rounds {
                    one.append(try await seconds { try await read(blob, from: single.source(repository)) })
                    several.append(
                        try await seconds { try await read(blob, from: ParallelEndpoint(single).source(repository)) }
                    )
                }
                try await remote.shutdown()
                report(one, several)
            }
        }
    }

    private func report(_ one: [Double], _ several: [Double]) {
        let ratios = zip(one, several).map { $0 / $1 }.sorted()
        func rate(_ seconds: [Double]) -> String {
            String(format: "%.1f", Double(size) * 1.048576 / seconds.sorted()[seconds.count / 2])
        }
        print("| one connection MB/s | several MB/s | times as fast (min / median / max) |")
        print("|---|---|---|")
        let figures = [ratios.first ?? 0, ratios[ratios.count / 2], ratios.last ?? 0]
        print(
            "| \(rate(one)) | \(rate(several)) | \(figures.map { String(format: "%.2f", $0) }.joined(separator: " / ")) |"
        )
    }

    private func read(_ blob: Descriptor, from source: any ContentSource) async throws {
        var count: Int64 = 0
        for try await buffer in try await source.blob(blob, from: 0) { count += Int64(buffer.readableBytes) }
        guard count == blob.size else { throw BenchFailure(description: "only \(count) bytes of \(blob.size) came") }
    }

    private func seconds(_ body: () async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        try await body()
        return start.duration(to: .now) / .seconds(1)
    }

    /// Uploads a blob of random bytes.
    private func fill(_ registry: DockerRegistry, _ repository: RepositoryName) async throws -> Descriptor {
        var random = SystemRandomNumberGenerator()
        let piece = (0..<1 << 17).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
        let bytes = (0..<size).flatMap { _ in piece }
        let memory = MemoryEndpoint(name: "memory")
        let blob = memory[repository].add(bytes)
        let remote = RemoteRegistry(host: try RegistryHost(registry.host), scheme: .http)
        _ = try await remote.endpoint().sink(repository).write(BlobContent(blob, from: memory[repository]), heldBy: nil)
        try await remote.shutdown()
        return blob
    }
}
