// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Replication
import Testing

/// Tests of the whole program on real registries.
///
/// One serialized parent: each starts processes of its own, and two cores do not carry many registries at once.
@Suite(.serialized)
enum EndToEnd {}

/// The program that was built together with the tests, unless another build of it is named.
enum Program {
    /// Where it is: beside the bundle that the tests are in.
    static let path: String = {
        if let path = ProcessInfo.processInfo.environment["MIRROR_TEST_PROGRAM"] { return path }
        let bundle = ProcessInfo.processInfo.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "mirror").path
    }()

    /// Runs it to its end, with a state directory of its own unless one is given.
    static func run(_ arguments: String..., state: String? = nil) async throws -> ChildProcess.Result {
        try await start(arguments, state: state).wait()
    }

    /// Starts it.
    /// - Parameter environment: Its whole environment; `nil` for that of a home in which nothing is.
    static func start(
        _ arguments: [String],
        state: String? = nil,
        environment: [String: String]? = nil,
        input: [UInt8] = []
    ) async throws -> ChildProcess {
        var environment = environment ?? Home.environment(in: temporaryPath("home"))
        if let state { environment["XDG_STATE_HOME"] = state }
        return try await ChildProcess.start(
            path,
            arguments,
            environment: environment,
            input: input,
            outputLimit: 8 << 20,
            endsWithParent: true
        )
    }

    /// A path that nothing has yet.
    static func temporaryPath(_ name: String) -> String {
        FileManager.default.temporaryDirectory.appending(path: "mirror-\(name)-\(UUID().uuidString)").path
    }
}

/// Writes a workload into a registry.
func fill(_ registry: DockerRegistry, with workload: Workload) async throws {
    try await withEndpoint(of: registry) { endpoint in
        let address = try Address("\(registry.host)/")
        let job = Job(
            source: try await GeneratedEndpoint(workload),
            destination: endpoint,
            selection: .catalog(.registry),
            mapping: try NameMapping(from: address, to: address)
        )
        try await Replicator(job: job) { event in
            if case .failed(_, _, let error) = event { Issue.record(error) }
        }
        .run()
    }
}

/// Lends the library's view of a registry.
func withEndpoint<Value: Sendable>(
    of registry: DockerRegistry,
    _ body: (RemoteEndpoint) async throws -> Value
) async throws -> Value {
    let remote = RemoteRegistry(host: try RegistryHost(registry.host), scheme: .http)
    do {
        let value = try await body(remote.endpoint())
        try await remote.shutdown()
        return value
    } catch {
        try? await remote.shutdown()
        throw error
    }
}

/// Every tag of a registry with what it points to, as the library lists it.
func allTags(of registry: DockerRegistry) async throws -> [String: Digest] {
    try await withEndpoint(of: registry) { endpoint in
        var tags: [String: Digest] = [:]
        for repository in try await endpoint.catalog().all() {
            for entry in try await endpoint[repository].tags().all() {
                tags["\(repository):\(entry.tag)"] = try await endpoint[repository].resolve(.tag(entry.tag))?.digest
            }
        }
        return tags
    }
}

/// Compares manifests of two registries byte for byte, as an independent client reads them.
func expectSameManifests(
    _ names: [String],
    _ left: DockerRegistry,
    _ right: DockerRegistry,
    width: Int = 4
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for (position, name) in names.enumerated() {
            if position >= width { try await group.next() }
            group.addTask {
                let bytes = try await (rawManifest(left, name), rawManifest(right, name))
                #expect(bytes.0 == bytes.1, "\(name) differs")
                #expect(!bytes.0.isEmpty)
            }
        }
        try await group.waitForAll()
    }
}

private func rawManifest(_ registry: DockerRegistry, _ name: String) async throws -> [UInt8] {
    let result = try await ChildProcess.run(
        "skopeo",
        ["inspect", "--raw", "--tls-verify=false", "docker://\(registry.host)/\(name)"]
    )
    #expect(result.succeeded, "\(name): \(result.errorText)")
    return result.output
}

/// Checks that everything that any tag of a registry reaches is there: no tag points at half an image.
func expectWholeImages(_ registry: DockerRegistry) async throws {
    try await withEndpoint(of: registry) { endpoint in
        for name in try await allTags(of: registry).keys {
            let address = try Address("\(registry.host)/\(name)")
            guard case .image(let repository, let target) = address.scope else { continue }
            var open = [try #require(await endpoint[repository].document(at: target), "\(name)")]
            while let document = open.popLast() {
                for blob in document.manifest.blobs {
                    #expect(try await endpoint[repository].contains(blob), "\(name) misses \(blob.digest)")
                }
                for child in document.manifest.children {
                    open.append(
                        try #require(
                            await endpoint[repository].document(at: .digest(child.digest)),
                            "\(name) misses \(child.digest)"
                        )
                    )
                }
            }
        }
    }
}
