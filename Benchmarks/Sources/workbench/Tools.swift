// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCITestKit

/// A program that copies a whole registry.
protocol Tool {
    var name: String { get }

    /// Copies all repositories of one registry to another.
    func copy(from source: String, to destination: String) async throws -> ChildProcess.Result
}

/// This project's own.
struct Mirror: Tool {
    let path: String
    let name = "mirror"

    func copy(from source: String, to destination: String) async throws -> ChildProcess.Result {
        // Each run without the memory of the one before.
        let state = NSTemporaryDirectory() + "workbench-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: state) }
        var environment = ProcessInfo.processInfo.environment
        environment["XDG_STATE_HOME"] = state
        return try await ChildProcess.run(
            path,
            ["copy", "--quiet", "\(source)/", "\(destination)/"],
            environment: environment
        )
    }
}

/// Debian's `skopeo sync`, with a file that names all repositories, so that it is one process, too.
struct Skopeo: Tool {
    let workload: Workload
    let name = "skopeo sync"

    func copy(from source: String, to destination: String) async throws -> ChildProcess.Result {
        let images = workload.repositories.map { "    \($0.name): []\n" }.joined()
        let list = NSTemporaryDirectory() + "workbench-\(UUID().uuidString).yml"
        try "\(source):\n  tls-verify: false\n  images:\n\(images)"
            .write(toFile: list, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: list) }
        return try await ChildProcess.run(
            "/usr/bin/skopeo",
            [
                "sync", "--all", "--src", "yaml", "--dest", "docker", "--dest-tls-verify=false", list, destination,
            ]
        )
    }
}
