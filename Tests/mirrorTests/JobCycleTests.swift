// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCITestKit
@testable import Replication
import Testing

@testable import mirror

/// Jobs that copy into each other.
@Suite struct JobCycleTests {
    /// Reads jobs, each of which is a line of a YAML mapping.
    private func read(_ jobs: [String]) throws(ConfigMistakes) -> [String: JobSettings] {
        let text = "version: 1\njobs:\n" + jobs.map { "  \($0)\n" }.joined()
        let configuration = try MirrorConfiguration(parsing: Array(text.utf8), file: "m")
        return Dictionary(configuration.jobs.map { ($0.name, $0) }) { $1 }
    }

    /// The ways of all cycles that are reported.
    private func cycles(_ jobs: [String]) -> [[String]] {
        do throws(ConfigMistakes) {
            _ = try read(jobs)
            return []
        } catch {
            return error.mistakes.map { if case .cycle(let names) = $0.problem { names } else { ["\($0)"] } }
        }
    }

    @Test(arguments: [
        // Whole registries, paths, one repository, one image, references to nothing in between.
        ["there: { from: a.lan/, to: b.lan/ }", "back: { from: b.lan/, to: a.lan/ }"],
        ["there: { from: a.lan/x/**, to: b.lan/y }", "back: { from: b.lan/y/**, to: a.lan/x }"],
        ["there: { from: a.lan/x, to: b.lan/y }", "back: { from: b.lan/y, to: a.lan/x }"],
        ["there: { from: a.lan/x:1, to: b.lan/y }", "back: { from: b.lan/y:1, to: a.lan/x }"],
        // A part of what the other one writes, or the other way round.
        ["there: { from: a.lan/, to: b.lan/m }", "back: { from: b.lan/m/team/**, to: a.lan/team }"],
        ["there: { from: a.lan/x/app, to: b.lan/app }", "back: { from: b.lan/, to: a.lan/x }"],
        [
            "there: { from: a.lan/t, to: b.lan/t, repositories: [one, two] }",
            "back: { from: b.lan/t, to: a.lan/t, repositories: ['*'] }",
        ],
        [
            "there: { from: a.lan/t, to: b.lan/t, repositories: [app-*] }",
            "back: { from: b.lan/t, to: a.lan/t, repositories: [app-1] }",
        ],
        // A new name may be any.
        [
            "there: { from: a.lan/t, to: b.lan/t, repositories: [{name: x, as: y}] }",
            "back: { from: b.lan/t, to: a.lan/t, repositories: [{name: y, as: x}] }",
        ],
        // Docker Hub under its two names; a scheme makes no other place.
        [
            "there: { from: docker.io/acme/**, to: b.lan/ }",
            "back: { from: b.lan/, to: 'https://index.docker.io/acme' }",
        ],
        [
            "there: { from: docker.io/, to: b.lan/, repositories: [nginx] }",
            "back: { from: b.lan/library/nginx, to: docker.io/library/nginx }",
        ],
    ])
    func `two jobs that copy into each other must say how they overwrite`(_ jobs: [String]) throws {
        #expect(cycles(jobs) == [["back", "there"], ["there", "back"]])
        let allowed = jobs.map { $0.replacing(" }", with: ", overwrite: if-unchanged }") }
        #expect(try read(allowed).values.allSatisfy(\.isTwoWay))
        #expect(try read(allowed)["back"]?.overwriteRule == .ifUnchanged(isTwoWay: true))
        let never = jobs.map { $0.replacing(" }", with: ", overwrite: never }") }
        #expect(try read(never).values.allSatisfy { $0.overwriteRule == .never })
    }

    @Test func `three jobs in a ring are one, and each is told the whole way`() throws {
        let ring = [
            "ab: { from: a.lan/, to: b.lan/ }", "bc: { from: b.lan/, to: c.lan/ }", "ca: { from: c.lan/, to: a.lan/ }",
            "out: { from: c.lan/, to: d.lan/ }",
        ]
        #expect(cycles(ring) == [["bc", "ca", "ab"], ["ca", "ab", "bc"], ["ab", "bc", "ca"]])
        let allowed = ring.map { $0.replacing(" }", with: ", overwrite: if-unchanged }") }
        let jobs = try read(allowed)
        #expect(jobs.filter(\.value.isTwoWay).keys.sorted() == ["ab", "bc", "ca"])
        #expect(jobs["out"]?.overwriteRule == .ifUnchanged(isTwoWay: false))
    }

    @Test(arguments: [
        ["ab: { from: a.lan/, to: b.lan/ }", "bc: { from: b.lan/, to: c.lan/ }", "ac: { from: a.lan/, to: c.lan/ }"],
        ["there: { from: a.lan/x/**, to: b.lan/x }", "back: { from: b.lan/y/**, to: a.lan/y }"],
        ["there: { from: a.lan/x/**, to: b.lan/x }", "back: { from: b.lan/xy/**, to: a.lan/x }"],
        [
            "there: { from: a.lan/t, to: b.lan/t, repositories: [one] }",
            "back: { from: b.lan/t, to: a.lan/t, repositories: [two] }",
        ],
        ["there: { from: a.lan/x, to: b.lan/y }", "back: { from: b.lan/y/**, to: a.lan/x }"],
        ["there: { from: a.lan/x/**, to: b.lan/y }", "back: { from: b.lan/y, to: a.lan/x }"],
        ["there: { from: a.lan/, to: b.lan:5000/ }", "back: { from: b.lan/, to: a.lan/ }"],
        ["one: { from: a.lan/, to: a.lan/backup }"],
    ])
    func `jobs that do not meet are none`(_ jobs: [String]) throws {
        #expect(cycles(jobs) == [])
        #expect(try read(jobs).values.allSatisfy { !$0.isTwoWay })
    }

    @Test func `the complaint stands where the rule is written, or at the job`() throws {
        let text = """
            version: 1
            defaults: { overwrite: always }
            jobs:
              there:
                from: a.lan/
                to: b.lan/
                overwrite: always
              back:
                from: b.lan/
                to: a.lan/
            """
        let error = try #require(throws: ConfigMistakes.self) {
            try MirrorConfiguration(parsing: Array(text.utf8), file: "m")
        }
        #expect(
            ConfigWording.lines(for: error).map { $0.prefix { $0 != "(" } } == [
                "m:7:5: jobs.there.overwrite: jobs copy into each other ",
                "m:8:3: jobs.back: jobs copy into each other ",
            ]
        )
        // One of the two that only fills in what is missing undoes nothing, but the other one still would.
        let half = text.replacing("    overwrite: always", with: "    overwrite: never")
        let rest = try #require(throws: ConfigMistakes.self) {
            try MirrorConfiguration(parsing: Array(half.utf8), file: "m")
        }
        #expect(rest.mistakes.map(\.path.description) == ["jobs.back"])
    }

    @Test func `in which order jobs stand makes no difference`() throws {
        let jobs = [
            "ab: { from: a.lan/x, to: b.lan/x, repositories: ['**'] }", "ba: { from: b.lan/, to: a.lan/x }",
            "bc: { from: b.lan/x/**, to: c.lan/ }", "cd: { from: c.lan/, to: d.lan/ }",
            "db: { from: d.lan/q, to: b.lan/x/q }",
            "ee: { from: e.lan/, to: e.lan/backup }",
        ]
        .map { $0.replacing(" }", with: ", overwrite: if-unchanged }") }
        let expected = try read(jobs).filter(\.value.isTwoWay).keys.sorted()
        #expect(expected == ["ab", "ba", "bc", "cd", "db"])
        var random = SeededRandom(seed: 77)
        for _ in 0..<100 {
            let shuffled = jobs.shuffled(using: &random)
            #expect(try read(shuffled).filter(\.value.isTwoWay).keys.sorted() == expected, "seed 77: \(shuffled)")
        }
    }
}
