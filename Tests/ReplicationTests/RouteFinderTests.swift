// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
@testable import Replication
import Testing

/// Which repositories a selection means, what they are called, and what it costs to find them.
@Suite struct RouteFinderTests {
    /// What was found, as texts.
    private struct Found {
        /// `source > destination`, and what is wanted of it where that is not all tags.
        var routes: [String] = []
        var leftOut: [String] = []
        var failed: [String: any Error] = [:]
    }

    private let watch = Watch()

    private func source(_ names: [String]) throws -> WatchedSource {
        let place = MemoryEndpoint(name: "from.lan")
        for name in names { place[try RepositoryName(name)].add([1]) }
        return WatchedSource(base: place, watch: watch)
    }

    private func find(
        _ selection: Selection,
        in catalog: [String] = [],
        below base: String? = nil,
        to place: String = "to.lan/"
    ) async throws -> Found {
        let found = Shared(Found())
        let finder = RouteFinder(
            source: try source(catalog),
            selection: selection,
            mapping: try mapping(below: base, to: place),
            contact: SideContact(),
            leftOut: { name, verdict in found.change { $0.leftOut.append("\(name) \(verdict)") } },
            failed: { name, error in found.change { $0.failed[name.text] = error } }
        )
        let requests = try await finder.routes().all()
        return found.change { found in
            found.routes = requests.map(Self.text)
            return found
        }
    }

    private func find(
        _ texts: [String],
        in catalog: [String],
        below base: String? = nil,
        to place: String = "to.lan/"
    ) async throws -> Found {
        let selection = Selection.rules(.init(try rules(texts), below: try base.map { try RepositoryName($0) }, now: 0))
        return try await find(selection, in: catalog, below: base, to: place)
    }

    private static func text(_ request: RouteRequest) -> String {
        let wanted =
            switch request.images {
            case .tags(nil): ""
            case .tags: " by rule"
            case .named(let images):
                " \(images.map { "\($0.writtenTag.map { ":\($0)" } ?? "")\($0.target)" }.joined(separator: " "))"
            case .pinned(let images): " \(images.count) pinned"
            }
        return "\(request.route.source) > \(request.route.destination)\(wanted)\(request.isNamed ? "" : " ?")"
    }

    @Test func `repositories that are named cost no request`() async throws {
        let found = try await find(["b", "a/x", "!c"], in: ["a/x", "b", "c"])
        #expect(found.routes == ["b > b", "a/x > a/x"])
        #expect(watch.operations.isEmpty)
    }

    @Test func `patterns are looked for in the catalog, once, after what is named`() async throws {
        let found = try await find(
            ["team/*", "solo", "x/**"],
            in: ["solo", "team", "team/a", "team/b/c", "x/y/z"]
        )
        #expect(found.routes == ["solo > solo", "team/a > team/a ?", "x/y/z > x/y/z ?"])
        #expect(found.leftOut == ["team unmatched", "team/b/c unmatched"])
        #expect(watch.operations == [.catalog])
    }

    @Test func `a repository that is named is taken by its own rule, and once`() async throws {
        let found = try await find(["**", "a -> b/{name}"], in: ["a", "c"])
        #expect(found.routes == ["a > b/a", "c > c ?"])
    }

    @Test func `exclusions win wherever they stand`() async throws {
        let found = try await find(
            ["!team/x/**", "team/**", "!**/secret"],
            in: ["team/a", "team/x/b", "team/y/secret"]
        )
        #expect(found.routes == ["team/a > team/a ?"])
        #expect(found.leftOut.count == 2)
        #expect(found.leftOut.allSatisfy { $0.contains("excluded") })
    }

    @Test func `rules speak of what lies below the path of the source`() async throws {
        let found = try await find(
            ["*", "deep/er"],
            in: ["a", "lib", "lib/a", "lib/b", "lib/deep/er", "library/a"],
            below: "lib",
            to: "to.lan/hub"
        )
        #expect(found.routes == ["lib/deep/er > hub/deep/er", "lib/a > hub/a ?", "lib/b > hub/b ?"])
        // Nobody asked for what lies elsewhere.
        #expect(found.leftOut.isEmpty)
    }

    @Test(arguments: [
        ("{path}", "hub/team/web/app"), ("{name}", "hub/app"), ("{parent}/x-{name}", "hub/team/web/x-app"),
        ("fixed/name", "hub/fixed/name"),
    ])
    func `a template says what a repository is called below the destination`(_ template: String, name: String)
        async throws
    {
        let found = try await find(["team/web/app -> \(template)"], in: [], below: "lib", to: "to.lan/hub")
        #expect(found.routes == ["lib/team/web/app > \(name)"])
    }

    @Test(arguments: [
        // Two that are renamed; one that is renamed and one that is named so; one of the catalog, before and after.
        (["a/x -> {name}", "b/x -> {name}"], [], ["lib/a/x > hub/x"], "lib/b/x", "lib/a/x"),
        (["a/x -> {name}", "x"], [], ["lib/a/x > hub/x"], "lib/x", "lib/a/x"),
        (["x", "a/x -> {name}"], [], ["lib/x > hub/x"], "lib/a/x", "lib/x"),
        (["a/x -> z", "**"], ["lib/y", "lib/z"], ["lib/a/x > hub/z", "lib/y > hub/y ?"], "lib/z", "lib/a/x"),
        (["*/* -> {name}"], ["lib/a/x", "lib/b/x"], ["lib/a/x > hub/x ?"], "lib/b/x", "lib/a/x"),
        (["*/* -> {name}", "*"], ["lib/a/x", "lib/x"], ["lib/a/x > hub/x ?"], "lib/x", "lib/a/x"),
    ])
    func `two repositories never become one`(
        _ texts: [String],
        _ catalog: [String],
        _ routes: [String],
        _ failed: String,
        _ other: String
    ) async throws {
        let found = try await find(texts, in: catalog, below: "lib", to: "to.lan/hub")
        #expect(found.routes == routes)
        #expect(found.failed.keys.sorted() == [failed])
        let error = try #require(found.failed[failed] as? NameTaken)
        #expect(error.other.text == other)
        let taken = routes.first { $0.hasPrefix("\(other) >") }?.split(separator: " ")[2]
        #expect(error.destination.text == taken.map(String.init))
    }

    @Test func `names that nothing renames cannot meet, and need not be remembered`() async throws {
        let catalog = (0..<300).map { "team/app-\($0)" }
        let found = try await find(["**"], in: catalog)
        #expect(found.routes.count == 300)
        #expect(found.failed.isEmpty)
    }

    @Test func `a name that cannot be made is told, and the others go on`() async throws {
        let long = String(repeating: "a", count: 250)
        let found = try await find(
            ["solo -> {parent}", "b", "\(long) -> {name}-and-more", "c/d"],
            in: [],
            below: "lib"
        )
        #expect(found.routes == ["lib/b > b", "lib/c/d > c/d"])
        let name = try RepositoryName("solo")
        #expect((found.failed["lib/solo"] as? TemplateError)?.reason == .noParent(name))
        #expect((found.failed["lib/\(long)"] as? NameError)?.reason == .tooLong(255))
        #expect(found.failed.count == 2)
    }

    @Test func `digests are all that is wanted, unless a rule for tags stands beside them`() async throws {
        let digest = BuiltBlob([1]).descriptor.digest
        let list = RepositoryRules(rules: [
            RepositoryRule(pattern: try RepositoryPattern("a"), digests: [digest]),
            RepositoryRule(pattern: try RepositoryPattern("b"), tags: TagRule(), digests: [digest]),
            RepositoryRule(pattern: try RepositoryPattern("c"), tags: TagRule()),
        ])
        let found = try await find(.rules(.init(list, below: nil, now: 0)))
        #expect(found.routes == ["a > a @\(digest)", "b > b by rule", "b > b @\(digest)", "c > c by rule"])
    }

    @Test func `what lies where the job writes to is not copied once more`() async throws {
        let place = MemoryEndpoint(name: "same.lan")
        for name in ["a", "copy/a", "copy"] { place[try RepositoryName(name)].add([1]) }
        let finder = RouteFinder(
            source: place,
            selection: .rules(.init(try rules(["**"]), below: nil, now: 0)),
            mapping: try NameMapping(from: try Address("same.lan/"), to: try Address.base("same.lan/copy")),
            contact: SideContact(),
            failed: { Issue.record("\($0): \($1)") }
        )
        #expect(try await finder.routes().all().map(Self.text) == ["a > copy/a ?"])
    }

    @Test func `references make one route for each repository, whatever their order`() async throws {
        func reference(_ name: String, _ target: Target?) throws -> Selection.Reference {
            .init(try RepositoryName(name), target)
        }
        let digest = Target.digest(BuiltBlob([1]).descriptor.digest)
        let tag = Target.tag(try TagName("1"))
        let other = Target.tag(try TagName("2"))
        let references = [
            try reference("b", tag), try reference("a", nil), try reference("b", digest), try reference("a", tag),
            try reference("a", digest), try reference("c", nil), try reference("b", other),
        ]
        let found = try await find(.references(references))
        #expect(found.routes == ["b > b :1 \(digest) :2", "a > a", "a > a \(digest)", "c > c"])
        #expect(watch.operations.isEmpty)
        var random = SeededRandom(seed: 7)
        for _ in 0..<50 {
            let shuffled = references.shuffled(using: &random)
            let again = try await find(.references(shuffled))
            func parts(_ routes: [String]) -> Set<[String]> {
                Set(routes.map { $0.split(separator: " ").map(String.init).sorted() })
            }
            #expect(parts(again.routes) == parts(found.routes), "seed 7: \(shuffled)")
        }
    }

    @Test func `a tag beside a digest is used where it says which image is meant`() async throws {
        let digests = (1...3).map { BuiltBlob([$0]).descriptor.digest }
        func reference(_ name: String, _ tag: String?, _ digest: Int?) throws -> Selection.Reference {
            let tag = try tag.map { try TagName($0) }
            guard let digest else { return .init(try RepositoryName(name), tag.map { .tag($0) }) }
            return .init(try RepositoryName(name), .digest(digests[digest]), writtenTag: tag)
        }
        func route(_ name: String, _ images: [String]) -> String {
            "\(name) > \(name)\(images.map { " \($0)" }.joined())"
        }
        let found = try await find(
            .references([
                // One tag of one digest; one beside two; one that is wanted for itself; all tags.
                try reference("a", "1", 0), try reference("a", "2", 1), try reference("a", "1", 0),
                try reference("b", "1", 0), try reference("b", "1", 1), try reference("b", nil, 0),
                try reference("c", "1", 0), try reference("c", "1", nil), try reference("c", "2", 2),
                try reference("d", nil, nil), try reference("d", "1", 0), try reference("d", "2", 0),
            ])
        )
        #expect(
            found.routes == [
                route("a", [":1@\(digests[0])", ":2@\(digests[1])"]), route("b", ["@\(digests[0])", "@\(digests[1])"]),
                route("c", ["@\(digests[0])", ":1", ":2@\(digests[2])"]), route("d", []),
                route("d", ["@\(digests[0])"]),
            ]
        )
    }

    @Test func `a plan's images are gathered by their routes`() async throws {
        func image(_ name: String, _ byte: UInt8) throws -> Selection.PinnedImage {
            let route = Route(source: try RepositoryName(name), destination: try RepositoryName("to/\(name)"))
            return .init(route: route, digest: BuiltBlob([byte]).descriptor.digest, tag: .latest, old: nil)
        }
        let found = try await find(.pinned([try image("a", 1), try image("b", 2), try image("a", 3)]))
        #expect(found.routes == ["a > to/a 2 pinned", "b > to/b 1 pinned"])
        #expect(watch.operations.isEmpty)
    }

    /// A random list of rules over names of a few letters; some rename.
    private static func randomRules(_ random: inout SeededRandom) -> [String] {
        func pick(_ words: [String]) -> String { words.randomElement(using: &random) ?? "a" }
        return (0..<random.next(in: 1...6))
            .map { _ in
                let pattern = pick(["a", "b", "a/b", "b/a", "a/a/b", "*", "**", "a/*", "b/**", "**/b", "?", "a/?"])
                switch random.next(in: 1...6) {
                case 1: return "!\(pattern)"
                case 2: return "\(pattern) -> \(pick(["{name}", "x/{path}", "{path}", "{parent}"]))"
                default: return pattern
                }
            }
    }

    @Test func `each repository that the rules take has one route or one failure, and no other has any`() async throws {
        let catalog = ["a", "a/a/b", "a/b", "b", "b/a", "b/b", "c"]
        for seed in UInt64(0)..<300 {
            var random = SeededRandom(seed: seed)
            let texts = Self.randomRules(&random)
            let found = try await find(texts, in: catalog)
            let list = try rules(texts)
            let taken = try catalog.filter { name in
                if case .taken = list.verdict(for: try RepositoryName(name)) { true } else { false }
            }
            let named = list.literals.map(\.text)
            let expected = Set(list.needsCatalog ? taken : []).union(named)
            let routes = found.routes.map { $0.split(separator: " ").map(String.init) }
            let sources = routes.map { $0[0] }
            #expect(Set(sources).union(found.failed.keys) == expected, "seed \(seed): \(texts)")
            #expect(sources.count + found.failed.count == expected.count, "seed \(seed): \(texts)")
            #expect(Set(routes.map { $0[2] }).count == routes.count, "seed \(seed): \(texts)")
            #expect(
                Array(sources.prefix(named.count)) == named.filter { found.failed[$0] == nil } || !found.failed.isEmpty
            )
        }
    }

    @Test func `where exclusions and names stand in the list makes no difference`() async throws {
        let catalog = ["a", "a/a/b", "a/b", "b", "b/a", "b/b", "c"]
        for seed in UInt64(0)..<200 {
            var random = SeededRandom(seed: seed)
            // Names once each, none renamed: which of two gets a name depends on the order.
            let texts = Array(Set(Self.randomRules(&random).filter { !$0.contains("->") })).sorted()
            let wildcards = texts.filter { $0.contains { "*?".contains($0) } && !$0.hasPrefix("!") }
            let free = texts.filter { !wildcards.contains($0) }.shuffled(using: &random)
            var shuffled = free + wildcards
            for text in free where random.next(in: 0...1) == 1 {
                shuffled.removeAll { $0 == text }
                shuffled.insert(text, at: random.next(in: 0...shuffled.count))
            }
            let (one, other) = (try await find(texts, in: catalog), try await find(shuffled, in: catalog))
            #expect(Set(one.routes) == Set(other.routes), "seed \(seed): \(texts) \(shuffled)")
        }
    }
}
