// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCITestKit
import Replication
import Testing

@Suite struct RepositoryRulesTests {
    private func rules(_ patterns: [String], excluding exclusions: [String] = []) throws -> RepositoryRules {
        RepositoryRules(
            rules: try patterns.map { RepositoryRule(pattern: try RepositoryPattern($0)) },
            exclusions: try exclusions.map { try RepositoryPattern($0) }
        )
    }

    @Test(arguments: [
        ("nginx", 1), ("alpine", 2), ("team/a", 0), ("team/a/b", 3), ("other/x", 3),
    ])
    func `a name wins over wildcards, and then the first rule wins`(_ name: String, _ index: Int) throws {
        let rules = try rules(["team/*", "nginx", "alpine", "**", "nginx", "team/**"])
        #expect(rules.verdict(for: try RepositoryName(name)) == .taken(ruleIndex: index))
    }

    @Test func `an exclusion wins over everything`() throws {
        let rules = try rules(["team/scratch/a", "team/**"], excluding: ["x/**", "team/scratch/**"])
        let exclusion = try RepositoryPattern("team/scratch/**")
        #expect(rules.verdict(for: try RepositoryName("team/scratch/a")) == .excluded(by: exclusion))
        #expect(rules.verdict(for: try RepositoryName("team/scratch/b")) == .excluded(by: exclusion))
        #expect(rules.verdict(for: try RepositoryName("team/scratch")) == .taken(ruleIndex: 1))
        #expect(rules.verdict(for: try RepositoryName("other")) == .unmatched)
    }

    @Test func `nothing is taken without rules`() throws {
        let rules = try rules([])
        #expect(rules.verdict(for: try RepositoryName("a")) == .unmatched)
        #expect(rules.literals == [])
        #expect(!rules.needsCatalog)
    }

    @Test func `names are known without a catalog`() throws {
        let named = try rules(["b", "a", "b", "x/y"], excluding: ["x/*"])
        #expect(named.literals.map(\.text) == ["b", "a"])
        #expect(!named.needsCatalog)
        let wild = try rules(["b", "x/*"])
        #expect(wild.literals.map(\.text) == ["b"])
        #expect(wild.needsCatalog)
    }

    @Test(arguments: UInt64(1)...20)
    func `where names stand among wildcards makes no difference to what is taken`(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var patterns = ["a", "a/b", "a/c", "b", "a/**"]
        var exclusions = ["a/c", "**/x", "c/**"]
        let names = try ["a", "a/b", "a/c", "a/d", "a/x", "b", "c", "c/a", "x", "a/b/x"].map { try RepositoryName($0) }
        let before = try rules(patterns, excluding: exclusions)
        let expected = names.map { pattern(of: before.verdict(for: $0), before) }
        patterns.shuffle(using: &random)
        exclusions.shuffle(using: &random)
        let after = try rules(patterns, excluding: exclusions)
        #expect(names.map { pattern(of: after.verdict(for: $0), after) } == expected)
    }

    /// The pattern that takes a repository; `!` where it is excluded.
    private func pattern(of verdict: RepositoryVerdict, _ rules: RepositoryRules) -> String? {
        switch verdict {
        case .taken(let index): rules.rules[index].pattern.text
        case .excluded: "!"
        case .unmatched: nil
        }
    }
}
