// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Replication

/// What a plan says of each image, gathered by repository.
struct PlanRows {
    /// One image that would be copied.
    struct Row {
        let name: String
        let change: RootPlan.Change
        let digest: Digest
    }

    /// The images of one repository.
    struct Group {
        var rows: [Row] = []
        var equal = 0
    }

    private(set) var groups: [Route: Group] = [:]

    mutating func take(_ event: RunEvent) {
        switch event {
        case .equal(let route, _, _): groups[route, default: Group()].equal += 1
        case .planned(let plan):
            let digest = plan.root.descriptor.digest
            let name = plan.tag.map { ":\($0)" } ?? "@\(digest.short)"
            groups[plan.route, default: Group()].rows.append(Row(name: name, change: plan.change, digest: digest))
        default: break
        }
    }
}

/// A plan that is only to be read.
struct PlanReport {
    let totals: RunTotals
    let rows: PlanRows
    let summary: PlanSummary

    /// Requests that a run would make at a side: those that looking made, without the questions that only a plan asks, and
    /// those that copying makes.
    func requests(_ side: Side) -> Int {
        let looking = (totals.requests.bySide[side] ?? 0) - (totals.requests.blobQuestions[side] ?? 0)
        return looking + (side == .source ? summary.sourceRequests : summary.destinationRequests)
    }

    /// The plan for people: the images by repository, then the sum.
    func text(_ style: Style, rowsPerRepository: Int = 20) -> String {
        var lines: [String] = []
        for (route, group) in rows.groups.sorted(by: { $0.key.destination < $1.key.destination }) {
            let origin = route.source == route.destination ? "" : "  (from \(route.source))"
            lines.append(style.bold("\(route.destination)") + origin)
            let sorted = group.rows.sorted { $0.name < $1.name }
            for row in sorted.prefix(rowsPerRepository) { lines.append(line(row, style)) }
            if sorted.count > rowsPerRepository {
                lines.append("  … and \(sorted.count - rowsPerRepository) more to copy")
            }
            if group.equal > 0 { lines.append("  = \(group.equal) equal") }
        }
        if !lines.isEmpty { lines.append("") }
        let scope = "in \(Measures.count(totals.repositories, "repository", "repositories"))"
        lines.append(
            style.bold("plan: \(totals.new) new, \(totals.moved) moved, \(totals.equal) equal \(scope)")
        )
        lines.append(
            "  blobs     \(summary.blobsToCopy) to copy (\(Measures.bytes(summary.bytesToCopy))), "
                + "about \(summary.blobsToMount) to mount, \(summary.blobsPresent) already there"
        )
        if summary.bytesSaved > 0 {
            lines.append("  saved     \(Measures.bytes(summary.bytesSaved)) by sending nothing twice")
        }
        lines.append(
            "  requests  about \(requests(.source)) at the source, \(requests(.destination)) at the destination"
        )
        lines.append("  nothing was changed (--dry-run)")
        return lines.joined(separator: "\n")
    }

    private func line(_ row: PlanRows.Row, _ style: Style) -> String {
        switch row.change {
        case .new: style.green("  + \(row.name)") + "  \(row.digest.short)"
        case .moved(let old): style.yellow("  ~ \(row.name)") + "  \(old.short) → \(row.digest.short)"
        }
    }
}
