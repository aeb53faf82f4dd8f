// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIContent
import OCILayout
import Replication

/// Brings the images of a bundle to a destination, or finds out what that would do.
struct ImportRun {
    let file: String
    let destination: Address
    let rules: [NameRule]
    let pool: PlacePool
    let show: Show

    /// Copies what is missing.
    func copy(_ interruption: Interruption) async -> ExitCode {
        await show.run(interruption) {
            let sink = try await pool.destination(destination.place, show)
            let hints = pool.hints(of: destination.place)
            try await Replicator(job: try await job(to: sink), hints: hints, events: show.record).run()
        }
        .0
    }

    /// Finds out what a run would do.
    func plan(_ interruption: Interruption) async -> ExitCode {
        await show.plan(interruption) {
            let sink = try await pool.destination(destination.place, show)
            return try await Replicator(job: try await job(to: sink), events: show.record).plan()
        }
        .0
    }

    private func job(to sink: any SinkEndpoint) async throws -> Job {
        let bundle = try await open()
        var mapping = try NameMapping(from: Address(place: .bundle(file), scope: .registry), to: destination)
        // Which images have tags was decided when they were exported.
        mapping.digestTags = .untagged
        guard bundle.leftOut.isEmpty else { throw NamesNotMapped(file: file, names: bundle.leftOut) }
        return Job(
            source: bundle,
            destination: sink,
            selection: .references(
                bundle.images.flatMap { name, targets in
                    let digests = targets.filter { if case .digest = $0 { true } else { false } }
                    let whole = digests.count < targets.count ? [Selection.Reference(name, nil)] : []
                    return whole + digests.map { Selection.Reference(name, $0) }
                }
            ),
            mapping: mapping,
            // What its publisher does not let be copied everywhere is in the bundle only if somebody decided so.
            images: ImageChoice(nonDistributable: .copy)
        )
    }
}

extension ImportRun {
    private func open() async throws -> BundleEndpoint {
        let input = file == "-" ? try StandardInput.kept() : nil
        defer { if let input { close(input) } }
        return try await pool.bundle(input.map { "/proc/self/fd/\($0)" } ?? file) { [rules] in try rules.name(of: $0) }
    }
}

extension [NameRule] {
    /// What a repository of a bundle is called: by the first rule that speaks of it, or, where there are no rules, by its path.
    func name(of repository: BundleContents.Repository) throws -> RepositoryName? {
        if isEmpty { return repository.name }
        for rule in self { if let name = try rule.name(of: repository.name, from: repository.host) { return name } }
        return nil
    }
}

/// No rule says what repositories of a bundle are called.
struct NamesNotMapped: Error, Hashable {
    let file: String
    let names: [String]
}
