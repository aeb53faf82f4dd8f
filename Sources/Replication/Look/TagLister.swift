// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// Lists the tags of the source, and says what rules take of them.
struct TagLister: Sendable {
    let source: any SourceEndpoint
    let selection: Selection
    let hints: any DateHints
    let contact: SideContact

    /// The tags of the source with what a rule says of them, in the order of the listing.
    ///
    /// Names and what is known of them are held in memory, documents are not.
    func judged(_ request: RouteRequest, by rule: TagRule?) async throws -> [(entry: TagEntry, verdict: TagVerdict)] {
        let entries = try await entries(request)
        return zip(entries, try await verdicts(on: entries, request, by: rule)).map { (entry: $0, verdict: $1) }
    }

    /// The tags of the source.
    func entries(_ request: RouteRequest) async throws -> [TagEntry] {
        var entries: [TagEntry] = []
        for try await page in listed(request) { entries += page }
        return entries
    }

    /// Those of the tags of the source that a rule takes.
    func taken(of entries: [TagEntry], _ request: RouteRequest, by rule: TagRule?) async throws -> [TagEntry] {
        // Without a rule nothing needs to be judged.
        guard rule != nil else { return entries }
        let verdicts = try await verdicts(on: entries, request, by: rule)
        return zip(entries, verdicts).compactMap { $1.isTaken ? $0 : nil }
    }

    private func verdicts(
        on entries: [TagEntry],
        _ request: RouteRequest,
        by rule: TagRule?
    ) async throws -> [TagVerdict] {
        let selector = TagSelector(rule)
        let first = selector.firstPass(entries.map(\.tag))
        guard selector.needsDates, case .rules(let ruled) = selection else { return first }
        let dates = try await dates(of: zip(entries, first).filter { $1 == .undecided }.map(\.0), request.route)
        let facts = entries.map { TagFacts(tag: $0.tag, digest: $0.digest, date: dates[$0.tag]) }
        return TagSelector(rule).select(facts, now: ruled.now)
    }

    /// The source's tags, in pages of its listing.
    func listed(_ request: RouteRequest) -> Pages<TagEntry> {
        let tags = source.source(request.route.source).tags()
        return Pages {
            var pages = tags.makeAsyncIterator()
            var isEmpty = true
            return {
                do {
                    let page = try await pages.next()
                    contact.note(.source)
                    isEmpty = isEmpty && page?.isEmpty ?? true
                    // A repository of the catalog may be empty; one that was named is expected to have something.
                    if page == nil, request.isNamed, isEmpty { throw RepositoryEmpty() }
                    return page
                } catch {
                    throw SideFailure.wrapping(error, side: .source)
                }
            }
        }
    }

    /// When tags were pushed, where the listing says it, and else when their images were made, as far as they say; of those
    /// a few are asked side by side.
    private func dates(of entries: [TagEntry], _ route: Route) async throws -> [TagName: TagDate] {
        let reader = CreationDates(source: source.source(route.source), hints: hints)
        return try await withThrowingTaskGroup(of: (TagName, TagDate?).self) { group in
            var dates: [TagName: TagDate] = [:]
            var rest: ArraySlice<TagEntry> = []
            for entry in entries {
                if let date = TagDate.preferred(pushed: entry.details?.pushed, created: nil) {
                    dates[entry.tag] = date
                } else {
                    rest.append(entry)
                }
            }
            func begin() {
                guard let entry = rest.popFirst() else { return }
                group.addTask { (entry.tag, try await reader.date(of: entry)) }
            }
            for _ in 0..<16 { begin() }
            while let (tag, date) = try await group.next() {
                dates[tag] = date
                begin()
            }
            return dates
        }
    }
}
