// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// Finds out when images were made, which their configuration says; the registry's listing may not tell when they came.
struct CreationDates: Sendable {
    let source: any ContentSource
    let hints: any DateHints

    /// The date of a tag's image; `nil` if it does not say.
    ///
    /// Of an index, the first child that says it counts. Costs a question, a manifest or two and a configuration for an
    /// image that was not met before.
    func date(of entry: TagEntry) async throws -> TagDate? {
        do {
            guard let digest = try await digest(of: entry) else { return nil }
            if let seconds = hints.date(of: digest) { return TagDate(seconds: seconds, kind: .created) }
            guard let document = try await source.document(at: .digest(digest)),
                let seconds = try await date(of: document)
            else { return nil }
            hints.note(seconds, for: digest)
            return TagDate(seconds: seconds, kind: .created)
        } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
    }

    private func digest(of entry: TagEntry) async throws -> Digest? {
        if let digest = entry.digest { return digest }
        return try await source.resolve(.tag(entry.tag))?.digest
    }

    private func date(of document: ManifestDocument) async throws -> Int64? {
        switch document.manifest {
        case .image(let image): return try await date(ofConfiguration: image.config)
        case .index(let index):
            // Attestations have no date; whoever lists many children does so to be asked often.
            for child in index.manifests.prefix(4) {
                guard let document = try await source.document(at: .digest(child.digest)),
                    case .image(let image) = document.manifest
                else { continue }
                if let seconds = try await date(ofConfiguration: image.config) { return seconds }
            }
            return nil
        }
    }

    private func date(ofConfiguration config: Descriptor) async throws -> Int64? {
        guard config.size <= ImageConfiguration.maximumSize else { return nil }
        let reading = try await BlobContent(config, from: source).open()
        return ImageConfiguration(try await reading.stream.collect())?.created
    }
}
