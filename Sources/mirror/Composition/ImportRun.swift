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
    /// The bundle; `nil` for standard input.
    let bundle: VolumeSet?
    /// The key with which it must be signed; `nil` where that does not matter.
    let verifyingKey: VerifyingKey?
    let destination: Address
    let rules: [NameRule]
    /// Whether images are imported although others lack something that the bundle leaves out.
    let isPartial: Bool
    let pool: PlacePool
    let show: Show

    /// Copies what is missing.
    func copy(_ interruption: Interruption) async -> ExitCode {
        await show.run(interruption) {
            let bundle = try await open()
            let sink = try await pool.destination(destination.place, show)
            let completion = try await pool.inspected(destination.place, for: .writing, show)
            let (job, located) = try await job(bundle, to: sink, completion)
            let hints = LocatedHolders(located, before: pool.hints(of: destination.place))
            try await Replicator(job: job, hints: hints, events: show.record).run()
        }
        .0
    }

    /// Finds out what a run would do.
    func plan(_ interruption: Interruption) async -> ExitCode {
        await show.plan(interruption) {
            let bundle = try await open()
            let sink = try await pool.planned(destination.place, show)
            let (job, located) = try await job(bundle, to: sink, try await completion())
            let pricer = PlanPricer(destination: sink, elsewhere: Set(located.keys))
            try await Replicator(job: job, events: show.record).plan(opening: .all, into: pricer)
            return await pricer.summary
        }
        .0
    }

    /// The destination as a plan reads from it.
    private func completion() async throws -> any SourceEndpoint {
        if let unmade = pool.unmade(destination.place) { return unmade }
        return try await pool.inspected(destination.place, for: .reading, show)
    }

    /// The job, and where the destination has what the bundle leaves out.
    private func job(
        _ bundle: BundleEndpoint,
        to sink: any SinkEndpoint,
        _ completion: any SourceEndpoint
    ) async throws -> (job: Job, located: [Digest: RepositoryName]) {
        var mapping = try NameMapping(from: Address(place: .bundle(bundle.path), scope: .registry), to: destination)
        // Which images have tags was decided when they were exported.
        mapping.digestTags = .untagged
        guard bundle.leftOut.isEmpty else { throw NamesNotMapped(file: name, names: bundle.leftOut) }
        let located = try await locate(bundle.contents, in: completion, mapping)
        let job = Job(
            source: located.isEmpty ? bundle : CompletedEndpoint(bundle, by: completion, located: located),
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
        return (job, located)
    }

    /// Looks for what the bundle leaves out.
    /// - Throws: ``AssumedContentMissing``.
    private func locate(
        _ contents: BundleContents,
        in completion: any SourceEndpoint,
        _ mapping: NameMapping
    ) async throws -> [Digest: RepositoryName] {
        let check = try AssumptionCheck(contents, at: completion, within: destination.baseScope) { repository in
            try rules.name(of: repository).map { try mapping.destination(of: $0) }
        }
        let outcome = try await check.run()
        for missing in outcome.missing { show.record(.missing(missing)) }
        guard isPartial || outcome.missing.isEmpty else { throw AssumedContentMissing(count: outcome.missing.count) }
        return outcome.located
    }
}

/// A bundle leaves out what its destination does not have.
struct AssumedContentMissing: Error, Hashable {
    /// How many blobs and manifests.
    let count: Int
}

extension ImportRun {
    /// Opens the bundle once it is known to be what its maker wrote.
    private func open() async throws -> BundleEndpoint {
        guard let bundle else { return try await openInput() }
        if let sums = try VolumeSums.beside(bundle) {
            if let verifyingKey {
                try KeyFile.check(Array(sums.text.utf8), signedBeside: sums.path, by: verifyingKey)
            }
            try await sums.check(bundle)
        }
        return try await pool.bundle(bundle) { [verifyingKey] document in
            if let verifyingKey { try KeyFile.check(document, signedBeside: bundle.path, by: verifyingKey) }
        } rename: { [rules] in
            try rules.name(of: $0)
        }
    }

    private func openInput() async throws -> BundleEndpoint {
        let input = try StandardInput.kept()
        defer { close(input) }
        return try await pool.bundle(try VolumeSet(at: "/proc/self/fd/\(input)")) { [rules] in try rules.name(of: $0) }
    }

    /// What people call the bundle.
    private var name: String { bundle?.path ?? "standard input" }
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
