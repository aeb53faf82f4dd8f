// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIContent
import OCILayout
import Replication

/// What the words of an export name: jobs of the config file, and addresses.
enum ExportSource {
    case job(JobSettings)
    case address(Address, Selection)

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
                return .address(address, Selection(address.scope, allTags: allTags))
            } catch {
                throw ValidationError(Wording.sentenceAndHint(for: error))
            }
        }
    }

    /// Whether an index would be kept without all that it points to.
    var isSparse: Bool { if case .job(let job) = self { job.images.platforms?.index == .sparse } else { false } }
}

/// Writes a bundle, or finds out what would be written.
struct ExportRun {
    let sources: [ExportSource]
    let images: ImageChoice
    let pool: PlacePool
    let show: Show
    /// The time that all files of the bundle are given, in seconds since 1970.
    let modified: Int64

    /// Writes the bundle.
    func export(to writer: BundleWriter, _ interruption: Interruption) async -> ExitCode {
        await show.run(interruption) {
            try await Exporter(try await parts(), to: writer, modified: modified, events: show.record).run()
        }
        .0
    }

    /// Finds out what would be written.
    func plan(_ interruption: Interruption) async -> ExitCode {
        await show.plan(interruption) { try await Exporter.plan(try await parts(), events: show.record) }.0
    }

    private func parts() async throws -> [Exporter.Part] {
        var parts: [Exporter.Part] = []
        for source in sources {
            switch source {
            case .job(let settings):
                let selection = try settings.selection(now: WallClock.now)
                parts.append(try await part(settings.source.value.place, selection, settings.images))
            case .address(let address, let selection):
                parts.append(try await part(address.place, selection, images))
            }
        }
        return parts
    }

    private func part(_ place: Place, _ selection: Selection, _ images: ImageChoice) async throws -> Exporter.Part {
        let job = Job(
            source: try await pool.source(place, show),
            destination: MemoryEndpoint(),
            selection: selection,
            mapping: .unchanged,
            images: images,
            dates: DateFile.open()
        )
        return Exporter.Part(host: place.host, job: job)
    }
}
