// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCIRegistry
import Testing

/// A folder for files of credentials and for helpers, and the environment in which both are found.
struct CredentialPlaces {
    /// What must never be seen.
    static let canary = "c4n4ry-Zs9"

    let folder: URL
    let environment: [String: String]

    /// Makes the folder, and removes it afterwards.
    static func with(_ body: (CredentialPlaces) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mirror-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let environment = ["HOME": folder.path, "PATH": "\(folder.path):/usr/bin:/bin", "MARKER": "passed on"]
        try await body(CredentialPlaces(folder: folder, environment: environment))
    }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Writes a file, and the folders around it.
    @discardableResult
    func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        let url = folder.appending(path: name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: url)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
        return url.path
    }

    /// Makes a helper of a shell script.
    func helper(_ name: String, _ script: String) throws {
        try write("#!/bin/sh\n\(script)\n", to: "docker-credential-\(name)", mode: 0o755)
    }

    /// A helper that keeps what it is given in a file, one for all registries.
    func keeper(_ name: String) throws {
        try helper(
            name,
            """
            kept="$(dirname "$0")/kept-\(name)"
            case "$1" in
            store) cat > "$kept" ;;
            get) cat > "$kept.asked"; test -f "$kept" && cat "$kept" && exit 0
                 echo "credentials not found in native keychain"; exit 1 ;;
            erase) test -f "$kept" && rm "$kept" && exit 0
                 echo "credentials not found in native keychain"; exit 1 ;;
            esac
            """
        )
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self)
    }

    func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path(name))
        return attributes[.posixPermissions] as? Int ?? -1
    }

    /// Expects an error, in which the canary must not be seen in any way.
    static func expectError<Failure: Error & Equatable>(
        _ expected: Failure,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Void
    ) async {
        do {
            try await body()
            Issue.record("no error", sourceLocation: sourceLocation)
        } catch {
            #expect(error as? Failure == expected, "\(error)", sourceLocation: sourceLocation)
            var dumped = ""
            dump(error, to: &dumped)
            for text in ["\(error)", String(reflecting: error), dumped] {
                #expect(!text.contains(canary), sourceLocation: sourceLocation)
                #expect(!text.contains(Data(canary.utf8).base64EncodedString()), sourceLocation: sourceLocation)
            }
        }
    }
}

/// Everything that starts helpers, one after the other.
@Suite(.serialized) struct CredentialProcessTests {}
