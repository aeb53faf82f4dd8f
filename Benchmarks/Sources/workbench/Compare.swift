// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCITestKit

/// Times mirror and skopeo in turn on the same registries.
struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time mirror and skopeo sync side by side, and count their requests.",
        discussion: """
            Both copy the same registry into an empty one (cold) and then once more (no-op), in turn: mirror, skopeo, \
            mirror, skopeo, … Times, CPU and memory are medians of whole processes; requests are counted in a run of their \
            own, by proxies in front of the registries.
            """
    )

    @Argument var workload: WorkloadName
    @Option(help: "Rounds that count; one more warms up.") var rounds = 5
    @Option(help: "The mirror to time.") var mirror = CommandLine.arguments[0].replacing("workbench", with: "mirror")
    @Flag(help: "Leave skopeo out.") var alone = false
    @OptionGroup var storage: StorageOptions

    func run() async throws {
        let workload = try workload.workload()
        let tools: [any Tool] = alone ? [Mirror(path: mirror)] : [Mirror(path: mirror), Skopeo(workload: workload)]
        let source = try await DockerRegistry.start(in: storage.directory)
        let destination = try await DockerRegistry.start(in: storage.directory)
        do {
            try await fill(source.host, with: workload)
            var figures: [String: Figures] = [:]
            for round in 0...rounds {
                for tool in tools {
                    let bench = Bench(source: source, destination: destination, tool: tool)
                    let (cold, noOp) = try await bench.time()
                    if round > 0 { figures[tool.name, default: Figures()].add(cold, noOp) }
                    print("# \(tool.name): cold \(cold.wall) s, no-op \(noOp.wall) s", to: &standardError)
                }
            }
            for tool in tools {
                let bench = Bench(source: source, destination: destination, tool: tool)
                do { figures[tool.name, default: Figures()].requests = try await bench.count() } catch {
                    print("# \(tool.name): requests not counted: \(error)", to: &standardError)
                }
            }
            report(workload, tools, figures)
        } catch {
            await source.stop()
            await destination.stop()
            throw error
        }
        await source.stop()
        await destination.stop()
    }

    private func report(_ workload: Workload, _ tools: [any Tool], _ figures: [String: Figures]) {
        print("\(workload.name), medians of \(rounds) rounds, load average \(loadAverage())")
        print("")
        print(
            "| tool | run | wall s | CPU s | registries' CPU s | peak MiB | requests source | requests destination |"
        )
        print("|---|---|---|---|---|---|---|---|")
        for tool in tools { figures[tool.name]?.rows(tool.name).forEach { print($0) } }
        guard tools.count == 2, let own = figures[tools[0].name], let other = figures[tools[1].name] else { return }
        let cold = zip(own.cold, other.cold).map { $0.wall / $1.wall }
        let noOp = zip(own.noOp, other.noOp).map { $0.wall / $1.wall }
        print("")
        print(
            "\(tools[0].name) / \(tools[1].name), pair by pair: cold \(spread(cold)), no-op \(spread(noOp)) "
                + "(minimum, median, maximum)"
        )
    }

    private func spread(_ values: [Double]) -> String {
        let sorted = values.sorted()
        return [sorted.first ?? 0, median(values), sorted.last ?? 0].map { String(format: "%.2f", $0) }
            .joined(separator: " / ")
    }
}

/// How much the machine has to do besides.
func loadAverage() -> String {
    let text = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? ""
    return text.split(separator: " ").first.map(String.init) ?? "unknown"
}

nonisolated(unsafe) var standardError = StandardError()  // Written by the one task that reports.

/// Progress, apart from the table.
struct StandardError: TextOutputStream {
    mutating func write(_ string: String) { FileHandle.standardError.write(Data(string.utf8)) }
}
