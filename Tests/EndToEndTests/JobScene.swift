// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Synchronization
import Testing

/// Registries, and a user whose config file has jobs between them.
struct JobScene: Sendable {
    let home: Home
    let registries: [DockerRegistry]

    var a: DockerRegistry { registries[0] }
    var b: DockerRegistry { registries[1] }
    var c: DockerRegistry { registries[2] }

    /// Where the program looks for the config file.
    var configFile: String { "\(home.directory)/config/mirror/mirror.yaml" }
    /// What the program keeps between runs.
    var stateFolder: String { "\(home.directory)/state/mirror" }

    /// Writes the config file with what stands below `jobs:`.
    func configure(_ jobs: String) throws {
        let lines = jobs.split(separator: "\n").map { "  \($0)\n" }
        try home.write("version: 1\njobs:\n\(lines.joined())", to: "config/mirror/mirror.yaml", mode: 0o644)
    }

    /// Runs the program to its end, and checks how it ended.
    @discardableResult
    func run(
        _ arguments: String...,
        ends status: Int32 = 0,
        at location: SourceLocation = #_sourceLocation
    ) async throws -> ChildProcess.Result {
        let result = try await home.start(arguments).wait()
        #expect(
            result.ending == .exited(status),
            "\(arguments): \(result.outputText)\(result.errorText)",
            sourceLocation: location
        )
        return result
    }

    /// Forgets all that the program keeps between runs.
    func forget() throws { try FileManager.default.removeItem(atPath: stateFolder) }
}

/// Runs `body` with registries that are empty.
func withJobScene(_ count: Int = 2, _ body: (JobScene) async throws -> Void) async throws {
    try await withHome { home in
        func open(_ registries: [DockerRegistry]) async throws {
            guard registries.count < count else {
                return try await body(JobScene(home: home, registries: registries))
            }
            try await withDockerRegistry { try await open(registries + [$0]) }
        }
        try await open([])
    }
}

/// A proxy's rule that lets requests through, or has them come again later.
final class Barrier: Sendable {
    private struct State {
        var isClosed: Bool
        var passes: Int
    }

    private let state: Mutex<State>
    private let path: String

    /// - Parameters:
    ///   - path: What the path of a request has in it that is counted, and stopped when the barrier is closed.
    ///   - passes: How many of these requests pass before the barrier closes.
    init(_ path: String = "/v2/", after passes: Int) {
        self.path = path
        state = Mutex(State(isClosed: true, passes: passes))
    }

    var rule: CountingProxy.Rule {
        { request in
            guard request.path.contains(self.path) else { return .pass }
            let passes = self.state.withLock { state in
                guard state.isClosed else { return true }
                state.passes -= 1
                return state.passes >= 0
            }
            return passes ? .pass : .reply(503, headers: [("Retry-After", "1")])
        }
    }

    /// Whether somebody stands before it.
    var isReached: Bool { state.withLock { $0.passes < 0 } }

    func open() { state.withLock { $0.isClosed = false } }

    /// Waits until the program stands before it.
    func wait(for program: ChildProcess) async throws {
        while program.isRunning, !isReached { try await Task.sleep(for: .milliseconds(5)) }
    }
}

/// The lines that the program printed for scripts.
func jsonLines(_ result: ChildProcess.Result) throws -> [[String: Any]] {
    try result.outputText.split(separator: "\n")
        .map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
}

extension BuiltImage {
    /// A tiny image, which is another one for each seed.
    static func tiny(_ seed: UInt64, created: String = "2026-01-01T00:00:00Z") async throws -> BuiltImage {
        try await random(seed: seed, layerSizes: [4096], created: created)
    }

    var digest: Digest { manifest.descriptor.digest }
}

/// Writes an image into a registry under several tags.
/// - Parameter tags: Such as `team/app:1`.
func put(_ image: BuiltImage, _ tags: [String], into registry: DockerRegistry) async throws {
    for tag in tags { try await put(image, tag, into: registry.host) }
}

/// Deletes a manifest, and so all tags of the repository that point to it.
func delete(_ digest: Digest, of repository: String, in registry: DockerRegistry) async throws {
    let reply = try await PlainHTTP.request("DELETE", registry.host, "/v2/\(repository)/manifests/\(digest)")
    #expect(reply.status == 202)
}

extension Sequence {
    /// What a function makes of the elements, one after the other.
    func asyncMap<Value>(_ transform: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
