// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCITestKit
import Testing

/// buildah, with all that it keeps in a home.
struct Buildah: Sendable {
    let home: Home

    /// - Throws: What writing the policy throws, without which buildah takes no image from anywhere.
    init(in home: Home) throws {
        self.home = home
        try home.write(#"{"default":[{"type":"insecureAcceptAnything"}]}"#, to: "policy.json", mode: 0o644)
    }

    /// The option for commands that move images.
    var policy: String { "--signature-policy=\(home.directory)/policy.json" }

    /// Runs a command to its end.
    func run(_ command: [String]) async throws -> ChildProcess.Result {
        let options = [
            "--root", "\(home.directory)/root", "--runroot", "\(home.directory)/run", "--storage-driver", "vfs",
        ]
        return try await ChildProcess.run(
            "buildah",
            options + command,
            environment: ["PATH": "/usr/bin:/bin", "HOME": home.directory, "BUILDAH_ISOLATION": "chroot"]
        )
    }

    /// Runs a command that must succeed.
    func callAsFunction(_ command: String...) async throws { try await expect(command) }

    /// Runs a command that must succeed.
    func expect(_ command: [String]) async throws {
        let result = try await run(command)
        try #require(result.succeeded, "buildah \(command): \(result.errorText)")
    }
}
