// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCITestKit
import Testing

extension ProcessTests {
    @Suite struct ChildProcessTests {
        @Test func `tells status and output apart`() async throws {
            let result = try await ChildProcess.run(
                "/bin/sh",
                ["-c", "cat; echo $NAME >&2; pwd; exit 3"],
                environment: ["NAME": "value"],
                workingDirectory: "/usr",
                input: Array("in\n".utf8)
            )
            #expect(result.ending == .exited(3))
            #expect(result.outputText == "in\n/usr\n")
            #expect(result.errorText == "value\n")
            #expect(!result.succeeded)
        }

        @Test func `keeps no more output than the limit`() async throws {
            let result = try await ChildProcess.run(
                "/bin/sh",
                ["-c", "head -c 5000000 /dev/zero"],
                outputLimit: 1000
            )
            #expect(result.succeeded)
            #expect(result.output.count == 1000)
        }

        @Test func `says which program is missing`() async throws {
            let error = try await #require(throws: ChildProcess.StartFailure.self) {
                try await ChildProcess.run("/nonexistent/program")
            }
            #expect(error.description == "cannot start /nonexistent/program: No such file or directory")
        }

        @Test func `ends with the signal that it was sent`() async throws {
            let child = try await ChildProcess.start("sleep", ["60"])
            #expect(child.isRunning)
            child.send(15)
            #expect(await child.wait().ending == .signalled(15))
            #expect(!child.isRunning)
        }

        @Test func `is killed when it does not end by itself`() async throws {
            let child = try await ChildProcess.start(
                "/bin/sh",
                ["-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"]
            )
            try await Task.sleep(for: .milliseconds(200))
            #expect(await child.stop(grace: .milliseconds(100)).ending == .signalled(9))
        }

        @Test func `is killed when its task is cancelled`() async throws {
            let task = Task { try await ChildProcess.run("sleep", ["60"]) }
            try await Task.sleep(for: .milliseconds(100))
            task.cancel()
            #expect(try await task.value.ending == .signalled(9))
        }

        @Test func `counts processor time and memory`() async throws {
            let result = try await ChildProcess.run(
                "/bin/sh",
                ["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"]
            )
            #expect(result.cpuSeconds > 0.01)
            #expect(result.peakMemory > 100_000)
            #expect(result.peakMemory < 20 << 20)
        }
    }
}
