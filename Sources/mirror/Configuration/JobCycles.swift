// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication

/// Finds jobs that copy into each other: A to B and B to A, also by way of others.
///
/// Each of them would undo what was pushed at its destination, and the next run of the other one would bring that back;
/// so they must say that they overwrite only what nobody else has moved.
enum JobCycles {
    /// Marks jobs of which others are the way back, and reports those that overwrite always.
    static func check(_ jobs: inout [JobSettings], _ reader: ConfigReader) {
        let areas = jobs.map { (read: $0.readArea, written: $0.writtenArea) }
        let next = jobs.indices.map { from in
            jobs.indices.filter { to in from != to && areas[from].written.meets(areas[to].read) }
        }
        for index in jobs.indices {
            let ring = ring(from: index, next)
            guard !ring.isEmpty else { continue }
            jobs[index].isTwoWay = true
            jobs[index].waysBack = next[index].filter { next[$0].contains(index) }
                .compactMap { jobs[index].wayBack(jobs[$0]) }
            if jobs[index].overwrite.value == .always {
                let place = jobs[index].overwritePlace
                reader.report(.cycle((ring.dropFirst() + [index]).map { jobs[$0].name }), at: place.mark, place.path)
            }
        }
    }

    /// The shortest way from a job back to itself; empty if there is none.
    private static func ring(from start: Int, _ next: [[Int]]) -> [Int] {
        var ways = [[start]]
        var seen: Set<Int> = []
        while !ways.isEmpty {
            var longer: [[Int]] = []
            for way in ways {
                for step in next[way[way.count - 1]] {
                    if step == start { return way }
                    if seen.insert(step).inserted { longer.append(way + [step]) }
                }
            }
            ways = longer
        }
        return []
    }
}

/// The part of a registry that a job reads or writes: paths, and all below those that stand for more.
private struct Area {
    let place: Place
    /// Components, and whether what lies below is meant, too.
    let paths: [(components: [Substring], isOpen: Bool)]

    func meets(_ other: Area) -> Bool {
        place.isSame(as: other.place)
            && paths.contains { path in
                other.paths.contains { Self.meet(path, $0) || Self.meet($0, path) }
            }
    }

    private static func meet(
        _ outer: (components: [Substring], isOpen: Bool),
        _ inner: (components: [Substring], isOpen: Bool)
    ) -> Bool {
        guard inner.components.starts(with: outer.components) else { return false }
        let isSame = inner.components.count == outer.components.count
        // What stands for all below a path does not stand for the path itself.
        return outer.isOpen ? !isSame || inner.isOpen : isSame && !inner.isOpen
    }
}

extension JobSettings {
    /// Another job as the way back of this one; `nil` if the two do not remember the same.
    fileprivate func wayBack(_ other: JobSettings) -> WayBack? {
        let remember = [self, other].allSatisfy { $0.overwrite.value == .ifUnchanged && $0.keepsNames }
        guard remember else { return nil }
        return WayBack(
            name: other.name,
            source: other.source.value,
            destination: other.destination.value,
            mapping: other.mapping
        )
    }

    /// Whether the mapping alone says what everything is called at the destination.
    private var keepsNames: Bool {
        guard mapping.tag == nil else { return false }
        guard case .rules(let rules, _, _) = content.value else { return true }
        return rules.rules.allSatisfy { $0.rename == nil }
    }

    fileprivate var readArea: Area { Area(place: source.value.place, paths: paths(renamed: false) { $0 }) }

    fileprivate var writtenArea: Area {
        Area(place: destination.value.place, paths: paths(renamed: true) { (try? mapping.destination(of: $0)) ?? $0 })
    }

    /// The repositories by name, and of patterns what stands before their first wildcard.
    private func paths(
        renamed: Bool,
        _ name: (RepositoryName) -> RepositoryName
    ) -> [(components: [Substring], isOpen: Bool)] {
        switch content.value {
        case .image(let repository, _): return [(name(repository).components, false)]
        case .references(let list): return list.references.map { (name($0.repository).components, false) }
        case .rules(let rules, let base, _):
            return rules.rules.compactMap { rule in
                let start = base?.components ?? []
                let fixed = rule.pattern.text.split(separator: "/").prefix { !$0.contains("*") && !$0.contains("?") }
                let isWhole = rule.pattern.literal != nil
                if renamed, rule.rename != nil { return open(start, name) }
                guard isWhole else { return open(start + fixed, name) }
                guard let path = try? RepositoryName((start + fixed).joined(separator: "/")) else { return nil }
                return (name(path).components, false)
            }
        }
    }

    /// All below a path, which may be the whole registry: what a repository in it would be called, without its last part.
    private func open(
        _ path: [Substring],
        _ name: (RepositoryName) -> RepositoryName
    ) -> (components: [Substring], isOpen: Bool)? {
        guard let probe = try? RepositoryName((path + [Substring("x")]).joined(separator: "/")) else { return nil }
        return (name(probe).components.dropLast(), true)
    }
}
