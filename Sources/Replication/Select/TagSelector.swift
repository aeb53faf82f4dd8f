// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Decides which tags of a repository are taken.
///
/// Make one for each repository: compiled expressions do not cross from task to task. Decisions depend on nothing but the
/// rule, the facts and the given time.
public struct TagSelector {
    /// What a tag alone says, without dates and without other tags.
    private enum Judgement {
        case dropped(DroppedReason)
        case candidate(pattern: TagPattern?, version: TagVersion?)
    }

    /// A tag that only others can still keep from being taken.
    private struct Candidate {
        let facts: TagFacts
        let pattern: TagPattern?
        let version: TagVersion?
    }

    private let rule: TagRule?
    private let include: TagMatcher
    private let exclude: TagMatcher

    /// Prepares a rule; `nil` takes everything, companion tags too.
    public init(_ rule: TagRule?) {
        self.rule = rule
        include = TagMatcher(rule?.include ?? [])
        exclude = TagMatcher(rule?.exclude ?? [])
    }

    /// Whether tags can only be judged with their dates.
    public var needsDates: Bool { rule?.needsDates ?? false }

    /// What can be said of the tags of a repository before any date is known, in the order of the tags.
    ///
    /// What is not undecided is final: ``select(_:now:)`` says the same, whatever the dates.
    public func firstPass(_ tags: [TagName]) -> [TagVerdict] {
        guard needsDates, let rule else { return select(tags.map { TagFacts(tag: $0) }, now: 0) }
        return tags.map { tag in
            if case .dropped(let reason) = judge(tag, rule) { .dropped(reason) } else { .undecided }
        }
    }

    /// What is taken of the tags of a repository and what is not, in the order of the facts; nothing is undecided.
    ///
    /// - Parameter facts: All tags, for the newest can only be told among all.
    /// - Parameter now: The seconds since the beginning of 1970, UTC.
    public func select(_ facts: [TagFacts], now: Int64) -> [TagVerdict] {
        guard let rule else { return facts.map { _ in .taken(TakenReason()) } }
        let since = rule.pushedWithin.map { Self.difference(now, $0) }
        var candidates: [(index: Int, candidate: Candidate)] = []
        var verdicts: [TagVerdict] = []
        for (index, entry) in facts.enumerated() {
            let reason: DroppedReason
            switch judge(entry.tag, rule) {
            case .dropped(let why): reason = why
            case .candidate(let pattern, let version):
                guard let why = judge(entry.date, rule, since: since) else {
                    let candidate = Candidate(facts: entry, pattern: pattern, version: version)
                    candidates.append((index, candidate))
                    verdicts.append(.undecided)
                    continue
                }
                reason = why
            }
            verdicts.append(.dropped(reason))
        }
        let ranking = NewestRanking(rule.newest, candidates.map { ($0.candidate.facts, $0.candidate.version) })
        for (index, candidate) in candidates {
            let place = ranking.place(of: candidate.facts, candidate.version)
            verdicts[index] = verdict(on: candidate, at: place, rule)
        }
        return verdicts
    }

    private func judge(_ tag: TagName, _ rule: TagRule) -> Judgement {
        if CompanionTag(tag) != nil { return .dropped(.companion) }
        let pattern = include.pattern(covering: tag)
        if pattern == nil, !rule.include.isEmpty { return .dropped(.notIncluded) }
        if let pattern = exclude.pattern(covering: tag) { return .dropped(.excluded(by: pattern)) }
        guard rule.needsVersions else { return .candidate(pattern: pattern, version: nil) }
        guard let version = TagVersion(tag) else { return .dropped(.noVersion) }
        if let range = rule.versions {
            switch range.standing(of: version.number) {
            case .inside: break
            case .prerelease: return .dropped(.prerelease(version.number, range))
            case .outside: return .dropped(.outOfRange(version.number, range))
            }
        }
        return .candidate(pattern: pattern, version: version)
    }

    private func judge(_ date: TagDate?, _ rule: TagRule, since: Int64?) -> DroppedReason? {
        guard rule.needsDates else { return nil }
        guard let date else { return .noDate }
        if let since, date.seconds < since { return .tooOld(date, since: since) }
        return nil
    }

    private func verdict(on candidate: Candidate, at place: NewestPlace?, _ rule: TagRule) -> TagVerdict {
        if let place, !place.isKept { return .dropped(.notNewest(place)) }
        let date = rule.needsDates ? candidate.facts.date : nil
        return .taken(
            TakenReason(pattern: candidate.pattern, versions: rule.versions, date: date, place: place)
        )
    }

    /// The difference, or the lowest number if there is none so low.
    private static func difference(_ now: Int64, _ age: Int64) -> Int64 {
        let (result, isOver) = now.subtractingReportingOverflow(age)
        return isOver ? (age > 0 ? .min : .max) : result
    }
}
