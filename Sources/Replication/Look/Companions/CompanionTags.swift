// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// The tags of a route that stand for companions of images, and which of them were met with their image.
///
/// Where the source's tags were listed for another reason, this costs nothing; otherwise they are listed when somebody
/// asks for the first time.
actor CompanionTags {
    private let list: @Sendable () async throws -> [TagEntry]
    private let first = Slots(1)
    private var known: [CompanionTag: TagEntry]?
    private var claimed: Set<CompanionTag> = []

    /// Makes a table.
    /// - Parameter list: Lists the tags of the source; those that are no companions do not matter.
    init(_ list: @escaping @Sendable () async throws -> [TagEntry]) { self.list = list }

    /// Makes a table of tags that were listed.
    init(_ entries: [TagEntry]) {
        list = { [] }
        known = Self.table(entries)
    }

    /// The companion tag of some content, if the source has it; from now on it is not among the rest.
    func claim(_ kind: CompanionTag.Kind, of digest: Digest) async throws -> TagEntry? {
        let tag = CompanionTag(kind, of: digest)
        guard let entry = try await table()[tag] else { return nil }
        claimed.insert(tag)
        return entry
    }

    /// The companions that nobody has claimed: their images are not among those that were looked at.
    var rest: [(companion: CompanionTag, entry: TagEntry)] {
        (known ?? [:]).filter { !claimed.contains($0.key) }.map { (companion: $0.key, entry: $0.value) }
            .sorted { $0.entry.tag < $1.entry.tag }
    }

    private func table() async throws -> [CompanionTag: TagEntry] {
        if let known { return known }
        let slot = try await first.acquire()
        defer { slot.release() }
        if let known { return known }
        let table = Self.table(try await list())
        known = table
        return table
    }

    private static func table(_ entries: [TagEntry]) -> [CompanionTag: TagEntry] {
        var table: [CompanionTag: TagEntry] = [:]
        for entry in entries { if let companion = CompanionTag(entry.tag) { table[companion] = entry } }
        return table
    }
}
