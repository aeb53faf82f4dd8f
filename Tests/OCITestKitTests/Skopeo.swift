// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

/// An independent client, with its credentials and an image in a folder of its own.
struct Skopeo: Sendable {
    let directory: String
    private var authFile: String { "\(directory)/auth.json" }

    /// The image, as skopeo names it.
    var image: String { "dir:\(directory)/image" }

    /// Writes an image in skopeo's simplest format: a manifest, and blobs that are called by the hex of their digests.
    init(_ image: BuiltImage) throws {
        directory = FileManager.default.temporaryDirectory.path + "/skopeo-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: "\(directory)/image", withIntermediateDirectories: true)
        func write(_ bytes: some Collection<UInt8>, _ name: some StringProtocol) throws {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(directory)/image/\(name)"))
        }
        try write("Directory Transport Version: 1.1\n".utf8, "version")
        try write(image.manifest.bytes, "manifest.json")
        for blob in image.blobs { try write(blob.bytes, "\(blob.descriptor.digest)".dropFirst("sha256:".count)) }
    }

    func remove() { try? FileManager.default.removeItem(atPath: directory) }

    func login(_ host: String, _ user: String, _ password: String) async throws -> ChildProcess.Result {
        try await run(
            "login",
            ["--tls-verify=false", "--authfile", authFile, "-u", user, "--password-stdin", host],
            input: Array(password.utf8)
        )
    }

    /// Copies; with an empty file of credentials if there was no login.
    func copy(_ source: String, _ destination: String, _ options: [String] = []) async throws -> ChildProcess.Result {
        if !FileManager.default.fileExists(atPath: authFile) {
            try "{}".write(toFile: authFile, atomically: true, encoding: .utf8)
        }
        let common = ["--authfile", authFile, "--src-tls-verify=false", "--dest-tls-verify=false"]
        return try await run("copy", common + options + [source, destination])
    }

    /// The digest of an image in a registry.
    func digest(_ reference: String) async throws -> String {
        let options = ["--authfile", authFile, "--tls-verify=false", "--format", "{{.Digest}}"]
        return try await run("inspect", options + [reference])
            .outputText
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func run(_ command: String, _ arguments: [String], input: [UInt8] = []) async throws -> ChildProcess.Result
    {
        try await ChildProcess.run(
            "skopeo",
            ["--insecure-policy", command] + arguments,
            environment: ["PATH": "/usr/bin:/bin", "HOME": directory, "XDG_RUNTIME_DIR": directory],
            input: input
        )
    }
}

/// Runs `body` with skopeo and an image of about 12 KB.
func withSkopeo(_ body: (Skopeo, BuiltImage) async throws -> Void) async throws {
    // Blobs that no run had before: skopeo remembers for the whole machine in which repository of which port it saw a blob, and
    // would ask for a token for that one too.
    let image = try await BuiltImage.random(seed: .random(in: 0...UInt64(UInt32.max)))
    let skopeo = try Skopeo(image)
    defer { skopeo.remove() }
    try await body(skopeo, image)
}

/// Runs curl and returns what it printed.
func curl(_ arguments: [String]) async throws -> ChildProcess.Result {
    try await ChildProcess.run(
        "curl",
        ["-sS", "--max-time", "20"] + arguments,
        environment: ["PATH": "/usr/bin:/bin"]
    )
}

/// Asks with curl for the status alone.
func curlStatus(_ arguments: [String]) async throws -> String {
    try await curl(["-o", "/dev/null", "-w", "%{http_code}"] + arguments).outputText
}
