// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// What one repository of an archive lists, and which of its tags do not say which image is meant.
///
/// An archive may have one path and tag from two registries, which are no part of a repository's name here.
struct ArchiveListing: Sendable {
    /// An image, and the name that the archive gives it.
    typealias Image = (entry: PlainIndex.Entry, name: String)

    let index: PlainIndex
    /// The images of tags that several have, and the name of each.
    private let shared: [TagName: [Digest: String]]

    init(_ images: [Image] = []) {
        index = PlainIndex(images.map(\.entry))
        var names: [TagName: [Digest: String]] = [:]
        for (entry, name) in images {
            guard let tag = entry.name.flatMap({ try? TagName($0) }), let digest = entry.digest else { continue }
            if names[tag]?[digest] == nil { names[tag, default: [:]][digest] = name }
        }
        shared = names.filter { $0.value.count > 1 }
    }

    /// The tags, in order, each once; without a digest where it would be a guess, so that the tag has to be asked for.
    var tags: [TagEntry] {
        index.tags.map { shared[$0.tag] == nil ? $0 : TagEntry(tag: $0.tag, digest: nil) }
    }

    /// The images that have one tag, in the order of their names; `nil` if there are not several.
    func images(sharing tag: TagName) -> [ArchiveError.NamedImage]? {
        shared[tag]?
            .map { ArchiveError.NamedImage(name: $0.value, digest: $0.key) }
            .sorted { ($0.name, $0.digest.hex) < ($1.name, $1.digest.hex) }
    }
}
