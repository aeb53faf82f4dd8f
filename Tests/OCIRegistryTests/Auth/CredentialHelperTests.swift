// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
@testable import OCIRegistry
import Testing

extension CredentialProcessTests {
    @Suite struct CredentialHelperTests {
        private let canary = CredentialPlaces.canary

        private func error(
            _ name: String,
            _ reason: CredentialHelperError.Reason,
            _ verb: String = "get"
        ) -> CredentialHelperError {
            CredentialHelperError(helper: name, verb: verb, reason: reason)
        }

        @Test func `a helper that works is asked on its standard input, with the environment, and answers`()
            async throws
        {
            try await CredentialPlaces.with { places in
                try places.helper(
                    "works",
                    """
                    test "$#" = 1 && test "$1" = get && test "$MARKER" = "passed on" || exit 9
                    printf '{"ServerURL":"%s","Username":"me","Secret":"\(canary)"}\\n' "$(cat)"
                    """
                )
                let helper = try CredentialHelper("works", environment: places.environment)
                let answer = try await helper.get("registry.lan:5000")
                #expect(answer == .password(username: "me", Secret(canary)))
                #expect(!"\(String(describing: answer))".contains(canary))
            }
        }

        @Test func `the user name <token> means an identity token`() async throws {
            try await CredentialPlaces.with { places in
                try places.helper("token", #"echo '{"ServerURL":"x","Username":"<token>","Secret":"abc"}'"#)
                let helper = try CredentialHelper("token", environment: places.environment)
                #expect(try await helper.get("x") == .identityToken(Secret("abc")))
            }
        }

        @Test func `Docker Hub is asked for under the name that docker has for it`() async throws {
            try await CredentialPlaces.with { places in
                try places.helper("hub", #"printf '{"Username":"me","Secret":"%s"}' "$(cat)""#)
                let helper = try CredentialHelper("hub", environment: places.environment)
                #expect(
                    try await helper.get(for: .dockerHub)
                        == .password(username: "me", Secret("https://index.docker.io/v1/"))
                )
            }
        }

        @Test(arguments: [
            "echo credentials not found in native keychain; exit 1",
            "printf 'credentials not found in native keychain'; echo \(CredentialPlaces.canary) >&2; exit 1",
            #"echo '{"ServerURL":"x","Username":"","Secret":""}'"#,
        ])
        func `a helper may have nothing`(_ script: String) async throws {
            try await CredentialPlaces.with { places in
                try places.helper("none", script)
                let helper = try CredentialHelper("none", environment: places.environment)
                #expect(try await helper.get("x") == nil)
            }
        }

        @Test(
            arguments: [
                ("echo \(CredentialPlaces.canary) >&2; echo \(CredentialPlaces.canary); exit 3", .failed(3)),
                ("echo 'credentials not found in native keychain'; exit 2", .failed(2)),
                ("echo 'error: \(CredentialPlaces.canary)'; exit 1", .failed(1)),
                ("echo \(CredentialPlaces.canary); kill -9 $$", .signalled(9)),
                ("echo \(CredentialPlaces.canary)", .invalidAnswer),
                (#"echo '{"Username":"me"}'"#, .invalidAnswer),
                (#"echo '{"Username":"me","Secret":7}'"#, .invalidAnswer),
                (
                    #"echo '{"Username":"me","Secret":"\#(CredentialPlaces.canary)","Secret":"b"}'"#, .invalidAnswer
                ),
                ("exit 0", .invalidAnswer),
            ] as [(String, CredentialHelperError.Reason)]
        )
        func `nothing that a failing helper writes gets into the error`(
            _ script: String,
            reason: CredentialHelperError.Reason
        ) async throws {
            try await CredentialPlaces.with { places in
                try places.helper("fails", script)
                let helper = try CredentialHelper("fails", environment: places.environment)
                await CredentialPlaces.expectError(error("fails", reason)) { _ = try await helper.get("x") }
            }
        }

        @Test(arguments: [
            "echo $$ > \"$(dirname \"$0\")/pid\"; trap '' TERM; while :; do sleep 1; done",
            // It closes its output, and goes on.
            "echo $$ > \"$(dirname \"$0\")/pid\"; exec >&- 2>&-; sleep 60",
            // What it started holds the output open.
            "sleep 60 & echo $! > \"$(dirname \"$0\")/pid\"; wait",
        ])
        func `a helper that hangs is killed with all that it started`(_ script: String) async throws {
            try await CredentialPlaces.with { places in
                try places.helper("hangs", script)
                let limit: Duration = .milliseconds(400)
                let helper = try CredentialHelper("hangs", environment: places.environment, timeLimit: limit)
                let start = ContinuousClock.now
                await CredentialPlaces.expectError(error("hangs", .timedOut(limit))) { _ = try await helper.get("x") }
                #expect(start.duration(to: .now) < .seconds(5))
                let pid = try #require(
                    Int32(try places.text("pid").trimmingCharacters(in: .whitespacesAndNewlines))
                )
                var isAlive = true
                for _ in 0..<40 where isAlive {
                    // What is orphaned is a zombie until somebody has taken note of its end.
                    let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
                    isAlive = status.map { !$0.contains(") Z ") } ?? false
                    if isAlive { try await Task.sleep(for: .milliseconds(50)) }
                }
                #expect(!isAlive)
            }
        }

        @Test func `a helper that answers and leaves something behind is not waited for`() async throws {
            try await CredentialPlaces.with { places in
                try places.helper("leaves", #"sleep 3 & echo '{"Username":"me","Secret":"s"}'"#)
                let helper = try CredentialHelper("leaves", environment: places.environment)
                let start = ContinuousClock.now
                #expect(try await helper.get("x") == .password(username: "me", Secret("s")))
                #expect(start.duration(to: .now) < .seconds(2))
            }
        }

        @Test(arguments: ["while :; do echo \(CredentialPlaces.canary); done", "trap '' PIPE; yes; sleep 60"])
        func `a helper that floods is ended`(_ script: String) async throws {
            try await CredentialPlaces.with { places in
                try places.helper("floods", script)
                let helper = try CredentialHelper("floods", environment: places.environment)
                let start = ContinuousClock.now
                await CredentialPlaces.expectError(error("floods", .answeredTooMuch(64 << 10))) {
                    _ = try await helper.get("x")
                }
                #expect(start.duration(to: .now) < .seconds(5))
            }
        }

        @Test func `a helper may ignore what it is told, and end before it is told`() async throws {
            try await CredentialPlaces.with { places in
                try places.helper("deaf", "exec <&-; exit 0")
                let helper = try CredentialHelper("deaf", environment: places.environment)
                for _ in 0..<10 {
                    try await helper.store(username: "me", Secret(String(repeating: "x", count: 200_000)), for: "x")
                }
            }
        }

        @Test func `a cancelled task kills the helper`() async throws {
            try await CredentialPlaces.with { places in
                try places.helper("hangs", "sleep 60")
                let helper = try CredentialHelper("hangs", environment: places.environment)
                let task = Task { try await helper.get("x") }
                try await Task.sleep(for: .milliseconds(200))
                let start = ContinuousClock.now
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                #expect(start.duration(to: .now) < .seconds(5))
            }
        }

        @Test func `a helper that is not on PATH is named`() async throws {
            try await CredentialPlaces.with { places in
                let helper = try CredentialHelper("absent", environment: places.environment)
                await CredentialPlaces.expectError(error("absent", .notOnPath)) { _ = try await helper.get("x") }
                let lost = try CredentialHelper("absent", environment: [:])
                await CredentialPlaces.expectError(error("absent", .notOnPath)) { _ = try await lost.get("x") }
            }
        }

        @Test func `a file that is no program cannot be started`() async throws {
            try await CredentialPlaces.with { places in
                try places.write("text", to: "docker-credential-text", mode: 0o644)
                let helper = try CredentialHelper("text", environment: places.environment)
                do {
                    _ = try await helper.get("x")
                    Issue.record("no error")
                } catch let error as CredentialHelperError {
                    #expect([.notOnPath, .cannotStart].contains(error.reason))
                }
            }
        }

        @Test(arguments: ["", "../evil", "a/b", "a b", "a;b", "ä", "a\nb", "$(id)", String(repeating: "a", count: 101)])
        func `a strange name is refused before anything starts`(_ name: String) {
            #expect(throws: CredentialHelperError(helper: name, verb: "get", reason: .invalidName)) {
                try CredentialHelper(name, environment: [:])
            }
        }

        @Test func `store and erase do as get finds afterwards, and no secret is an argument`() async throws {
            try await CredentialPlaces.with { places in
                try places.keeper("keeps")
                let helper = try CredentialHelper("keeps", environment: places.environment)
                try await helper.store(username: "me \"x\"", Secret(canary), for: "registry.lan")
                #expect(try await helper.get("registry.lan") == .password(username: "me \"x\"", Secret(canary)))
                #expect(try places.text("kept-keeps").contains(#""ServerURL": "registry.lan""#))
                #expect(try await helper.erase("registry.lan"))
                #expect(try await helper.get("registry.lan") == nil)
                #expect(try await !helper.erase("registry.lan"))
            }
        }
    }
}
