// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

/// What a cloud is looked for with in tests: variables, and a folder as the user's home, in which nothing is.
struct CloudScene {
    let folder: URL
    var variables: [String: String] = [:]

    /// Makes the folder, and removes it afterwards.
    static func with(_ variables: [String: String] = [:], _ body: (CloudScene) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mirror-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // The metadata of the machine that runs the tests are asked for by nobody.
        let quiet = [
            "HOME": folder.path, "AWS_EC2_METADATA_DISABLED": "true", "GCE_METADATA_HOST": "127.0.0.1:9",
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9",
        ]
        try await body(CloudScene(folder: folder, variables: quiet.merging(variables) { $1 }))
    }

    /// The same scene with other variables besides; an empty one is as good as none.
    func with(_ more: [String: String]) -> CloudScene {
        CloudScene(folder: folder, variables: variables.merging(more) { $1 })
    }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Writes a file, and the folders that it is in.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let url = folder.appending(path: name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    func context(_ provider: CloudProvider, now: Int64? = nil) -> CloudContext {
        var context = CloudContext(
            provider: provider,
            environment: variables,
            // The machine that runs the tests may be busy for a while.
            client: CloudClient(proxy: ProxySettings(), userAgent: "mirror/test", metadataTimeout: .seconds(60))
        )
        if let now { context.now = { now } }
        return context
    }

    /// The keys that are found.
    func keys() async throws -> AWSKeys { try await AWSKeyChain(context: context(.aws)).keys(region: "eu-west-1") }

    /// All credentials of clouds.
    func credentials(clock: any Clock<Duration> = ContinuousClock()) -> CloudCredentials {
        CloudCredentials(
            environment: variables,
            userAgent: "mirror/test",
            metadataTimeout: .seconds(60),
            clock: clock
        )
    }
}

/// Expects that no credential is found, and returns why.
func cloudReason<Value>(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Value
) async throws -> CloudCredentialError.Reason {
    var reason: CloudCredentialError.Reason?
    do { _ = try await body() } catch let error as CloudCredentialError { reason = error.reason }
    return try #require(reason, "something was found", sourceLocation: sourceLocation)
}
