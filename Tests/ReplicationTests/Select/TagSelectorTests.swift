// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCITestKit
@testable import Replication
import Testing

@Suite struct TagSelectorTests {
    static let companion = "sha256-\(CompanionTagTests.hex).sig"
    static let day: Int64 = 86400
    static let now: Int64 = 1_780_000_000

    /// The tags that are taken, in the order of the listing.
    private func taken(_ rule: TagRule?, _ tags: [String]) throws -> [String] {
        let verdicts = TagSelector(rule).firstPass(try tags.map { try TagName($0) })
        #expect(verdicts.count == tags.count)
        return zip(tags, verdicts).compactMap { $1.isTaken ? $0 : nil }
    }

    private func verdict(_ rule: TagRule?, _ tag: String, beside others: [String] = []) throws -> TagVerdict? {
        TagSelector(rule).firstPass(try ([tag] + others).map { try TagName($0) }).first
    }

    private func facts(_ tag: String, daysAgo: Int64?, _ kind: TagDate.Kind = .pushed) throws -> TagFacts {
        let date = daysAgo.map { TagDate(seconds: Self.now - $0 * Self.day, kind: kind) }
        return TagFacts(tag: try TagName(tag), date: date)
    }

    @Test func `without a rule everything is taken, companions too`() throws {
        let tags = ["latest", "1.0", Self.companion]
        #expect(try taken(nil, tags) == tags)
        #expect(try verdict(nil, Self.companion) == .taken(TakenReason()))
        #expect(!TagSelector(nil).needsDates)
    }

    @Test func `a rule never takes companions, not even by name`() throws {
        #expect(try taken(TagRule(), ["latest", "1.0", Self.companion]) == ["latest", "1.0"])
        for pattern in ["*", Self.companion, "/.*/"] {
            let rule = TagRule(include: [try TagPattern(pattern)])
            #expect(try verdict(rule, Self.companion) == .dropped(.companion))
        }
    }

    @Test func `include takes what one pattern covers, and exclude wins`() throws {
        let rule = try TagRule(include: ["1.*", "latest"].patterns, exclude: ["*-perl", "/.*-slim/"].patterns)
        #expect(
            try taken(rule, ["1.27", "1.27-perl", "latest", "2.0", "1.27-slim", "1.27-slim2"])
                == ["1.27", "latest", "1.27-slim2"]
        )
        #expect(try verdict(rule, "1.27") == .taken(TakenReason(pattern: try TagPattern("1.*"))))
        #expect(try verdict(rule, "2.0-perl") == .dropped(.notIncluded))
        #expect(try verdict(rule, "1.27-perl") == .dropped(.excluded(by: try TagPattern("*-perl"))))
    }

    @Test func `a range leaves out other versions, prereleases and what is no version`() throws {
        let range = try VersionRange(">=1.24 <2")
        let rule = TagRule(versions: range)
        #expect(try taken(rule, ["1.24", "1.23", "v1.25-alpine", "latest", "1.26-rc1"]) == ["1.24", "v1.25-alpine"])
        let old = VersionNumber(numbers: [1, 23])
        let candidate = VersionNumber(numbers: [1, 26], prerelease: [.word("rc"), .number(1)])
        #expect(try verdict(rule, "1.24") == .taken(TakenReason(versions: range)))
        #expect(try verdict(rule, "1.23-slim") == .dropped(.outOfRange(old, range)))
        #expect(try verdict(rule, "1.26-rc1") == .dropped(.prerelease(candidate, range)))
        #expect(
            try verdict(rule, "3-rc1")
                == .dropped(.outOfRange(.init(numbers: [3], prerelease: candidate.prerelease), range))
        )
        #expect(try verdict(rule, "latest") == .dropped(.noVersion))
    }

    @Test func `the newest versions are counted within each variant`() throws {
        let rule = TagRule(newest: .init(count: 2, by: .version))
        let tags = ["1.9", "1.10", "1.11", "1.9-alpine", "1.10-alpine", "1.8-slim", "latest"]
        #expect(try taken(rule, tags) == ["1.10", "1.11", "1.9-alpine", "1.10-alpine", "1.8-slim"])
        #expect(
            try verdict(rule, "1.8-alpine", beside: tags)
                == .dropped(.notNewest(NewestPlace(place: 3, count: 2, order: .version, variant: "alpine")))
        )
        #expect(
            try verdict(rule, "1.11", beside: tags)
                == .taken(TakenReason(place: NewestPlace(place: 1, count: 2, order: .version, variant: nil)))
        )
        #expect(try verdict(rule, "latest", beside: tags) == .dropped(.noVersion))
    }

    @Test func `spellings of one version count as one and stay together`() throws {
        let rule = TagRule(newest: .init(count: 2, by: .version))
        #expect(
            try taken(rule, ["v1.2", "1.1", "1.2", "1.0", "1.2.0", "v1.1.0", "0.9"])
                == ["v1.2", "1.1", "1.2", "1.2.0", "v1.1.0"]
        )
    }

    @Test func `only what the rest of the rule takes is counted`() throws {
        let rule = TagRule(
            exclude: try ["3.*"].patterns,
            versions: try VersionRange("<4"),
            newest: .init(count: 1, by: .version)
        )
        #expect(try taken(rule, ["4.0", "3.0", "2.1-rc1", "2.0", "1.0"]) == ["2.0"])
        #expect(try taken(TagRule(newest: .init(count: 0, by: .version)), ["1.0"]) == [])
        #expect(try taken(TagRule(newest: .init(count: -1, by: .version)), ["1.0"]) == [])
    }

    @Test func `a window takes what is not too old, and says which date it went by`() throws {
        let rule = TagRule(pushedWithin: 90 * Self.day)
        let selector = TagSelector(rule)
        #expect(selector.needsDates)
        let facts = try [
            facts("new", daysAgo: 1), facts("edge", daysAgo: 90), facts("old", daysAgo: 91),
            facts("made", daysAgo: 100, .created), facts("unknown", daysAgo: nil), facts("future", daysAgo: -5),
        ]
        let since = Self.now - 90 * Self.day
        #expect(
            selector.select(facts, now: Self.now) == [
                .taken(TakenReason(date: facts[0].date)),
                .taken(TakenReason(date: facts[1].date)),
                .dropped(.tooOld(TagDate(seconds: since - Self.day, kind: .pushed), since: since)),
                .dropped(.tooOld(TagDate(seconds: Self.now - 100 * Self.day, kind: .created), since: since)),
                .dropped(.noDate),
                .taken(TakenReason(date: facts[5].date)),
            ]
        )
    }

    @Test func `a window beyond all numbers holds everything`() throws {
        let facts = [TagFacts(tag: try TagName("a"), date: TagDate(seconds: .min, kind: .pushed))]
        #expect(TagSelector(TagRule(pushedWithin: .max)).select(facts, now: .min).allSatisfy { $0.isTaken })
        #expect(!TagSelector(TagRule(pushedWithin: .min)).select(facts, now: .max).allSatisfy { $0.isTaken })
    }

    @Test func `the newest by date are counted among all, and by name where dates are equal`() throws {
        let rule = TagRule(newest: .init(count: 2, by: .date))
        let selector = TagSelector(rule)
        #expect(selector.needsDates)
        let facts = try [
            facts("c", daysAgo: 2), facts("b", daysAgo: 2, .created), facts("z-alpine", daysAgo: 1),
            facts("unknown", daysAgo: nil), facts("old", daysAgo: 3),
        ]
        func place(_ place: Int) -> NewestPlace { NewestPlace(place: place, count: 2, order: .date, variant: nil) }
        #expect(
            selector.select(facts, now: Self.now) == [
                .dropped(.notNewest(place(3))),
                .taken(TakenReason(date: facts[1].date, place: place(2))),
                .taken(TakenReason(date: facts[2].date, place: place(1))),
                .dropped(.noDate),
                .dropped(.notNewest(place(4))),
            ]
        )
    }

    @Test func `the push counts where it is known, or else the making`() {
        #expect(TagDate.preferred(pushed: 2, created: 1) == TagDate(seconds: 2, kind: .pushed))
        #expect(TagDate.preferred(pushed: nil, created: 1) == TagDate(seconds: 1, kind: .created))
        #expect(TagDate.preferred(pushed: nil, created: nil) == nil)
    }

    @Test func `only tags that dates can decide are undecided at first`() throws {
        let rule = TagRule(
            exclude: try ["*-perl"].patterns,
            versions: try VersionRange("1.x"),
            pushedWithin: 1,
            newest: .init(count: 1, by: .version)
        )
        let tags = try ["1.0", "1.0-perl", "2.0", "latest", Self.companion].map { try TagName($0) }
        let verdicts = TagSelector(rule).firstPass(tags)
        #expect(verdicts[0] == .undecided)
        #expect(verdicts[1...].allSatisfy { $0 != .undecided })
    }

    @Test func `an empty listing has no verdicts`() {
        #expect(TagSelector(nil).firstPass([]) == [])
        #expect(TagSelector(TagRule(newest: .init(count: 1, by: .date))).select([], now: 0) == [])
    }
}

/// What has to hold for any rule and any listing.
@Suite struct TagSelectorPropertyTests {
    static let patterns = [
        "*", "1.*", "*-alpine", "latest", "1.2?", "v*", "/v?[0-9.]+/", "/.*rc.*/", "1.27", "*-perl", "/[a-z]+/", "2*",
    ]
    static let ranges = ["*", ">=1.24", "^1.2", "~1.27", "1.x || 2.0-rc1", "<1.25"]
    static let tags = [
        "latest", "1.27", "1.27.0", "v1.27", "1.26", "1.25-alpine", "1.26-alpine", "1.27-perl", "2.0-rc1", "2.0",
        "main",
        "1.24-rc1-alpine", "stable", "0.9", "1", "20240612", "abcdef0", TagSelectorTests.companion, "v1.2.3", "3-slim",
    ]

    private func rule(_ random: inout SeededRandom) throws -> TagRule {
        func some(_ random: inout SeededRandom) throws -> [TagPattern] {
            let count = random.next(in: 0...4)
            return try (0..<count)
                .map { _ in try TagPattern(Self.patterns[random.next(in: 0...(Self.patterns.count - 1))]) }
        }
        let range = random.next(in: 0...(Self.ranges.count * 2))
        let newest = random.next(in: 0...5)
        return TagRule(
            include: try some(&random),
            exclude: try random.next(in: 0...2) == 0 ? some(&random) : [],
            versions: try range < Self.ranges.count ? VersionRange(Self.ranges[range]) : nil,
            pushedWithin: random.next(in: 0...2) == 0 ? Int64(random.next(in: 0...1000)) : nil,
            newest: newest < 4 ? .init(count: newest, by: random.next(in: 0...1) == 0 ? .version : .date) : nil
        )
    }

    private func facts(_ random: inout SeededRandom) throws -> [TagFacts] {
        try Self.tags.map { text in
            let kind: TagDate.Kind = random.next(in: 0...1) == 0 ? .pushed : .created
            let date =
                random.next(in: 0...4) == 0 ? nil : TagDate(seconds: Int64(random.next(in: 0...1000)), kind: kind)
            return TagFacts(tag: try TagName(text), date: date)
        }
    }

    @Test(arguments: UInt64(1)...300)
    func `the order of patterns and of tags makes no difference to any verdict`(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let rule = try rule(&random)
        let facts = try facts(&random)
        let expected = Dictionary(
            uniqueKeysWithValues: zip(facts, TagSelector(rule).select(facts, now: 1000))
        )
        let shuffled = TagRule(
            include: (rule.include + rule.include.prefix(1)).shuffled(using: &random),
            exclude: rule.exclude.shuffled(using: &random),
            versions: rule.versions,
            pushedWithin: rule.pushedWithin,
            newest: rule.newest
        )
        let others = facts.shuffled(using: &random)
        for (entry, verdict) in zip(others, TagSelector(shuffled).select(others, now: 1000)) {
            #expect(verdict == expected[entry], "seed \(seed), \(entry.tag)")
        }
    }

    @Test(arguments: UInt64(1)...300)
    func `nothing is undecided in the end, and the first pass said nothing wrong`(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let rule = try rule(&random)
        let facts = try facts(&random)
        let selector = TagSelector(rule)
        let first = selector.firstPass(facts.map(\.tag))
        let final = selector.select(facts, now: 1000)
        #expect(!final.contains(.undecided), "seed \(seed)")
        for (early, late) in zip(first, final) where early != .undecided {
            #expect(early == late, "seed \(seed)")
        }
        #expect(selector.needsDates || !first.contains(.undecided))
    }
}

extension [String] {
    /// The texts as patterns of tags.
    var patterns: [TagPattern] {
        get throws { try map { try TagPattern($0) } }
    }
}
