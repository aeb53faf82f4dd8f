// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
@testable import Replication
import Testing

/// What `mirror list` finds, and in which order.
@Suite struct ListerTests {
    private let base = MemoryEndpoint(name: "from.lan")
    private let watch = Watch()
    private let forge = ImageForge(seed: 2)

    private func put(_ tags: [String], in name: String) async throws {
        for tag in tags { try await forge.put(try forge.image(), as: TagName(tag), into: base[RepositoryName(name)]) }
    }

    private static func text(_ finding: Lister.Finding) -> String {
        switch finding {
        case .repository(let route, let verdict):
            "\(route.source) > \(route.destination)\(verdict.map { " \($0)" } ?? "")"
        case .leftOut(let name, let verdict): "\(name) left out: \(verdict)"
        case .failed(let name, let error): "\(name) failed: \(underlying(error) ?? error)"
        case .tag(_, let entry, let verdict): "  \(verdict.isTaken ? "+" : "-") \(entry.tag)"
        case .image(_, let target): "  + \(target)"
        }
    }

    private func list(_ selection: Selection, _ mapping: NameMapping) async throws -> [String] {
        let found = Shared<[String]>([])
        let lister = Lister(source: WatchedSource(base: base, watch: watch), selection: selection, mapping: mapping)
        try await lister.list { finding in found.change { $0.append(Self.text(finding)) } }
        return found.value
    }

    @Test func `repositories come with their rules, tags with what becomes of them`() async throws {
        try await put(["1.0", "1.1", "latest"], in: "lib/app")
        try await put(["1"], in: "lib/other")
        try await put(["1"], in: "lib/secret")
        try await put(["1"], in: "elsewhere")
        let list = try rules(
            ["app -> hub/{name}", "o*", "!secret"],
            tags: TagRule(newest: .init(count: 1, by: .version))
        )
        let selection = Selection.rules(.init(list, below: try RepositoryName("lib"), now: 0))
        let lines = try await self.list(selection, mapping(below: "lib", to: "to.lan/m"))
        #expect(
            lines == [
                "lib/app > m/hub/app taken(ruleIndex: 0)", "  - 1.0", "  + 1.1", "  - latest",
                "lib/secret left out: excluded(by: secret)", "lib/other > m/other taken(ruleIndex: 1)", "  + 1",
            ]
        )
        // Only what is listed costs anything, and what is left out is not listed.
        #expect(watch.documents == 0)
        #expect(watch.questions == 0)
        #expect(watch.count { $0 == .catalog } == 1)
        #expect(watch.count { if case .tags = $0 { true } else { false } } == 2)
    }

    @Test func `an address is listed without rules`() async throws {
        try await put(["1", "2"], in: "team/app")
        try await put(["1"], in: "solo")
        let scope = try Address("from.lan/team/**").scope
        #expect(
            try await list(Selection(scope, allTags: true), mapping()) == ["team/app > team/app", "  + 1", "  + 2"]
        )
        let name = try RepositoryName("solo")
        #expect(try await list(.repository(name), mapping()) == ["solo > solo", "  + 1"])
        #expect(try await list(.image(name, .tag(.latest)), mapping()) == ["solo > solo", "  + :latest"])
    }

    @Test func `what cannot be listed is told, and the others go on`() async throws {
        try await put(["1"], in: "a")
        let selection = Selection.rules(.init(try rules(["gone", "x -> {parent}", "a"]), below: nil, now: 0))
        let lines = try await list(selection, mapping())
        #expect(lines.count == 5)
        #expect(lines[0].hasPrefix("x failed: TemplateError"))
        #expect(
            lines.dropFirst() == [
                "gone > gone taken(ruleIndex: 0)", "gone failed: RepositoryEmpty()", "a > a taken(ruleIndex: 2)",
                "  + 1",
            ]
        )
    }

    @Test func `a source that does not answer ends the list`() async throws {
        let place = WatchedSource(base: base, watch: Watch { _, _ in .fail })
        let selection = Selection.rules(.init(try rules(["**"]), below: nil, now: 0))
        let lister = Lister(source: place, selection: selection, mapping: try mapping())
        let error = await failure { try await lister.list { Issue.record("\($0)") } }
        #expect((error as? SideFailure)?.side == .source)
    }
}
