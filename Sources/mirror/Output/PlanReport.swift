// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCIRegistry
import Replication

/// A plan that is only to be read.
struct PlanReport {
    /// The name of the job, where there is one.
    var title: String?
    let totals: RunTotals
    let rows: PlanRows
    let summary: PlanSummary

    /// Requests that a run would make at a side: those that looking made, without the questions that only a plan asks, and
    /// those that copying makes.
    func requests(_ side: Side) -> Int {
        let looking = (totals.requests.bySide[side] ?? 0) - totals.requests.count(.blobQuestion, side)
        return looking + (side == .source ? summary.sourceRequests : summary.destinationRequests)
    }

    /// One line: what there is to do.
    var headline: String {
        var parts = ["\(totals.new) new", "\(totals.moved) moved", "\(totals.equal) equal"]
        if totals.lacking > 0 { parts.append("\(totals.lacking) to complete") }
        if totals.unwanted > 0 { parts.append("\(totals.unwanted) for other platforms") }
        if totals.left > 0 { parts.append("\(totals.left) left to the way back") }
        if totals.refused > 0 { parts.append("\(totals.refused) refused") }
        if totals.postponed > 0 { parts.append("\(totals.postponed) postponed") }
        let scope = "in \(Measures.count(totals.repositories, "repository", "repositories"))"
        return "\(title ?? "plan"): \(parts.joined(separator: ", ")) \(scope)"
    }

    /// The plan for people: the images by repository, then the sum.
    ///
    /// Where there are many, each repository has a line or two, and the repositories with most to do are shown.
    func text(_ style: Style, most: Int = 40) -> String {
        let groups = rows.groups.sorted { $0.key.destination < $1.key.destination }
        var lines = groups.flatMap { whole($0.key, $0.value, style) }
        let busy = groups.filter { $0.value.weight > 0 }
        // Repositories with nothing to do go first, then the single images.
        if lines.count > most { lines = busy.flatMap { whole($0.key, $0.value, style) } }
        if lines.count > most {
            let shown = busy.sorted { ($1.value.weight, $0.key.destination) < ($0.value.weight, $1.key.destination) }
                .prefix(most / 2)
            lines = shown.map { short($0.key, $0.value, style) }
            let rest = busy.count - shown.count
            if rest > 0 { lines.append("… and \(rest) more \(rest == 1 ? "repository" : "repositories")") }
        }
        if !lines.isEmpty { lines.append("") }
        return (lines + sum(style)).joined(separator: "\n")
    }

    private func whole(_ route: Route, _ group: PlanRows.Group, _ style: Style) -> [String] {
        var lines = [heading(route, style)]
        lines += group.rows.sorted { $0.name < $1.name }.map { line($0, style) }
        lines += group.refused.sorted { $0.name < $1.name }
            .map { name, refusal in
                style.red("  ! \(name)") + "  \(refusal.old?.short ?? "nothing") stays, not \(refusal.new.short)"
            }
        if group.equal > 0 { lines.append("  = \(group.equal) equal") }
        if group.left > 0 { lines.append("  < \(group.left) left to the way back") }
        return lines
    }

    private func short(_ route: Route, _ group: PlanRows.Group, _ style: Style) -> String {
        let new = group.rows.count { $0.old == nil }
        let moved = group.rows.count - new
        var parts: [String] = []
        if new > 0 { parts.append(style.green("+\(new)")) }
        if moved > 0 { parts.append(style.yellow("~\(moved)")) }
        if !group.refused.isEmpty { parts.append(style.red("!\(group.refused.count)")) }
        if group.equal > 0 { parts.append("=\(group.equal)") }
        let names = group.rows.map(\.name).sorted()
        let few = names.prefix(3).joined(separator: " ") + (names.count > 3 ? " …" : "")
        return "\(heading(route, style))  \(parts.joined(separator: " "))  \(style.dim(few))"
    }

    private func heading(_ route: Route, _ style: Style) -> String {
        style.bold("\(route.destination)") + (route.source == route.destination ? "" : "  (from \(route.source))")
    }

    private func line(_ row: PlanRows.Row, _ style: Style) -> String {
        var mark = row.isEstimate ? style.dim("  not opened") : ""
        if row.companions > 0 {
            mark += style.dim("  with \(Measures.hanging(row.companions))")
        }
        if row.old == row.digest { return style.yellow("  ~ \(row.name)") + "  is equal" + mark }
        guard let old = row.old else { return style.green("  + \(row.name)") + "  \(row.digest.short)" + mark }
        return style.yellow("  ~ \(row.name)") + "  \(old.short) → \(row.digest.short)" + mark
    }

    private func sum(_ style: Style) -> [String] {
        var lines = [style.bold(headline)]
        lines.append(
            "  blobs     \(summary.blobsToCopy) to copy (\(Measures.bytes(summary.bytesToCopy))), "
                + "about \(summary.blobsToMount) to mount, \(summary.blobsPresent) already there"
        )
        if summary.bytesSaved > 0 {
            lines.append("  saved     \(Measures.bytes(summary.bytesSaved)) by sending nothing twice")
        }
        if totals.unopened > 0 {
            let sizes =
                totals.bytesEstimated > 0 ? "; about \(Measures.bytes(totals.bytesEstimated)) by the listing" : ""
            lines.append(
                "  estimate  \(Measures.count(totals.unopened, "image")) not opened: their blobs and requests are not in these "
                    + "sums\(sizes)"
            )
        }
        lines += Side.allCases.map { side in
            let label = side == .source ? "  requests" : "          "
            return "\(label)  about \(requests(side)) at the \(side.rawValue)\(kinds(side))"
        }
        let pulls = totals.requests.count(.manifest, .source)
        if pulls > 0 {
            lines.append("  pulls     \(Measures.count(pulls, "manifest")) fetched to look, which a pull limit counts")
        }
        for (host, limit) in totals.requests.pullLimits.sorted(by: { $0.key < $1.key }) {
            lines.append("  pulls     \(Measures.pulls(limit)) at \(host)".printable)
        }
        if !totals.requests.pullLimits.isEmpty, totals.manifestsEstimated > 0 {
            lines.append("            what was not opened needs about \(totals.manifestsEstimated)")
        }
        lines.append("  nothing was changed")
        return lines
    }

    /// What the requests are, those of looking and of copying together: ` (3 listings, 40 questions, 12 blobs)`.
    private func kinds(_ side: Side) -> String {
        var counts: [(Int, String, String)] = [
            (totals.requests.count(.listing, side), "listing", "listings"),
            (totals.requests.count(.question, side), "question", "questions"),
            (totals.requests.count(.referrers, side), "list of referrers", "lists of referrers"),
        ]
        if side == .source {
            counts.append((totals.requests.count(.manifest, side), "manifest", "manifests"))
            counts.append((summary.blobsToCopy, "blob", "blobs"))
        } else {
            counts.append(
                (2 * summary.blobsToCopy + summary.blobsToMount + summary.blobsPresent, "for blobs", "for blobs")
            )
            counts.append((summary.manifestsToWrite, "manifest", "manifests"))
            counts.append((summary.trials, "trial", "trials"))
        }
        let words = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.0 == 1 ? $0.1 : $0.2)" }
        return words.isEmpty ? "" : " (\(words.joined(separator: ", ")))"
    }
}

extension PlanRows.Group {
    /// How much there is to do.
    fileprivate var weight: Int { rows.count + refused.count }
}
