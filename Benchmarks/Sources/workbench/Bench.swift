// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCITestKit

/// One tool between two registries.
struct Bench {
    let source: DockerRegistry
    let destination: DockerRegistry
    let tool: any Tool

    /// What one run of a tool took.
    struct Sample {
        var wall: Double
        var cpu: Double
        var registriesCPU: Double
        var peakMemory: Double
    }

    /// A copy into the emptied destination, and the same once more.
    func time() async throws -> (cold: Sample, noOp: Sample) {
        try await destination.empty()
        let cold = try await sample()
        return (cold, try await sample())
    }

    /// The requests of a cold and a no-op run, as the registries get them.
    func count() async throws -> (cold: Requests, noOp: Requests) {
        try await destination.empty()
        let front = try await CountingProxy.start(port: source.port)
        let back = try await CountingProxy.start(port: destination.port)
        _ = try await run(front.host, back.host)
        let cold = Requests(source: front.tally.total, destination: back.tally.total)
        front.reset()
        back.reset()
        _ = try await run(front.host, back.host)
        let noOp = Requests(source: front.tally.total, destination: back.tally.total)
        await front.stop()
        await back.stop()
        return (cold, noOp)
    }

    struct Requests {
        let source: Int
        let destination: Int
    }

    private func sample() async throws -> Sample {
        let before = source.cpuSeconds + destination.cpuSeconds
        let result = try await run(source.host, destination.host)
        return Sample(
            wall: result.wallTime / .seconds(1),
            cpu: result.cpuSeconds,
            registriesCPU: source.cpuSeconds + destination.cpuSeconds - before,
            peakMemory: Double(result.peakMemory) / Double(1 << 20)
        )
    }

    private func run(_ source: String, _ destination: String) async throws -> ChildProcess.Result {
        let result = try await tool.copy(from: source, to: destination)
        guard result.succeeded else {
            throw BenchFailure(description: "\(tool.name) failed: \(result.ending)\n\(result.errorText.suffix(2000))")
        }
        return result
    }
}

/// A run that failed has no figures.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String
}

/// The samples of one tool.
struct Figures {
    var cold: [Bench.Sample] = []
    var noOp: [Bench.Sample] = []
    var requests: (cold: Bench.Requests, noOp: Bench.Requests)?

    mutating func add(_ cold: Bench.Sample, _ noOp: Bench.Sample) {
        self.cold.append(cold)
        self.noOp.append(noOp)
    }

    func rows(_ name: String) -> [String] {
        [row(name, "cold", cold, requests?.cold), row(name, "no-op", noOp, requests?.noOp)]
    }

    private func row(_ name: String, _ run: String, _ samples: [Bench.Sample], _ requests: Bench.Requests?) -> String {
        let columns = [
            String(format: "%.2f", median(samples.map(\.wall))), String(format: "%.2f", median(samples.map(\.cpu))),
            String(format: "%.2f", median(samples.map(\.registriesCPU))),
            memory(median(samples.map(\.peakMemory))),
            requests.map { "\($0.source)" } ?? "", requests.map { "\($0.destination)" } ?? "",
        ]
        return "| \(name) | \(run) | \(columns.joined(separator: " | ")) |"
    }
}

/// A process may end before its memory was looked at.
func memory(_ mebibytes: Double) -> String { mebibytes > 0 ? String(format: "%.0f", mebibytes) : "–" }

/// The middle of some values; of an even number the mean of the middle two.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
