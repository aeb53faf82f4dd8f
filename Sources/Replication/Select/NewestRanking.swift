// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// The places of tags from the newest on.
struct NewestRanking {
    private struct Moment: Hashable {
        let seconds: Int64
        let tag: TagName
    }

    private let newest: TagRule.Newest?
    private var placesByVersion: [String?: [VersionNumber: Int]] = [:]
    private var placesByDate: [Moment: Int] = [:]

    init(_ newest: TagRule.Newest?, _ candidates: [(facts: TagFacts, version: TagVersion?)]) {
        self.newest = newest
        switch newest?.order {
        case .version:
            var series: [String?: Set<VersionNumber>] = [:]
            for case let version? in candidates.map(\.version) {
                series[version.variant, default: []].insert(version.number)
            }
            placesByVersion = series.mapValues { Self.places($0.sorted(by: >)) }
        case .date:
            let moments = Set(candidates.compactMap { Self.moment($0.facts) })
            placesByDate = Self.places(
                // What was pushed in the same second is told apart by name, so that runs agree.
                moments.sorted { $0.seconds == $1.seconds ? $0.tag < $1.tag : $0.seconds > $1.seconds }
            )
        case nil: break
        }
    }

    /// The place of a candidate; `nil` where nothing is counted.
    func place(of facts: TagFacts, _ version: TagVersion?) -> NewestPlace? {
        guard let newest else { return nil }
        let place: Int?
        switch newest.order {
        case .version: place = version.flatMap { placesByVersion[$0.variant]?[$0.number] }
        case .date: place = Self.moment(facts).flatMap { placesByDate[$0] }
        }
        let variant = newest.order == .version ? version?.variant : nil
        return place.map { NewestPlace(place: $0, count: newest.count, order: newest.order, variant: variant) }
    }

    private static func moment(_ facts: TagFacts) -> Moment? {
        facts.date.map { Moment(seconds: $0.seconds, tag: facts.tag) }
    }

    private static func places<Entry: Hashable>(_ entries: [Entry]) -> [Entry: Int] {
        Dictionary(uniqueKeysWithValues: zip(entries, 1...))
    }
}
