// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Decides what is to be done for an image.
///
/// Pure and total: it neither asks nor writes anything.
public enum Planner {
    /// The plan for what was found; `nil` where nothing is to do.
    /// - Throws: ``GraphError`` for a graph that is not whole.
    public static func plan(_ survey: RootSurvey) throws(GraphError) -> RootPlan? {
        var plan: RootPlan
        switch survey.finding {
        case .equal, .unopened, .unwanted, .refused, .left: return nil
        case .lacking(let root): plan = self.plan(survey, alone: root)
        case .new(let graph): plan = try self.plan(survey, graph, .new)
        case .moved(let graph, let old): plan = try self.plan(survey, graph, .moved(from: old))
        }
        plan.subject = survey.subject
        for companion in survey.companions { if let other = try self.plan(companion) { plan.companions.append(other) } }
        return plan
    }

    /// The plan of an image of which only companions are missing.
    private static func plan(_ survey: RootSurvey, alone root: ManifestDocument) -> RootPlan {
        RootPlan(
            route: survey.route,
            tag: survey.tag,
            change: .unchanged,
            root: root,
            children: [],
            blobs: [],
            leftOut: []
        )
    }

    private static func plan(
        _ survey: RootSurvey,
        _ graph: ImageGraph,
        _ change: RootPlan.Change
    ) throws(GraphError) -> RootPlan {
        let levels = try levels(of: graph)
        var seen: Set<Digest> = []
        var blobs: [Descriptor] = []
        var leftOut: [Descriptor] = []
        for document in levels.joined() + [graph.root] {
            for blob in document.manifest.blobs where seen.insert(blob.digest).inserted {
                let isLeftOut = blob.isNonDistributable && !graph.servedLayers.contains(blob.digest)
                if isLeftOut { leftOut.append(blob) } else { blobs.append(blob) }
            }
        }
        var plan = RootPlan(
            route: survey.route,
            tag: survey.tag,
            change: change,
            root: graph.root,
            children: levels,
            blobs: blobs,
            leftOut: leftOut
        )
        plan.omitted = graph.omitted
        plan.original = graph.original
        return plan
    }

    /// The manifests below the root by their height: those that point to no manifest first.
    private static func levels(of graph: ImageGraph) throws(GraphError) -> [[ManifestDocument]] {
        var heights: [Digest: Int] = [:]
        var order: [Digest] = []
        let height = try measure(graph.root, graph, &heights, &order, depth: 0)
        var levels: [[ManifestDocument]] = Array(repeating: [], count: height)
        for digest in order {
            if let level = heights[digest], let document = graph.descendants[digest] { levels[level].append(document) }
        }
        return levels
    }

    /// The height of a manifest: 0 without children, otherwise one more than that of its highest child.
    private static func measure(
        _ document: ManifestDocument,
        _ graph: ImageGraph,
        _ heights: inout [Digest: Int],
        _ order: inout [Digest],
        depth: Int
    ) throws(GraphError) -> Int {
        let limit = GraphLimits().depth
        guard depth <= limit else { throw .tooDeep(limit: limit) }
        var height = 0
        for child in document.manifest.children where !graph.omitted.contains(child.digest) {
            let childHeight: Int
            if let known = heights[child.digest] {
                childHeight = known
            } else {
                guard let document = graph.descendants[child.digest] else {
                    throw .missingChild(child.digest, of: document.descriptor.digest)
                }
                childHeight = try measure(document, graph, &heights, &order, depth: depth + 1)
                heights[child.digest] = childHeight
                order.append(child.digest)
            }
            height = max(height, childHeight + 1)
            // Asked of the height as well: what was measured before is not descended into again.
            guard height <= limit else { throw .tooDeep(limit: limit) }
        }
        return height
    }
}
