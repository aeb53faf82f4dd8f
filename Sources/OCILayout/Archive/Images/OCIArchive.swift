// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Reads a tar archive of one OCI image layout; calls block.
enum OCIArchive {
    /// - Throws: ``ArchiveError``.
    static func content(of bytes: ArchiveBytes) throws -> ArchiveContent {
        let members = try TarIndex(of: bytes)
        var content = ArchiveContent(bytes: bytes)
        guard let marker = try content.document(LayoutPaths.layoutMarker, in: members, limit: LayoutMarker.maximumSize)
        else { throw ArchiveError.notAnArchive(path: bytes.path, .oci) }
        guard LayoutMarker.isKnown(marker.bytes) else {
            throw content.damaged(LayoutPaths.layoutMarker, at: marker.offset, "it is of no known version")
        }
        // What a layout names is never a link: it could point to what is not checked.
        if let link = members.links.keys.filter({ $0.hasPrefix("\(LayoutPaths.blobs)/") }).min() {
            throw content.damaged(link, at: 0, "it is a link")
        }
        content.pieces = pieces(members)
        guard let file = try content.document(LayoutPaths.index, in: members, limit: RepositoryIndex.maximumSize) else {
            throw ArchiveError.notAnArchive(path: bytes.path, .oci)
        }
        do throws(JSONSlices.Mistake) { content.shelve(try PlainIndex(parsing: file.bytes).entries) } catch {
            throw content.damaged(LayoutPaths.index, at: file.offset, "it is no JSON at byte \(error.offset)")
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
        var listed: [PlainIndex.Entry] = []
        var byRepository: [RepositoryName: [PlainIndex.Entry]] = [:]
        var names: [TagName: (entry: PlainIndex.Entry, name: String)] = [:]
        for var entry in entries {
            let written = [entry.fullName, entry.name].compactMap(\.self)
            let image = written.lazy.compactMap(ImageName.init(full:)).first
            let tag = image?.tag ?? written.lazy.compactMap { try? TagName($0) }.first
            entry.name = tag?.text
            listed.append(entry)
            if let image { byRepository[image.repository, default: []].append(entry) }
            guard let tag else { continue }
            let name = written.first ?? tag.text
            if let other = names[tag], other.entry.digest != entry.digest {
                ambiguous[tag, default: [other.name]].append(name)
            } else {
                names[tag] = (entry, name)
            }
        }
        // The only image needs no name: it is the latest, as for skopeo.
        if listed.count == 1, listed[0].name == nil { listed[0].name = TagName.latest.text }
        unnamed = PlainIndex(listed)
        shelves = byRepository.mapValues { PlainIndex($0) }
    }
}
