// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIRegistry
import OCITestKit
import Synchronization
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct FailureTests {
        @Test func `one bad image is named, makes the exit status 1, and stops no other`() async throws {
            try await withDockerRegistry { source in
                try await withDockerRegistry { destination in
                    try await fill(source, with: Workload.small())
                    let bad = try await BuiltImage.random(seed: 99)
                    let name = try RepositoryName("bad/app")
                    try await withEndpoint(of: source) { try await bad.write(to: $0[name], as: .latest) }
                    let layer = bad.blobs[2].descriptor.digest
                    try source.lose(layer, of: name)
                    // Without its cached descriptors the registry notices.
                    try await source.restart()
                    let result = try await Program.run("copy", "\(source.host)/", "\(destination.host)/")
                    #expect(result.ending == .exited(1))
                    #expect(result.errorText.contains("bad/app:latest"), "\(result.errorText)")
                    #expect(result.errorText.contains("\(layer)"))
                    #expect(result.outputText.contains("6 published, 0 equal, 1 failed"), "\(result.outputText)")
                    #expect(try await allTags(of: destination).count == 6)
                    try await expectWholeImages(destination)
                }
            }
        }

        @Test func `a repository that was named and has nothing is a failure, one of a catalog is not`() async throws {
            try await withDockerRegistry { source in
                try await withDockerRegistry { destination in
                    let named = try await Program.run(
                        "copy",
                        "--all-tags",
                        "\(source.host)/no/such",
                        "\(destination.host)/x"
                    )
                    #expect(named.ending == .exited(1))
                    #expect(named.errorText.contains("no/such: the repository has no tags"), "\(named.errorText)")
                    let whole = try await Program.run("copy", "\(source.host)/", "\(destination.host)/")
                    #expect(whole.ending == .exited(0), "\(whole.errorText)")
                }
            }
        }

        @Test func `a side that cannot be reached makes the exit status 69, and its host is named`() async throws {
            try await withDockerRegistry { registry in
                try await fill(registry, with: Workload.small(repositories: 1, tags: 1))
                for (source, destination) in [
                    ("127.0.0.1:1/", "\(registry.host)/"), ("\(registry.host)/", "127.0.0.1:1/"),
                ] {
                    let result = try await Program.run("copy", source, destination)
                    #expect(result.ending == .exited(69))
                    #expect(result.errorText.contains("127.0.0.1:1"), "\(result.errorText)")
                    #expect(result.errorText.contains("the connection was refused"), "\(result.errorText)")
                }
            }
        }

        @Test func `S14: HTTPS against a host that answers plain HTTP says what to write, and never falls back`()
            async throws
        {
            try await withDockerRegistry { registry in
                let result = try await Program.run("copy", "https://\(registry.host)/", "127.0.0.1:1/")
                #expect(result.ending == .exited(69))
                #expect(result.errorText.contains("answers plain HTTP where HTTPS was expected"))
                #expect(result.errorText.contains("hint: write http://\(registry.host)/"), "\(result.errorText)")
                // A host that only hangs up is not asked in plain HTTP either.
                try await withCountingProxy(port: registry.port) { proxy in
                    let result = try await Program.run("copy", "https://\(proxy.host)/", "127.0.0.1:1/")
                    #expect(result.ending == .exited(69))
                    #expect(result.errorText.contains("hint: "), "\(result.errorText)")
                    #expect(proxy.tally.total == 0)
                }
            }
        }

        @Test func `a registry without a catalog is told from a broken one, with what to name instead`() async throws {
            try await withScriptedPeer { _ in
                .error(404, "UNSUPPORTED")
            } _: { peer in
                let result = try await Program.run("copy", "\(peer.host)/", "127.0.0.1:1/")
                #expect(result.ending == .exited(69))
                #expect(result.errorText.contains("\(peer.host) does not list its repositories"))
                #expect(result.errorText.contains("--all-tags"), "\(result.errorText)")
            }
        }

        @Test(arguments: [
            ["copy", "a/*/b", "b/"], ["copy", "localhost:5000", "b/"], ["copy", "localhost:1/a:b", "localhost:2/"],
            ["copy", "--all-tags", "localhost:1/a:b", "localhost:2/c"], ["copy", "nginx"], ["copy", "--nonsense"],
            ["copy", "--quiet", "--verbose", "localhost:1/", "localhost:2/"], ["nonsense"],
        ])
        func `a wrong command line makes the exit status 64`(_ words: [String]) async throws {
            let result = try await Program.start(words).wait()
            #expect(result.ending == .exited(64), "\(result.errorText)")
            #expect(!result.errorText.isEmpty)
        }

        @Test func `answers of 503 and 429 are waited out, and the copy succeeds`() async throws {
            try await withDockerRegistry { source in
                try await withDockerRegistry { destination in
                    try await fill(source, with: Workload.small())
                    let refusals = Mutex(0)
                    let rule: CountingProxy.Rule = { request in
                        let count = refusals.withLock { count in
                            count += 1
                            return count
                        }
                        // Of all kinds of requests a few are refused, never for ever.
                        guard count % 7 == 3, count < 60 else { return .pass }
                        return .reply(count % 2 == 0 ? 503 : 429, headers: [("Retry-After", "0")])
                    }
                    try await withCountingProxy(port: source.port, onRequest: rule) { front in
                        try await withCountingProxy(port: destination.port, onRequest: rule) { back in
                            let result = try await Program.run("copy", "\(front.host)/", "\(back.host)/")
                            #expect(result.ending == .exited(0), "\(result.errorText)")
                            #expect((front.tally.statuses[503] ?? 0) + (back.tally.statuses[503] ?? 0) > 0)
                        }
                    }
                    #expect(try await allTags(of: source) == allTags(of: destination))
                }
            }
        }

        @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
        func `a signal ends the run in order, with a report and nothing half published`(
            _ signal: Int32,
            _ status: Int32
        ) async throws {
            try await withDockerRegistry { source in
                try await withDockerRegistry { destination in
                    try await fill(source, with: Workload.small(repositories: 10, tags: 10, layerBytes: 64 << 10))
                    try await withCountingProxy(port: destination.port) { back in
                        let program = try await Program.start(["copy", "\(source.host)/", "\(back.host)/"])
                        while program.isRunning, back.tally.uploads.count < 30 {
                            try await Task.sleep(for: .milliseconds(5))
                        }
                        program.send(signal)
                        let result = await program.wait()
                        #expect(result.ending == .exited(status), "\(result.errorText)")
                        #expect(result.outputText.contains("interrupted: "), "\(result.outputText)")
                        #expect(result.outputText.contains("run the same command again to go on"))
                    }
                    try await expectWholeImages(destination)
                    let rerun = try await Program.run("copy", "\(source.host)/", "\(destination.host)/")
                    #expect(rerun.ending == .exited(0), "\(rerun.errorText)")
                    #expect(try await allTags(of: source) == allTags(of: destination))
                }
            }
        }

        @Test func `a second signal ends the program at once, even where nothing answers`() async throws {
            try await withScriptedPeer { _ in
                PeerReply().failing(.hang(afterBodyBytes: nil))
            } _: { peer in
                let program = try await Program.start(["copy", "\(peer.host)/", "127.0.0.1:1/"])
                while peer.requests.isEmpty, program.isRunning { try await Task.sleep(for: .milliseconds(5)) }
                program.send(SIGTERM)
                program.send(SIGINT)
                let result = await program.wait()
                #expect(result.ending == .exited(143) || result.ending == .exited(130), "\(result.ending)")
            }
        }
    }
}
