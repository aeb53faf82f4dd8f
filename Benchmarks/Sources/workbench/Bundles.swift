// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCITestKit

/// Times bundles beside skopeo's archives, and beside tar.
struct Bundles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundles",
        abstract: "Time export and import beside skopeo copy and oci-archive:, and an export from a store beside tar.",
        discussion: """
            skopeo writes one archive for each image, one after the other; what it has in common with another image is in both. \
            tar packs the files that the bundle has, unpacked. Rounds alternate, and one more warms up.
            """
    )

    @Argument var workload: WorkloadName
    @Option(help: "Rounds that count; one more warms up.") var rounds = 5
    @Option(help: "The mirror to time.") var mirror = CommandLine.arguments[0].replacing("workbench", with: "mirror")
    @OptionGroup var storage: StorageOptions

    func run() async throws {
        let folder = "\(storage.directory)/bundles-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let source = try await DockerRegistry.start(in: storage.directory)
        let destination = try await DockerRegistry.start(in: storage.directory)
        do { try await compare(folder, source, destination) } catch {
            await source.stop()
            await destination.stop()
            throw error
        }
        await source.stop()
        await destination.stop()
    }

    private func compare(_ folder: String, _ source: DockerRegistry, _ destination: DockerRegistry) async throws {
        let workload = try workload.workload()
        try await fill(source.host, with: workload)
        let race = BundleRace(workload: workload, folder: folder, mirror: mirror)
        try await race.prepare(source.host)
        var figures: [BundleRace.Contest: [(own: BundleRace.Sample, other: BundleRace.Sample)]] = [:]
        for round in 0...rounds {
            for contest in BundleRace.Contest.allCases {
                try await destination.empty()
                let own = try await race.own(contest, source.host, destination.host)
                try await destination.empty()
                let other = try await race.other(contest, source.host, destination.host)
                if round > 0 { figures[contest, default: []].append((own, other)) }
                print("# \(contest.rawValue): \(own.wall) s, \(contest.rival) \(other.wall) s", to: &standardError)
            }
        }
        report(workload, figures)
    }

    private func report(
        _ workload: Workload,
        _ figures: [BundleRace.Contest: [(own: BundleRace.Sample, other: BundleRace.Sample)]]
    ) {
        print("\(workload.name), medians of \(rounds) rounds, load average \(loadAverage())")
        print("")
        print("| contest | mirror s | MiB | rival | rival s | rival MiB | mirror / rival (min / median / max) |")
        print("|---|---|---|---|---|---|---|")
        for contest in BundleRace.Contest.allCases {
            guard let pairs = figures[contest] else { continue }
            let ratios = pairs.map { $0.own.wall / $0.other.wall }.sorted()
            let spread = [ratios.first ?? 0, median(ratios), ratios.last ?? 0].map { String(format: "%.2f", $0) }
            let columns = [
                contest.rawValue, String(format: "%.2f", median(pairs.map(\.own.wall))),
                memory(median(pairs.map(\.own.peakMemory))), contest.rival,
                String(format: "%.2f", median(pairs.map(\.other.wall))),
                memory(median(pairs.map(\.other.peakMemory))), spread.joined(separator: " / "),
            ]
            print("| \(columns.joined(separator: " | ")) |")
        }
    }
}

/// What is done with bundles, and what others do instead.
struct BundleRace {
    enum Contest: String, CaseIterable {
        case export = "export from a registry"
        case importing = "import to a registry"
        case store = "export from a store"

        var rival: String { self == .store ? "tar" : "skopeo copy" }
    }

    /// What a run took.
    struct Sample {
        var wall: Double
        /// In MiB; 0 where it is not known.
        var peakMemory: Double
    }

    let workload: Workload
    let folder: String
    let mirror: String

    private var images: [(name: String, file: String)] {
        workload.repositories.flatMap { repository in
            repository.tags.map { tag in
                ("\(repository.name):\(tag.tag)", "\(repository.name)-\(tag.tag)".replacing("/", with: "-"))
            }
        }
    }

    /// Makes what is read: a bundle, the same unpacked, the same as a store, and skopeo's archives.
    func prepare(_ source: String) async throws {
        try await run(mirror, "export", "--quiet", "-o", "\(folder)/in.tar", "\(source)/")
        try await script("mkdir \(folder)/files && tar xf \(folder)/in.tar -C \(folder)/files")
        try await run(mirror, "import", "--quiet", "\(folder)/in.tar", "layout:\(folder)/store")
        try await script("mkdir \(folder)/archives && \(skopeoExport(source, to: "\(folder)/archives"))")
    }

    func own(_ contest: Contest, _ source: String, _ destination: String) async throws -> Sample {
        defer { remove("out.tar") }
        switch contest {
        case .export: return try await run(mirror, "export", "--quiet", "-o", "\(folder)/out.tar", "\(source)/")
        case .importing: return try await run(mirror, "import", "--quiet", "\(folder)/in.tar", "\(destination)/")
        case .store:
            return try await run(mirror, "export", "--quiet", "-o", "\(folder)/out.tar", "layout:\(folder)/store")
        }
    }

    func other(_ contest: Contest, _ source: String, _ destination: String) async throws -> Sample {
        defer {
            remove("out.tar")
            remove("out")
        }
        switch contest {
        case .export: return try await script("mkdir \(folder)/out && \(skopeoExport(source, to: "\(folder)/out"))")
        case .importing:
            return try await script(
                images.map { name, file in
                    "skopeo copy -q --all --dest-tls-verify=false "
                        + "oci-archive:\(folder)/archives/\(file).tar docker://\(destination)/\(name)"
                }
                .joined(separator: " && ")
            )
        case .store: return try await run("tar", "cf", "\(folder)/out.tar", "-C", "\(folder)/files", ".")
        }
    }

    private func skopeoExport(_ source: String, to folder: String) -> String {
        images.map { name, file in
            "skopeo copy -q --all --src-tls-verify=false docker://\(source)/\(name) oci-archive:\(folder)/\(file).tar"
        }
        .joined(separator: " && ")
    }

    private func remove(_ name: String) { try? FileManager.default.removeItem(atPath: "\(folder)/\(name)") }

    /// Programs one after the other; whose memory is not watched.
    @discardableResult
    private func script(_ script: String) async throws -> Sample {
        try script.write(toFile: "\(folder)/script", atomically: true, encoding: .utf8)
        var sample = try await run("sh", "-e", "\(folder)/script")
        sample.peakMemory = 0
        return sample
    }

    /// One program; mirror has no memory of earlier runs.
    @discardableResult
    private func run(_ program: String, _ arguments: String...) async throws -> Sample {
        var environment = ProcessInfo.processInfo.environment
        environment["XDG_STATE_HOME"] = "\(folder)/state"
        defer { remove("state") }
        let result = try await ChildProcess.run(program, arguments, environment: environment)
        guard result.succeeded else {
            throw BenchFailure(description: "\(program) failed: \(result.ending)\n\(result.errorText.suffix(2000))")
        }
        return Sample(
            wall: result.wallTime / .seconds(1),
            peakMemory: Double(result.peakMemory) / Double(1 << 20)
        )
    }
}
