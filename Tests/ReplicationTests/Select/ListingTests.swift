// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication
import Testing

@Suite struct ListingTests {
    /// All styles as one repository.
    static let everything = Listing.allCases.flatMap(\.tags)

    private func taken(_ rule: TagRule, _ tags: [MadeTag]) throws -> [String] {
        let verdicts = TagSelector(rule).firstPass(try tags.map { try TagName($0.text) })
        #expect(verdicts.count == tags.count)
        return zip(tags, verdicts).compactMap { $1.isTaken ? $0.text : nil }
    }

    /// What the newest of some versions are, told from the parts that the tags were made of.
    private func newest(
        _ count: Int,
        of tags: [MadeTag],
        withPrereleases: Bool = false,
        where isMeant: ([Int]) -> Bool = { _ in true }
    ) -> Set<String> {
        let versions = tags.filter { tag in
            tag.numbers.map(isMeant) ?? false && (withPrereleases || !tag.isPrerelease)
        }
        var taken: Set<String> = []
        for variant in Dictionary(grouping: versions, by: \.variant).values {
            let kept = Set(variant.compactMap { $0.numbers.map(Self.padded) })
                .sorted { $1.lexicographicallyPrecedes($0) }.prefix(count)
            taken.formUnion(variant.filter { $0.numbers.map { kept.contains(Self.padded($0)) } ?? false }.map(\.text))
        }
        return taken
    }

    private static func padded(_ numbers: [Int]) -> [Int] { numbers + Array(repeating: 0, count: 4 - numbers.count) }

    @Test func `the listing has the size of a large repository, and no tag twice`() {
        #expect(Self.everything.count >= 40_000)
        #expect(Set(Self.everything.map(\.text)).count > 39_000)
        for listing in Listing.allCases {
            let tags = listing.tags.map(\.text)
            #expect(Set(tags).count == tags.count, "\(listing)")
        }
    }

    @Test(arguments: Listing.allCases)
    func `what is made as a version reads as one, and nothing else does`(_ listing: Listing) throws {
        for tag in listing.tags {
            let version = TagVersion(try TagName(tag.text))
            #expect((version != nil) == (tag.numbers != nil), "\(tag.text)")
            guard let version, let numbers = tag.numbers else { continue }
            #expect(version.number.numbers == VersionNumber(numbers: numbers.map(UInt64.init)).numbers)
            #expect(version.variant ?? "" == tag.variant.drop { $0 == "-" }, "\(tag.text)")
            #expect(version.number.isPrerelease == tag.isPrerelease, "\(tag.text)")
        }
    }

    @Test(arguments: Listing.allCases)
    func `the newest releases of each style are the highest of what it was made of`(_ listing: Listing) throws {
        let tags = listing.tags
        let everyRelease = TagRule(versions: try VersionRange("*"), newest: .init(count: 3, by: .version))
        #expect(try Set(taken(everyRelease, tags)) == newest(3, of: tags))
        let range = TagRule(versions: try VersionRange(">=3.10 <21"), newest: .init(count: 5, by: .version))
        let expected = newest(5, of: tags) { numbers in
            !numbers.lexicographicallyPrecedes([3, 10]) && numbers.lexicographicallyPrecedes([21])
        }
        #expect(try Set(taken(range, tags)) == expected)
    }

    @Test func `companions are left out of a large listing, and everything else is taken by an empty rule`() throws {
        let companions = Listing.companions.tags.count
        #expect(try taken(TagRule(), Self.everything).count == Self.everything.count - companions)
        let branches = TagRule(include: try ["main-*"].patterns, exclude: try ["main-ubuntu"].patterns)
        #expect(try taken(branches, Self.everything).count == 12 * 28 * 15)
        let commits = TagRule(include: try ["/[0-9a-f]{40}/"].patterns)
        #expect(try taken(commits, Self.everything).count == 9_000)
    }

    @Test func `every tag of a large listing has one verdict, in its place`() throws {
        let facts = try Self.everything.enumerated()
            .map { index, tag in
                let date = TagDate(seconds: Int64(index), kind: .created)
                return TagFacts(tag: try TagName(tag.text), date: date)
            }
        let rule = TagRule(pushedWithin: 10_000, newest: .init(count: 100, by: .date))
        // The companions came last, so the newest others are right before them.
        let companions = Listing.companions.tags.count
        let verdicts = TagSelector(rule).select(facts, now: Int64(facts.count))
        let end = facts.count - companions
        #expect(verdicts.indices.filter { verdicts[$0].isTaken } == Array((end - 100)..<end))
        #expect(verdicts[end...].allSatisfy { $0 == .dropped(.companion) })
    }

    struct Snapshot: Sendable, CustomTestStringConvertible {
        let listing: Listing
        var include: [String] = []
        var exclude: [String] = []
        var range: String?
        var newest: Int?
        let taken: String

        var testDescription: String { listing.rawValue }
    }

    static let snapshots = [
        Snapshot(
            listing: .nginx,
            include: ["1.*"],
            exclude: ["*-perl", "*-slim"],
            range: ">=1.24 <1.29",
            newest: 2,
            taken: """
                1.28.8 1.28.8-alpine 1.28.8-bookworm 1.28.9 1.28.9-alpine 1.28.9-bookworm
                """
        ),
        Snapshot(
            listing: .postgres,
            exclude: ["*-alpine3.*"],
            newest: 1,
            taken: "18rc1 18rc1-alpine 18rc1-bookworm"
        ),
        Snapshot(
            listing: .postgres,
            exclude: ["*-alpine3.*"],
            range: "*",
            newest: 1,
            taken: "17.24 17.24-alpine 17.24-bookworm"
        ),
        Snapshot(
            listing: .python,
            exclude: ["*-windows*"],
            range: "3.x || >=3.14.0-b1",
            newest: 1,
            taken: "3.13.19-alpine3.20 3.13.19-slim-bookworm 3.14.0b4 3.14.0b4-slim"
        ),
        Snapshot(
            listing: .node,
            include: ["20.19.?-alpine", "lts*"],
            taken: "20.19.0-alpine 20.19.1-alpine 20.19.2-alpine 20.19.3-alpine lts lts-alpine"
        ),
        Snapshot(
            listing: .node,
            include: ["*-alpine"],
            range: "^20 || ^22",
            newest: 3,
            taken: "22.19.1-alpine 22.19.2-alpine 22.19.3-alpine"
        ),
        Snapshot(listing: .golang, include: ["/1\\.2[23](rc\\d)?(\\.1)?/"], taken: "1.22.1 1.23rc1 1.23rc2"),
        Snapshot(listing: .alpine, range: "3.20 - 3.99", newest: 3, taken: "3.20.7 3.20.8 3.20.9"),
        Snapshot(listing: .alpine, newest: 1, taken: "20240807"),
        Snapshot(listing: .alpine, range: "~3.18.8", taken: "3.18.8 3.18.9"),
        Snapshot(listing: .ubuntu, range: ">=20.04", newest: 3, taken: "23.10 24.04 24.10"),
        Snapshot(
            listing: .ubuntu,
            include: ["/(jammy|noble)-2024050[12]/"],
            taken: "jammy-20240501 jammy-20240502 noble-20240501 noble-20240502"
        ),
        Snapshot(listing: .grafana, newest: 1, taken: "12.0.0-beta2 12.0.0-beta2-ubuntu"),
        Snapshot(listing: .grafana, range: "^11", newest: 1, taken: "11.5.9 11.5.9-ubuntu"),
        Snapshot(listing: .keycloak, range: "26", newest: 1, taken: "26.0.8 26.0.8-0 26.0.8-1"),
        Snapshot(listing: .keycloak, range: "25.0.0", taken: "25.0 25.0.0 25.0.0-0 25.0.0-1"),
        Snapshot(listing: .calendar, range: ">=2024.10", newest: 2, taken: "2024.12.5 2024.12.6"),
        Snapshot(listing: .calendar, range: ">=2024.12.0-b1 <2024.12.1", taken: "2024.12.0 2024.12.0b1 2024.12.0b2"),
        Snapshot(
            listing: .semver,
            range: ">=2.19.0-rc.1 <2.19.2",
            taken: "v2.19.0 v2.19.0-debug v2.19.0-rc.1 v2.19.0-rc.1-debug v2.19.0-rc.2 v2.19.0-rc.2-debug "
                + "v2.19.1 v2.19.1-debug"
        ),
        Snapshot(listing: .semver, range: "^1", newest: 1, taken: "v1.19.9 v1.19.9-debug"),
        Snapshot(listing: .commits, newest: 1, taken: ""),
        Snapshot(listing: .branches, exclude: ["main-*"], taken: "develop feature-login main"),
        Snapshot(listing: .companions, include: ["*"], taken: ""),
    ]

    @Test(arguments: snapshots)
    func `the selection of each style is as it was`(_ snapshot: Snapshot) throws {
        let rule = TagRule(
            include: try snapshot.include.patterns,
            exclude: try snapshot.exclude.patterns,
            versions: try snapshot.range.map { try VersionRange($0) },
            newest: snapshot.newest.map { .init(count: $0, by: .version) }
        )
        #expect(try taken(rule, snapshot.listing.tags).sorted().joined(separator: " ") == snapshot.taken)
    }
}
