// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Replication

/// What a plan says of each image that differs, gathered by repository.
struct PlanRows {
    /// One image that would be copied.
    struct Row {
        let tag: TagName?
        let old: Digest?
        let digest: Digest
        /// Whether it was not opened, so that its blobs are not known.
        var isEstimate = false
        /// How many signatures and other referrers are copied with it.
        var companions = 0

        /// `:1.2`, or `@sha256:…` for an image without a tag.
        var name: String { tag.map { ":\($0)" } ?? "@\(digest.short)" }
    }

    /// The images of one repository.
    struct Group {
        var rows: [Row] = []
        var refused: [(name: String, refusal: Refusal)] = []
        var equal = 0
        var left = 0
    }

    private(set) var groups: [Route: Group] = [:]

    mutating func take(_ event: RunEvent) {
        switch event {
        case .equal(let route, _, _): groups[route, default: Group()].equal += 1
        case .left(let route, _, _): groups[route, default: Group()].left += 1
        case .refused(let route, let target, let refusal):
            groups[route, default: Group()].refused.append(("\(target)", refusal))
        case .planned(let plan):
            // A plan names what the source has.
            let digest = plan.sourceDigest
            let old: Digest? =
                switch plan.change {
                case .new: nil
                case .moved(let old): old
                case .unchanged: plan.root.descriptor.digest
                }
            add(Row(tag: plan.tag, old: old, digest: digest, companions: plan.companions.count), plan.route)
        case .estimated(let route, _, let tag, let new, let old, _):
            add(Row(tag: tag, old: old, digest: new, isEstimate: true), route)
        default: break
        }
    }

    private mutating func add(_ row: Row, _ route: Route) { groups[route, default: Group()].rows.append(row) }

    /// All images that would be copied, in an order that does not depend on how fast answers came.
    var images: [Selection.PinnedImage] {
        groups.sorted { $0.key.destination < $1.key.destination }
            .flatMap { route, group in
                group.rows.sorted { $0.name < $1.name }
                    .map { Selection.PinnedImage(route: route, digest: $0.digest, tag: $0.tag, old: $0.old) }
            }
    }
}
