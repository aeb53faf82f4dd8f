// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import OCITestKit
import Testing

extension EndToEnd {
    /// What a machine can do that has nothing else.
    @Suite(.serialized)
    struct DemoTests {
        /// A folder for temporary files, in which nothing may be left.
        private static func withFolder(_ body: (_ environment: [String: String]) async throws -> Void) async throws {
            let folder = Program.temporaryPath("demo")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try await body(["HOME": folder, "TMPDIR": folder, "PATH": "/nowhere"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }

        @Test func `the demo shows a plan, a copy and where to look, and leaves nothing behind`() async throws {
            try await Self.withFolder { environment in
                let result = try await Program.start(["demo"], environment: environment).wait()
                #expect(result.ending == .exited(0), "\(result.errorText)")
                let text = result.outputText
                #expect(text.contains("plan: 7 new, 0 moved, 0 equal in 3 repositories"), "\(text)")
                #expect(text.contains("done: 7 published, 0 equal in 3 repositories"), "\(text)")
                #expect(text.contains("/v2/_catalog"))
                #expect(text.contains("/v2/mirror/team/app/tags/list"))
            }
        }

        @Test func `the demo that is kept can be looked at, and ends when it is told to`() async throws {
            try await Self.withFolder { environment in
                let output = Program.temporaryPath("output")
                defer { try? FileManager.default.removeItem(atPath: output) }
                let command = #"exec "$0" demo --keep > "$1""#
                let demo = try await ChildProcess.start(
                    "/bin/sh",
                    ["-c", command, Program.path, output],
                    environment: environment.merging(["PATH": "/usr/bin:/bin"]) { $1 },
                    endsWithParent: true
                )
                func text() -> String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }
                while demo.isRunning, !text().contains("Control-C") { try await Task.sleep(for: .milliseconds(20)) }
                let url = try #require(text().split(separator: "curl ").last { $0.contains("/v2/mirror/") })
                let host = try #require(url.split(separator: "/").dropFirst().first)
                let reply = try await PlainHTTP.request("GET", String(host), "/v2/mirror/team/app/tags/list")
                #expect(reply.status == 200)
                #expect(String(decoding: reply.body, as: UTF8.self).contains("1.2.0"))
                demo.send(SIGINT)
                #expect(await demo.wait().ending == .exited(0))
            }
        }
    }
}
