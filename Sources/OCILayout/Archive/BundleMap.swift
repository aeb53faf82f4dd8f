// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import OCI
import OCIContent

/// Where everything in a bundle stands: it follows from what the bundle holds.
///
/// ```
/// oci-layout
/// mirror/bundle.json          what the bundle holds
/// blobs/sha256/4f53…          blobs and manifests in the order of the contents, each once
/// blobs/sha256/…
/// manifest.json               only for docker load
/// index.json                  written last: a bundle that was cut has none
/// ```
///
/// So pieces can be written and read in any order, and a bundle whose bytes differ from this in any header is no bundle.
struct BundleMap: Sendable {
    /// A file of the archive.
    struct Member: Hashable, Sendable {
        let header: TarHeader
        /// Where its header begins.
        let start: Int64
        /// Where its bytes begin.
        let offset: Int64

        var end: Int64 { offset + header.size + Int64(TarHeader.padding(after: header.size)) }
    }

    static let contentsName = "mirror/bundle.json"
    private static let contentsAnnotation = "mirror.bundle.contents"
    static let marker = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
    /// The longest first document, in bytes: that of about a million pieces.
    static let longestContents = 128 << 20
    /// The longest archive, in bytes: more than any file system holds.
    private static let longest: Int64 = 1 << 60
    /// The zeros that end an archive.
    private static let tail: Int64 = 1024

    let contents: BundleContents
    /// The first document, as it is written.
    let contentsBytes: [UInt8]
    /// The last document.
    let index: [UInt8]
    let first: Member
    let second: Member
    let pieces: [Digest: Member]
    /// The list of images that docker looks for, and where it stands.
    private let loadable: (member: Member, bytes: [UInt8])?
    let last: Member

    /// The length of the whole archive.
    var count: Int64 { last.end + Self.tail }

    /// Maps a bundle that is to be written.
    init(of contents: BundleContents) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try self.init(of: contents, written: Array(try encoder.encode(contents)))
    }

    /// Maps a bundle whose first document has been read.
    /// - Throws: ``ArchiveError/tooLarge`` for lengths that no file has: they are claims of strangers;
    ///   ``ArchiveError/contentsTooLong``.
    init(of contents: BundleContents, written bytes: [UInt8]) throws {
        func member(_ name: String, _ size: Int64, after end: Int64) throws -> Member {
            guard (0...Self.longest).contains(size), end <= Self.longest else { throw ArchiveError.tooLarge }
            let header = TarHeader(name: name, size: size)
            let length = Int64(header.bytes(modified: contents.modified).count)
            return Member(header: header, start: end, offset: end + length)
        }
        guard bytes.count <= Self.longestContents else { throw ArchiveError.contentsTooLong }
        // Also of what is left out: these lengths are believed, too.
        let sizes = contents.repositories.lazy.flatMap { $0.blobs.lazy.map(\.size) + $0.manifests.lazy.map(\.size) }
        guard sizes.allSatisfy((0...Self.longest).contains) else { throw ArchiveError.tooLarge }
        self.contents = contents
        contentsBytes = bytes
        index = Self.index(of: contents, written: bytes)
        first = try member("oci-layout", Int64(Self.marker.count), after: 0)
        second = try member(Self.contentsName, Int64(bytes.count), after: first.end)
        var pieces: [Digest: Member] = [:]
        var end = second.end
        for blob in contents.pieces.lazy.map(\.blob) {
            let place = try member(Self.path(of: blob.digest), blob.size, after: end)
            pieces[blob.digest] = place
            end = place.end
        }
        self.pieces = pieces
        if contents.loadable.isEmpty {
            loadable = nil
        } else {
            let bytes = try Self.loadableList(of: contents)
            let list = try member("manifest.json", Int64(bytes.count), after: end)
            loadable = (list, bytes)
            end = list.end
        }
        last = try member("index.json", Int64(index.count), after: end)
    }

    /// The header of a member, as it is written.
    func header(of member: Member) -> [UInt8] { member.header.bytes(modified: contents.modified) }

    /// Everything in front of the pieces.
    var start: [UInt8] { bytes(of: first, Self.marker) + bytes(of: second, contentsBytes) }

    /// Where everything behind the pieces begins.
    var endOffset: Int64 { loadable?.member.start ?? last.start }

    /// Everything behind the pieces.
    var end: [UInt8] {
        (loadable.map { bytes(of: $0.member, $0.bytes) } ?? []) + bytes(of: last, index)
            + [UInt8](repeating: 0, count: Int(Self.tail))
    }

    private func bytes(of member: Member, _ content: [UInt8]) -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: TarHeader.padding(after: member.header.size))
        return header(of: member) + content + padding
    }

    /// The index of the layout: each image by its full name, as other tools look for it.
    ///
    /// It names the first document by its digest, so that no byte of that can change unseen.
    private static func index(of contents: BundleContents, written bytes: [UInt8]) -> [UInt8] {
        var entries: [String] = []
        for repository in contents.repositories {
            entries += repository.roots.map { root in
                entry(root.manifest, named: root.tag.map { "\(repository.fullName):\($0)" })
            }
            // What nothing points to would be lost to other tools.
            entries += repository.references.map { entry($0.referrer.descriptor, named: nil) }
        }
        let head = #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":["#
        let notes = #"{"\#(contentsAnnotation)":"\#(Digester.digest(of: bytes))"}"#
        return Array("\(head)\(entries.joined(separator: ","))],\"annotations\":\(notes)}".utf8)
    }

    /// The list of an archive that `docker save` makes (moby, image/spec, "Combined Image JSON + Filesystem Changeset Format").
    private static func loadableList(of contents: BundleContents) throws -> [UInt8] {
        struct Image: Encodable {
            let config: String
            let repoTags: [String]
            let layers: [String]

            enum CodingKeys: String, CodingKey { case config = "Config", repoTags = "RepoTags", layers = "Layers" }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let images = contents.loadable.map { image in
            Image(config: path(of: image.config), repoTags: image.names, layers: image.layers.map(path))
        }
        return Array(try encoder.encode(images))
    }

    private static func path(of digest: Digest) -> String { "blobs/\(digest.algorithm.rawValue)/\(digest.hex)" }

    private static func entry(_ manifest: Descriptor, named name: String?) -> String {
        let type = StrictJSON.quoted(manifest.mediaType.text)
        let name = name.map { #","annotations":{"\#(ManifestEntry.tagAnnotation)":"\#($0)"}"# } ?? ""
        return #"{"mediaType":\#(type),"digest":"\#(manifest.digest)","size":\#(manifest.size)\#(name)}"#
    }
}
