// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Replication

/// Times `mirror serve` and Debian's docker-registry in turn, under the same clients.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Time mirror serve and docker-registry side by side.",
        discussion: """
            For each server in turn, with an empty store: a blob of 1 GiB is put and got by curl, 500 small images are pushed by \
            mirror, and 5,000 small blobs and 2,000 manifests are got by curl over 16 connections.
            """
    )

    @Option(help: "Rounds that count; one more warms up.") var rounds = 5
    @Option(help: "The mirror to time.") var mirror = CommandLine.arguments[0].replacing("workbench", with: "mirror")
    @OptionGroup var storage: StorageOptions

    func run() async throws {
        let work = "\(storage.directory)/workbench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: work) }
        let load = try await ServerLoad.prepare(in: work, mirror: mirror)
        var samples: [String: [ServerLoad.Step: [ServerLoad.Sample]]] = [:]
        for round in 0...rounds {
            for server in [ServerKind.mirror(mirror), .dockerRegistry] {
                let outcome = try await server.run(in: storage.directory) { try await load.run(against: $0, cpu: $1) }
                if round > 0 {
                    for (step, sample) in outcome {
                        samples[server.name, default: [:]][step, default: []].append(sample)
                    }
                }
                let line = ServerLoad.Step.allCases.map { "\($0.rawValue) \(outcome[$0]?.wall ?? 0)" }
                print("# \(server.name): \(line.joined(separator: ", "))", to: &standardError)
            }
        }
        report(samples)
    }

    private func report(_ samples: [String: [ServerLoad.Step: [ServerLoad.Sample]]]) {
        print("serve, medians of \(rounds) rounds, load average \(loadAverage())\n")
        print(
            "| step | mirror serve s | docker-registry s | times as fast (min / median / max) | CPU s | CPU s of docker-registry |"
        )
        print("|---|---|---|---|---|---|")
        for step in ServerLoad.Step.allCases {
            guard let own = samples["mirror serve"]?[step], let other = samples["docker-registry"]?[step] else {
                continue
            }
            let ratios = zip(own, other).map { $1.wall / $0.wall }.sorted()
            let columns = [
                String(format: "%.2f", median(own.map(\.wall))), String(format: "%.2f", median(other.map(\.wall))),
                [ratios.first ?? 0, median(ratios), ratios.last ?? 0].map { String(format: "%.2f", $0) }
                    .joined(separator: " / "),
                String(format: "%.2f", median(own.map(\.cpu))), String(format: "%.2f", median(other.map(\.cpu))),
            ]
            print("| \(step.rawValue) | \(columns.joined(separator: " | ")) |")
        }
    }
}

/// A server that is timed.
enum ServerKind {
    case mirror(String)
    case dockerRegistry

    var name: String {
        switch self {
        case .mirror: "mirror serve"
        case .dockerRegistry: "docker-registry"
        }
    }

    /// Lends a server with an empty store: its host, and how much processor time it has used.
    func run<Value: Sendable>(
        in directory: String,
        _ body: (_ host: String, _ cpu: @Sendable () -> Double) async throws -> Value
    ) async throws -> Value {
        switch self {
        case .mirror(let program):
            let registry = try await EmbeddedRegistry.start(program, in: directory)
            let outcome = await Result { try await body(registry.host) { registry.cpuSeconds } }
            await registry.stop()
            return try outcome.get()
        case .dockerRegistry:
            let registry = try await DockerRegistry.start(in: directory)
            let outcome = await Result { try await body(registry.host) { registry.cpuSeconds } }
            await registry.stop()
            return try outcome.get()
        }
    }
}

/// What clients ask of a server.
struct ServerLoad: Sendable {
    /// One kind of work.
    enum Step: String, CaseIterable {
        case put = "PUT of 1 GiB"
        case get = "GET of 1 GiB"
        case push = "500 small images pushed"
        case small = "5,000 small blobs and 2,000 manifests got"
    }

    /// What a step took: of the clock, and of the server's processor.
    struct Sample: Sendable {
        let wall: Double
        let cpu: Double
    }

    private let directory: String
    private let mirror: String
    private let large: Digest
    /// Paths below `/v2/`.
    private let smallPaths: [String]
    private static let size = 1 << 30
    /// docker-registry answers 404 for a manifest whose type was not asked for.
    private static let manifestTypes = MediaType.manifests.map(\.description).joined(separator: ", ")

    /// Makes a large file, and a store with 500 small images.
    static func prepare(in directory: String, mirror: String) async throws -> ServerLoad {
        try await run("/bin/sh", ["-c", "head -c \(size) /dev/urandom > \(directory)/large"])
        let sum = try await run("/usr/bin/openssl", ["dgst", "-sha256", "-r", "\(directory)/large"])
        let large = try Digest("sha256:\(sum.prefix(64))")
        let registry = try await EmbeddedRegistry.start(mirror, in: directory)
        let outcome = await Result { () -> [String] in
            try await fill(registry.host, with: .many(repositories: 25))
            try await run(mirror, ["copy", "--quiet", "\(registry.host)/", "layout:\(directory)/images"])
            return try await paths(of: registry.host)
        }
        await registry.stop()
        return ServerLoad(directory: directory, mirror: mirror, large: large, smallPaths: try outcome.get())
    }

    /// All steps, in their order.
    func run(against host: String, cpu: @Sendable () -> Double) async throws -> [Step: Sample] {
        var samples: [Step: Sample] = [:]
        for step in Step.allCases {
            let before = cpu()
            let start = ContinuousClock.now
            try await perform(step, host)
            samples[step] = Sample(wall: start.duration(to: .now) / .seconds(1), cpu: cpu() - before)
        }
        return samples
    }

    private func perform(_ step: Step, _ host: String) async throws {
        let blobs = "http://\(host)/v2/large/blobs"
        switch step {
        case .put:
            let head = try await Self.run("/usr/bin/curl", ["-sfi", "-X", "POST", "\(blobs)/uploads/"])
            guard
                let line = head.split(whereSeparator: \.isNewline)
                    .first(where: { $0.lowercased().hasPrefix("location:") })
            else { throw BenchFailure(description: "no Location") }
            let location = line.dropFirst("location:".count).drop(while: \.isWhitespace)
            let url = location.hasPrefix("/") ? "http://\(host)\(location)" : String(location)
            let commit = "\(url)\(url.contains("?") ? "&" : "?")digest=\(large)"
            try await Self.run(
                "/usr/bin/curl",
                ["-sf", "-T", "\(directory)/large", "-H", "Content-Type: application/octet-stream", commit]
            )
        case .get: try await Self.run("/usr/bin/curl", ["-sf", "-o", "/dev/null", "\(blobs)/\(large)"])
        case .push: try await Self.run(mirror, ["copy", "--quiet", "layout:\(directory)/images", "\(host)/"])
        case .small:
            let lines = smallPaths.map { "url = \"http://\(host)/v2/\($0)\"\noutput = \"/dev/null\"\n" }
            let list = "\(directory)/urls"
            try lines.joined().write(toFile: list, atomically: true, encoding: .utf8)
            try await Self.run(
                "/usr/bin/curl",
                ["-sfZ", "--parallel-max", "16", "-H", "Accept: \(Self.manifestTypes)", "-K", list]
            )
        }
    }

    /// The paths of 5,000 blobs and 2,000 manifests, some of them more than once.
    private static func paths(of host: String) async throws -> [String] {
        let registry = RemoteRegistry(host: try RegistryHost(host), scheme: .http)
        let endpoint = registry.endpoint()
        var blobs: [String] = []
        var manifests: [String] = []
        for name in try await endpoint.catalog().all() {
            let repository = endpoint.source(name)
            for entry in try await repository.tags().all() {
                guard let document = try await repository.document(at: .tag(entry.tag)) else { continue }
                manifests.append("\(name)/manifests/\(entry.tag)")
                blobs += document.manifest.blobs.map { "\(name)/blobs/\($0.digest)" }
            }
        }
        try await registry.shutdown()
        func cycle(_ paths: [String], _ count: Int) -> [String] { (0..<count).map { paths[$0 % paths.count] } }
        return cycle(blobs, 5000) + cycle(manifests, 2000)
    }

    @discardableResult
    private static func run(_ program: String, _ arguments: [String]) async throws -> String {
        let result = try await ChildProcess.run(program, arguments)
        guard result.succeeded else {
            throw BenchFailure(
                description:
                    "\(program) \(arguments.first ?? "") failed: \(result.ending) \(result.errorText.suffix(500))"
            )
        }
        return result.outputText
    }
}

extension Result where Failure == any Error {
    /// The outcome of something asynchronous.
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
