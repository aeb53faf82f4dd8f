// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    /// The program is stopped in system calls that nobody gave a name; only long tests run this, with strace.
    @Suite(.serialized)
    struct SystemCallTests {
        /// At how many places each call is stopped.
        private static let samples = ProcessInfo.processInfo.environment["MIRROR_TEST_STRACE"].flatMap(Int.init) ?? 0

        /// A system call, and what happens at it.
        struct Injection: Sendable, CustomTestStringConvertible {
            let call: String
            let effect: String
            var testDescription: String { "\(call):\(effect)" }

            static let all =
                [
                    "write", "writev", "pwrite64", "sendto", "sendmsg", "openat", "mkdirat", "linkat", "renameat",
                    "renameat2", "rename", "fsync", "fdatasync", "unlink", "unlinkat", "ftruncate", "flock",
                ]
                .map { Injection(call: $0, effect: "signal=SIGKILL") }
                // Not for write, which also wakes threads.
                + ["pwrite64", "fsync", "fdatasync"]
                .flatMap { call in
                    ["ENOSPC", "EIO"].map { Injection(call: call, effect: "error=\($0)") }
                }
        }

        @Test(.enabled(if: samples > 0), arguments: Injection.all, [false, true])
        func `a run that is stopped in a system call is made up for by the next one`(
            _ injection: Injection,
            toFolder: Bool
        ) async throws {
            let image = try await CrashImage.small()
            try await withProductRegistry(.distribution3) { source in
                image.hold(in: source)
                var time = 1
                var met = 0
                for _ in 0..<Self.samples {
                    var isMet = true
                    try await withHome { home in
                        func run(_ destination: any CrashDestination) async throws {
                            isMet = try await stop(injection, time, home, source.host, destination, image)
                        }
                        if toFolder { return try await run(CrashFolder(path: "\(home.directory)/store")) }
                        try await withDockerRegistry { try await run(CrashRegistry(registry: $0)) }
                    }
                    guard isMet else { break }
                    met += 1
                    // Counted in each thread, so that high numbers are rarely reached.
                    time += max(1, time / 2)
                }
                print("strace: \(injection.testDescription) \(toFolder ? "folder" : "registry"): \(met)")
            }
        }

        /// Runs the program once with the injection and once without.
        /// - Returns: Whether the first run noticed.
        private func stop(
            _ injection: Injection,
            _ time: Int,
            _ home: Home,
            _ source: String,
            _ destination: any CrashDestination,
            _ image: CrashImage
        ) async throws -> Bool {
            let what = "\(injection.testDescription) at \(time)"
            let arguments = ["copy", "\(source)/\(CrashImage.place)", "\(destination.address)/team/app"]
            let options = [
                "-f", "-qq", "-o", "\(home.directory)/trace", "-e", "trace=\(injection.call)",
                "-e", "inject=\(injection.call):\(injection.effect):when=\(time)",
            ]
            let command = options + [Program.path] + arguments
            let stopped = try await ChildProcess.start(
                "strace",
                command,
                environment: home.environment,
                endsWithParent: true
            )
            let result = await stopped.wait()
            let allowed: [ChildProcess.Ending] = [.signalled(SIGKILL), .exited(0), .exited(1), .exited(69)]
            #expect(allowed.contains(result.ending), "\(what): \(result.ending) \(result.errorText.suffix(2000))")
            try await destination.expectSound(what)
            let again = try await home.start(arguments).wait()
            #expect(again.succeeded, "\(what): \(again.outputText)\(again.errorText)")
            try await destination.expectSound(what)
            #expect(try await destination.digest() == image.root.descriptor.digest, "\(what)")
            let trace = (try? String(contentsOfFile: "\(home.directory)/trace", encoding: .utf8)) ?? ""
            return trace.contains("INJECTED") || result.ending == .signalled(SIGKILL)
        }
    }
}
