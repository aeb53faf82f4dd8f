// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Replication
import Testing

@Suite struct PlannerTests {
    private let route: Route

    init() throws { route = Route(source: try RepositoryName("a/app"), destination: try RepositoryName("b/app")) }

    private func survey(_ finding: RootSurvey.Finding) -> RootSurvey {
        RootSurvey(route: route, target: .tag(.latest), tag: .latest, finding: finding)
    }

    private func plan(_ graph: ImageGraph) throws -> RootPlan {
        try #require(try Planner.plan(survey(.new(graph))))
    }

    private func error(_ graph: ImageGraph) -> GraphError? {
        do {
            _ = try Planner.plan(survey(.new(graph)))
            return nil
        } catch { return error }
    }

    /// Random graphs, each with the seed that makes it.
    private static func graphs(_ seeds: Range<UInt64>) throws -> [(seed: UInt64, graph: ImageGraph)] {
        try seeds.flatMap { seed in
            let forge = ImageForge(seed: seed)
            return try (0..<4).map { _ in (seed, forge.graph(of: try forge.root(depth: 8))) }
        }
    }

    @Test func `there is nothing to do for what is equal`() throws {
        for (seed, graph) in try Self.graphs(0..<50) {
            #expect(try Planner.plan(survey(.equal(graph.root.descriptor.digest))) == nil, "seed \(seed)")
        }
    }

    @Test func `every child stands in a level before all that point to it, the root in none (G1)`() throws {
        for (seed, graph) in try Self.graphs(0..<200) {
            let plan = try plan(graph)
            var written: Set<Digest> = []
            for level in plan.children {
                for document in level {
                    let children = document.manifest.children.map(\.digest)
                    #expect(written.isSuperset(of: children), "seed \(seed)")
                }
                for document in level {
                    #expect(written.insert(document.descriptor.digest).inserted, "seed \(seed): written twice")
                }
            }
            #expect(plan.root == graph.root)
            #expect(written == Set(graph.descendants.keys), "seed \(seed)")
            #expect(!written.contains(graph.root.descriptor.digest), "seed \(seed)")
            #expect(plan.children.allSatisfy { !$0.isEmpty }, "seed \(seed)")
            #expect(plan.manifestCount == graph.descendants.count + 1, "seed \(seed)")
        }
    }

    @Test func `every blob of every manifest is moved once, or left out for its licence`() throws {
        for (seed, graph) in try Self.graphs(200..<400) {
            let plan = try plan(graph)
            let wanted = ([graph.root] + graph.descendants.values).flatMap(\.manifest.blobs)
            #expect(Set(plan.blobs.map(\.digest)).count == plan.blobs.count, "seed \(seed)")
            #expect(Set(plan.leftOut.map(\.digest)).count == plan.leftOut.count, "seed \(seed)")
            #expect(plan.blobs.allSatisfy { !$0.isNonDistributable }, "seed \(seed)")
            #expect(plan.leftOut.allSatisfy { $0.isNonDistributable }, "seed \(seed)")
            #expect(Set(wanted.map(\.digest)) == Set((plan.blobs + plan.leftOut).map(\.digest)), "seed \(seed)")
            #expect(plan.blobBytes == plan.blobs.reduce(0) { $0 + $1.size }, "seed \(seed)")
        }
    }

    @Test func `the graphs of these tests are what they should be`() throws {
        let graphs = try Self.graphs(0..<400).map(\.graph)
        let plans = try graphs.map(plan)
        #expect(graphs.contains { $0.root.manifest.children.isEmpty && $0.root.descriptor.mediaType.isIndex })
        #expect(graphs.contains { Set($0.root.manifest.children).count < $0.root.manifest.children.count })
        #expect(graphs.contains { $0.root.manifest.children.count == 1 })
        #expect(plans.contains { !$0.leftOut.isEmpty })
        #expect(plans.contains { $0.children.count >= 6 })
        #expect(plans.contains { $0.children.isEmpty && !$0.blobs.isEmpty })
    }

    @Test func `the same graph makes the same plan`() throws {
        for (seed, graph) in try Self.graphs(0..<30) {
            let (one, other) = (try plan(graph), try plan(graph))
            #expect(one == other, "seed \(seed)")
        }
    }

    @Test func `says whether the tag is new or moves, and from where`() throws {
        let forge = ImageForge(seed: 1)
        let graph = forge.graph(of: try forge.image())
        let old = try forge.image().descriptor.digest
        let moved = try #require(try Planner.plan(survey(.moved(graph, from: old))))
        #expect(moved.change == .moved(from: old))
        #expect(try plan(graph).change == .new)
        #expect(moved.tag == .latest)
        #expect(moved.route == route)
    }

    @Test func `a graph with a missing child is refused by name`() throws {
        var refused = 0
        for (seed, graph) in try Self.graphs(0..<200) {
            for digest in graph.descendants.keys {
                var descendants = graph.descendants
                descendants[digest] = nil
                let error = error(ImageGraph(root: graph.root, descendants: descendants))
                guard case .missingChild(digest, let parent) = error else {
                    Issue.record("seed \(seed): \(String(describing: error))")
                    continue
                }
                let parents = [graph.root.descriptor.digest: graph.root].merging(descendants) { $1 }
                #expect(parents[parent]?.manifest.children.contains { $0.digest == digest } == true, "seed \(seed)")
                refused += 1
            }
        }
        #expect(refused > 100)
    }

    /// A chain of indexes of which each has one child, the lowest an image.
    private func chain(_ depth: Int, _ forge: ImageForge) throws -> ManifestDocument {
        var document = try forge.image()
        for _ in 0..<depth { document = try forge.index(of: [document]) }
        return document
    }

    @Test(arguments: 0...12)
    func `indexes may stand in each other eight deep (C10)`(_ depth: Int) throws {
        let forge = ImageForge(seed: UInt64(depth))
        let graph = forge.graph(of: try chain(depth, forge))
        if depth <= 8 {
            #expect(try plan(graph).children.count == depth)
        } else {
            #expect(error(graph) == .tooDeep(limit: 8))
        }
    }

    @Test(arguments: [false, true])
    func `depth is the longest way down, whatever the order of the children (C10)`(_ lowestFirst: Bool) throws {
        let forge = ImageForge(seed: 3)
        var rungs = [try forge.image()]
        for _ in 0..<10 { rungs.append(try forge.index(of: [rungs[rungs.count - 1]])) }
        let root = try forge.index(of: lowestFirst ? rungs : rungs.reversed())
        #expect(error(forge.graph(of: root)) == .tooDeep(limit: 8))
    }

    @Test func `a way down that branches at every step is measured once (C10)`() throws {
        let forge = ImageForge(seed: 4)
        var level = [try forge.image(), try forge.image(), try forge.image()]
        for _ in 0..<7 {
            let below = level
            level = try (0..<3).map { _ in try forge.index(of: below + below) }
        }
        let plan = try plan(forge.graph(of: try forge.index(of: level)))
        #expect(plan.children.map(\.count) == Array(repeating: 3, count: 8))
    }

    @Test func `sizes near the largest number do not trap (C09)`() throws {
        let forge = ImageForge(seed: 5)
        let config = forge.blob(.ociConfig)
        let layers = [Int64.max, .max - 1, 1, .max]
            .map { size in
                Descriptor(mediaType: .ociLayerGzip, digest: forge.blob(.ociLayerGzip).digest, size: size)
            }
        let plan = try plan(forge.graph(of: try forge.image(config: config, layers: layers)))
        #expect(plan.blobs.map(\.size) == [config.size] + layers.map(\.size))
        #expect(plan.blobBytes == .max)
    }

    @Test(arguments: [
        (Int64(1), Int64(2), Int64(3)), (.max, 1, .max), (.max - 1, 1, .max), (.max, .max, .max), (0, .max, .max),
    ])
    func `sums are cut at the largest number`(_ left: Int64, _ right: Int64, _ sum: Int64) {
        #expect(left.addingClamped(right) == sum)
    }
}
