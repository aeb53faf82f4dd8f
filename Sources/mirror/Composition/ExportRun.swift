// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIContent
import OCILayout
import Replication

/// What is exported: what jobs of the config file select, and what addresses and files name.
enum ExportSource {
    case job(JobSettings)
    case images(Place, Selection)

    /// A word that is the name of a job is that job; no words are all jobs.
    /// - Throws: `ExitCode` after a complaint about the config file, `ValidationError` for addresses.
    static func all(_ words: [String], allTags: Bool, of file: MirrorConfiguration?) throws -> [ExportSource] {
        guard !words.isEmpty else {
            return try ConfigOptions.complaining {
                guard let file else { throw ConfigFileNotFound(places: ConfigSearch.places()) }
                return try JobChoice.jobs([], of: file).map { .job($0) }
            }
        }
        return try words.map { word in
            if let job = file?.jobs.first(where: { $0.name == word }) { return .job(job) }
            if let file, let slip = JobChoice.slip(word, in: file) { try ConfigOptions.complaining { throw slip } }
            do {
                let address = try Address(word)
                if allTags, case .image = address.scope { throw AllTagsError() }
                return .images(address.place, selection(address, allTags: allTags))
            } catch {
                throw ValidationError(Wording.sentenceAndHint(for: error))
            }
        }
    }

    private static func selection(_ address: Address, allTags: Bool) -> Selection {
        guard case .image(let name, let target) = address.scope else {
            return Selection(address.scope, allTags: allTags)
        }
        return .references([Selection.Reference(name, target, writtenTag: address.writtenTag)])
    }

    /// The images that files name.
    /// - Parameter warn: Told what is not right in the files, but stops nothing.
    /// - Throws: `ExitCode` after a complaint about the files.
    static func listed(in files: [String], warn: (String) -> Void) throws -> [ExportSource] {
        guard !files.isEmpty else { return [] }
        return try ConfigOptions.complaining {
            let lists = try ImageLists(reading: files)
            for warning in lists.warnings { warn(warning.printable) }
            return lists.byPlace.map { .images($0.place, .references($0.images.map(\.reference))) }
        }
    }

    /// Whether an index would be kept without all that it points to.
    var isSparse: Bool { if case .job(let job) = self { job.images.platforms?.index == .sparse } else { false } }
}

/// Writes a bundle, or finds out what would be written.
struct ExportRun {
    let sources: [ExportSource]
    let images: ImageChoice
    let digestTags: DigestTags
    let pool: PlacePool
    let show: Show
    /// What the far side has, which is left out.
    let base: Holdings
    /// Whether `docker load` is to find the images.
    let isLoadable: Bool
    /// The time that all files of the bundle are given, in seconds since 1970.
    let modified: Int64

    /// Writes the bundle.
    func export(to writer: BundleWriter, _ interruption: Interruption) async -> ExitCode {
        await show.run(interruption) {
            let parts = try await parts()
            let exporter = Exporter(
                parts,
                to: writer,
                leavingOut: base,
                isLoadable: isLoadable,
                modified: modified,
                events: show.record
            )
            try await exporter.run()
        }
        .0
    }

    /// Finds out what would be written.
    func plan(_ interruption: Interruption) async -> ExitCode {
        await show.plan(interruption) {
            let parts = try await parts()
            return try await Exporter.plan(parts, leavingOut: base, isLoadable: isLoadable, events: show.record)
        }
        .0
    }

    private func parts() async throws -> [Exporter.Part] {
        var parts: [Exporter.Part] = []
        for source in sources {
            switch source {
            case .job(let settings):
                let selection = try settings.selection(now: WallClock.now)
                let (place, tags) = (settings.source.value.place, settings.mapping.digestTags)
                parts.append(try await part(place, selection, settings.images, tags))
            case .images(let place, let selection):
                parts.append(try await part(place, selection, images, digestTags))
            }
        }
        return parts
    }

    private func part(
        _ place: Place,
        _ selection: Selection,
        _ images: ImageChoice,
        _ digestTags: DigestTags
    ) async throws -> Exporter.Part {
        var mapping = NameMapping.unchanged
        mapping.digestTags = digestTags
        let job = Job(
            source: try await pool.source(place, show),
            destination: MemoryEndpoint(),
            selection: selection,
            mapping: mapping,
            images: images,
            dates: DateFile.open(),
            pulls: try await pool.pulls(of: place, show)
        )
        return Exporter.Part(place: place, job: job)
    }
}
