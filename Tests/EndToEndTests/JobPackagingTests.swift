// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    /// What is delivered beside the program does what it says.
    @Suite(.serialized)
    struct JobPackagingTests {
        private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        private static let units = ["service", "timer"].map { "\(root)/packaging/systemd/mirror-sync.\($0)" }
        private static let hasUnits = units.allSatisfy { FileManager.default.fileExists(atPath: $0) }
        private static let python = "/usr/bin/python3"
        /// Debian's own, whatever else is in `PATH`.
        private static let hasValidator =
            FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/jsonschema")
            && FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/yaml")

        @Test(
            .enabled(if: hasUnits, "packaging/systemd is not there"),
            .enabled(
                if: FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze"),
                "systemd is not there"
            )
        )
        func `systemd finds nothing wrong with the units`() async throws {
            try await withHome { home in
                // The program that they name is not installed where the tests run.
                let copies = try Self.units.map { unit in
                    let text = try String(contentsOfFile: unit, encoding: .utf8)
                    #expect(unit.hasSuffix(".timer") || text.contains("/usr/bin/mirror "))
                    return try home.write(
                        text.replacing("/usr/bin/mirror ", with: "\(Program.path) "),
                        to: "units/\(URL(filePath: unit).lastPathComponent)",
                        mode: 0o644
                    )
                }
                let result = try await home.verify(copies)
                #expect(result.succeeded, "\(result.outputText)\(result.errorText)")
                let complaints = result.errorText.split(separator: "\n").filter { $0.contains("mirror-sync") }
                #expect(complaints.isEmpty, "\(complaints)")
                // It does find something where there is something.
                let wrong = try home.write(
                    "[Service]\nExecStart=nowhere\nNonsense=1\n",
                    to: "units/wrong.service",
                    mode: 0o644
                )
                #expect(try await !home.verify([wrong]).succeeded)
            }
        }

        @Test(.enabled(if: hasUnits, "packaging/systemd is not there"))
        func `what the service starts runs the jobs`() async throws {
            try await withJobScene { scene in
                let text = try String(contentsOfFile: Self.units[0], encoding: .utf8)
                let start = try #require(text.split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
                let command = start.dropFirst("ExecStart=".count)
                    .replacing("/usr/bin/mirror", with: Program.path)
                    .replacing("/etc/mirror/mirror.yaml", with: scene.configFile)
                #expect(!command.contains("/etc/") && command.contains(scene.configFile))
                try scene.configure(
                    """
                    team:
                      from: \(scene.a.host)/
                      to: \(scene.b.host)/
                    """
                )
                try await put(BuiltImage.tiny(1), "team/app:1", into: scene.a.host)
                // As systemd does it: no shell, no home, what is kept in a folder that is named.
                let result = try await ChildProcess.run(
                    "/bin/sh",
                    ["-c", "exec \(command)"],
                    environment: ["PATH": "/usr/bin:/bin", "XDG_STATE_HOME": "\(scene.home.directory)/lib"]
                )
                #expect(result.ending == .exited(0), "\(result.errorText)")
                #expect(result.outputText == "team: done: 1 published, 0 equal in 1 repository\n")
                #expect(FileManager.default.fileExists(atPath: "\(scene.home.directory)/lib/mirror/jobs"))
            }
        }

        @Test(.enabled(if: hasValidator, "python3-jsonschema or python3-yaml is not there"))
        func `the JSON Schema takes the example, and refuses a file with an unknown key`() async throws {
            try await withHome { home in
                let schema = try await home.run("config", "schema")
                #expect(schema.ending == .exited(0), "\(schema.errorText)")
                try home.write(schema.outputText, to: "schema.json")
                try home.write(
                    """
                    import json, sys, yaml, jsonschema
                    schema = json.load(open(sys.argv[1]))
                    kind = jsonschema.validators.validator_for(schema, default=None)
                    assert kind is not None, "the schema does not say what it is"
                    kind.check_schema(schema)
                    for error in kind(schema).iter_errors(yaml.safe_load(open(sys.argv[2]))):
                        print("/".join(str(part) for part in error.absolute_path) + ": " + error.message[:200])
                    """,
                    to: "validate.py"
                )
                func mistakes(_ file: String) async throws -> [Substring] {
                    let result = try await ChildProcess.run(
                        Self.python,
                        ["-I", "\(home.directory)/validate.py", "\(home.directory)/schema.json", file]
                    )
                    #expect(result.ending == .exited(0), "\(result.errorText)")
                    return result.outputText.split(separator: "\n")
                }
                let example = "\(Self.root)/mirror.yaml.example"
                #expect(try await mistakes(example).isEmpty)
                let text = try String(contentsOfFile: example, encoding: .utf8)
                for (old, new, place) in [
                    ("version: 1", "version: 1\nsurplus: 1", ": "), ("version: 1", "version: 2", "version: "),
                    ("    overwrite: if-unchanged", "    overwite: if-unchanged", "jobs/team: "),
                    ("  overwrite: always", "  overwrite: sometimes", "defaults/overwrite: "),
                    ("    to: harbor.corp.lan/mirror\n", "", "jobs/team: "),
                    ("requests: 4", "requests: 0", "registries/docker.io/limits"),
                    ("newest: 5 ", "newset: 5 ", "jobs/base-images/repositories/1"),
                ] {
                    let changed = text.replacing(old, with: new, maxReplacements: 1)
                    #expect(changed != text, "\(old)")
                    let found = try await mistakes(home.write(changed, to: "changed.yaml"))
                    #expect(found.contains { $0.hasPrefix(place) }, "\(new): \(found)")
                    // The program is of the same opinion.
                    let check = try await home.run("config", "check", "--config", "\(home.directory)/changed.yaml")
                    #expect(check.ending == .exited(78), "\(new)")
                }
            }
        }
    }
}

extension Home {
    fileprivate func verify(_ units: [String]) async throws -> ChildProcess.Result {
        try await ChildProcess.run("systemd-analyze", ["verify"] + units, environment: environment)
    }
}
