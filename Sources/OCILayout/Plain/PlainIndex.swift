// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// The `index.json` of a layout that belongs to whatever tool: what is not changed stays in its place and as it is written.
struct PlainIndex: Sendable {
    /// A descriptor of it.
    struct Entry: Hashable, Sendable {
        /// As it is written.
        var text: String
        var mediaType: MediaType?
        var digest: Digest?
        var size: Int64?
        /// The text of `org.opencontainers.image.ref.name`, which need not be a tag.
        var name: String?
        /// The whole name of the image, as containerd and docker write it beside a tag.
        private(set) var fullName: String?

        var descriptor: Descriptor? {
            guard let mediaType, let digest, let size else { return nil }
            return Descriptor(mediaType: mediaType, digest: digest, size: size)
        }

        init(_ descriptor: Descriptor, name: String?) {
            let manifest = ManifestEntry(
                mediaType: descriptor.mediaType,
                digest: descriptor.digest,
                size: descriptor.size
            )
            text = IndexEntry(manifest, tag: name.flatMap { try? TagName($0) }).text
            (mediaType, digest, size) = (descriptor.mediaType, descriptor.digest, descriptor.size)
            self.name = name
        }

        init(parsing bytes: ArraySlice<UInt8>) throws(JSONSlices.Mistake) {
            text = String(decoding: bytes, as: UTF8.self)
            for (key, value) in try JSONSlices.members(of: bytes) {
                switch key {
                case "mediaType": mediaType = JSONSlices.text(value).flatMap(MediaType.init(_:))
                case "digest": digest = JSONSlices.text(value).flatMap { try? Digest($0) }
                case "size": size = JSONSlices.number(value)
                case "annotations":
                    guard let annotations = try? JSONSlices.members(of: value) else { continue }
                    func text(_ key: String) -> String? {
                        annotations.first { $0.name == key }.flatMap { JSONSlices.text($0.value) }
                    }
                    name = text(ManifestEntry.tagAnnotation)
                    fullName = text("io.containerd.image.name")
                default: continue
                }
            }
        }
    }

    private(set) var entries: [Entry] = []
    /// The other members of the document, in front of the entries and behind them.
    private var before = #""schemaVersion":2"#
    private var after = ""

    init(_ entries: [Entry] = []) { self.entries = entries }

    /// Reads an `index.json`.
    /// - Parameter limit: The most entries that are taken.
    init(parsing bytes: [UInt8], limit: Int = .max) throws(JSONSlices.Mistake) {
        (before, after) = ("", "")
        var isBehind = false
        for (name, value) in try JSONSlices.members(of: bytes[...]) {
            if name == "manifests" {
                for element in try JSONSlices.elements(of: value, limit: limit) {
                    entries.append(try Entry(parsing: element))
                }
                isBehind = true
            } else if isBehind {
                IndexExtras.append(name, value, to: &after)
            } else {
                IndexExtras.append(name, value, to: &before)
            }
        }
    }

    func entry(at target: Target) -> Entry? {
        switch target {
        case .tag(let tag): entry(named: tag.text)
        case .digest(let digest): entry(digest)
        }
    }

    func entry(named name: String) -> Entry? { entries.first { $0.name == name } }

    func entry(_ digest: Digest) -> Entry? { entries.first { $0.digest == digest } }

    /// The names that are tags, in order, each once.
    var tags: [TagEntry] {
        var seen: Set<TagName> = []
        return
            entries.compactMap { entry in
                guard let tag = entry.name.flatMap({ try? TagName($0) }), seen.insert(tag).inserted else { return nil }
                return TagEntry(tag: tag, digest: entry.digest)
            }
            .sorted { $0.tag < $1.tag }
    }

    /// Gives a manifest a name, which another one loses; or makes it known without one.
    /// - Returns: Whether that changed anything.
    mutating func put(_ descriptor: Descriptor, named name: String?) -> Bool {
        guard let name else {
            if entry(descriptor.digest) != nil { return false }
            entries.append(Entry(descriptor, name: nil))
            return true
        }
        let place = entries.firstIndex { $0.name == name }
        if let place, entries[place].descriptor == descriptor { return false }
        // As skopeo does: the new entry stands in the place of the old one.
        if let place {
            entries[place] = Entry(descriptor, name: name)
        } else {
            entries.append(Entry(descriptor, name: name))
        }
        return true
    }

    /// Removes the entries without a name of some manifests.
    /// - Returns: Whether there were any.
    mutating func removeUnnamed(_ digests: Set<Digest>) -> Bool {
        let count = entries.count
        entries.removeAll { entry in entry.name == nil && entry.digest.map(digests.contains) ?? false }
        return entries.count != count
    }

    /// The index as an `index.json`.
    func bytes() -> [UInt8] {
        let list = "\"manifests\":[\(entries.map(\.text).joined(separator: ","))]"
        return Array("{\([before, list, after].filter { !$0.isEmpty }.joined(separator: ","))}".utf8)
    }
}
