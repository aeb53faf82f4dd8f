// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Reads a tar archive of one OCI image layout; calls block.
enum OCIArchive {
    /// The longest index, in bytes: it is held in memory, and may come from anywhere.
    private static let longestIndex: Int64 = 16 << 20
    /// More images than any file has.
    private static let mostImages = 100_000

    /// - Throws: ``ArchiveError``; `CancellationError`.
    static func content(
        of bytes: ArchiveBytes,
        isCancelled: @escaping @Sendable () -> Bool
    ) throws -> ArchiveContent {
        let members = try TarIndex(of: bytes, isCancelled: isCancelled)
        var content = ArchiveContent(format: .oci, bytes: bytes)
        guard let marker = try content.document(LayoutPaths.layoutMarker, in: members, limit: LayoutMarker.maximumSize)
        else { throw ArchiveError.notAnArchive(path: bytes.path, .oci) }
        guard LayoutMarker.isKnown(marker.bytes) else {
            throw content.damaged(LayoutPaths.layoutMarker, at: marker.offset, "it is of no known version")
        }
        // What a layout names is never a link: it could point to what is not checked.
        if let link = members.links.keys.filter({ "\($0)/".hasPrefix("\(LayoutPaths.blobs)/") }).min() {
            throw content.damaged(link, at: 0, "it is a link")
        }
        content.pieces = pieces(members)
        guard let file = try content.document(LayoutPaths.index, in: members, limit: longestIndex) else {
            throw ArchiveError.notAnArchive(path: bytes.path, .oci)
        }
        do throws(JSONSlices.Mistake) {
            content.shelve(try PlainIndex(parsing: file.bytes, limit: mostImages).entries)
        } catch {
            let reason =
                error.isTooMany ? "it lists more than \(mostImages) images" : "it is no JSON at byte \(error.offset)"
            throw content.damaged(LayoutPaths.index, at: file.offset, reason)
        }
        return content
    }

    private static func pieces(_ members: TarIndex) -> [Digest: Range<Int64>] {
        members.files.reduce(into: [:]) { pieces, file in
            let parts = file.key.split(separator: "/")
            guard parts.count == 3, parts[0] == LayoutPaths.blobs, let digest = try? Digest("\(parts[1]):\(parts[2])")
            else { return }
            pieces[digest] = file.value
        }
    }
}

extension ArchiveContent {
    /// Puts what an index lists where it is asked for: by whole names into repositories, and all of it by tags alone.
    fileprivate mutating func shelve(_ entries: [PlainIndex.Entry]) {
        var listed: [ArchiveListing.Image] = []
        var byRepository: [RepositoryName: [ArchiveListing.Image]] = [:]
        for var entry in entries {
            let written = [entry.fullName, entry.name].compactMap(\.self)
            let image = written.lazy.compactMap(ImageName.init(full:)).first
            let tag = image?.tag ?? written.lazy.compactMap { try? TagName($0) }.first
            entry.name = tag?.text
            let named = (entry, written.first ?? "")
            listed.append(named)
            if let image { byRepository[image.repository, default: []].append(named) }
        }
        // The only image needs no name: it is the latest, as for skopeo.
        if listed.count == 1, listed[0].entry.name == nil { listed[0].entry.name = TagName.latest.text }
        unnamed = ArchiveListing(listed)
        shelves = byRepository.mapValues { ArchiveListing($0) }
    }
}
