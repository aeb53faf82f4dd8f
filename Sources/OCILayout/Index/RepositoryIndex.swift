// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// The manifests and tags of one repository, as its `index.json` and its record say them together; pure.
struct RepositoryIndex: Sendable {
    /// A tag, and what its entry says beyond that.
    struct TaggedEntry: Hashable, Sendable {
        var digest: Digest
        var extras: IndexExtras?
    }

    /// An entry of another tool that is kept as it is written.
    struct ForeignEntry: Hashable, Sendable {
        let digest: Digest?
        let text: String
    }

    private(set) var manifests: [Digest: ManifestEntry] = [:]
    private(set) var tags: [TagName: TaggedEntry] = [:]
    /// The names of `tags` in order.
    private(set) var sortedTags: [TagName] = []
    /// Which manifests name a digest as their subject.
    private(set) var referrers: [Digest: Set<Digest>] = [:]
    private var extras: [Digest: IndexExtras] = [:]
    private var foreign: [ForeignEntry] = []
    /// Further members of the document itself.
    private var members = ""

    var isEmpty: Bool { manifests.isEmpty }
    /// How much memory it takes, roughly, in entries.
    var count: Int { manifests.count + tags.count + foreign.count }

    func entry(at target: Target) -> ManifestEntry? {
        switch target {
        case .tag(let tag): tags[tag].flatMap { manifests[$0.digest] }
        case .digest(let digest): manifests[digest]
        }
    }

    /// The tags behind `tag`, at most `limit`.
    func tags(after tag: TagName?, limit: Int) -> ArraySlice<TagName> {
        sortedTags.elements(behind: tag, limit: limit)
    }

    /// The tags that point to a manifest; looks at all of them.
    func tags(of digest: Digest) -> [TagName] { sortedTags.filter { tags[$0]?.digest == digest } }

    mutating func apply(_ change: RecordChange) {
        switch change {
        case .put(let entry, let tags):
            add(entry)
            for tag in tags { set(tag, to: entry.digest) }
        case .untag(let tag): untag(tag)
        case .remove(let digest): remove(digest)
        }
    }

    private mutating func add(_ entry: ManifestEntry) {
        if let old = manifests.updateValue(entry, forKey: entry.digest), old.subject != entry.subject {
            forget(old)
        }
        if let subject = entry.subject { referrers[subject, default: []].insert(entry.digest) }
    }

    private mutating func forget(_ entry: ManifestEntry) {
        guard let subject = entry.subject else { return }
        referrers[subject]?.remove(entry.digest)
        if referrers[subject]?.isEmpty == true { referrers[subject] = nil }
    }

    private mutating func set(_ tag: TagName, to digest: Digest) {
        if let old = tags[tag] {
            guard old.digest != digest else { return }
            keepExtras(of: old)
        } else {
            sortedTags.insert(tag, at: sortedTags.place(of: tag))
        }
        tags[tag] = TaggedEntry(digest: digest, extras: extras[digest])
    }

    private mutating func untag(_ tag: TagName) {
        guard let old = tags.removeValue(forKey: tag) else { return }
        sortedTags.remove(at: sortedTags.place(of: tag))
        keepExtras(of: old)
    }

    /// What another tool wrote about a manifest stays with it when it loses its tag.
    private mutating func keepExtras(of entry: TaggedEntry) {
        if let kept = entry.extras, extras[entry.digest] == nil { extras[entry.digest] = kept }
    }

    private mutating func remove(_ digest: Digest) {
        guard let old = manifests.removeValue(forKey: digest) else { return }
        forget(old)
        for tag in tags(of: digest) { tags[tag] = nil }
        sortedTags.removeAll { tags[$0] == nil }
        extras[digest] = nil
        foreign.removeAll { $0.digest == digest }
    }
}

extension RepositoryIndex {
    /// The longest `index.json` that is read, in bytes.
    static let maximumSize: Int64 = 256 << 20

    /// What an index without entries looks like.
    static let emptyBytes = RepositoryIndex().bytes()

    /// Reads an `index.json`.
    init(parsing bytes: [UInt8]) throws(JSONSlices.Mistake) {
        for (name, value) in try JSONSlices.members(of: bytes[...]) {
            switch name {
            case "schemaVersion", "mediaType": continue
            case "manifests": try read(JSONSlices.elements(of: value))
            default: IndexExtras.append(name, value, to: &members)
            }
        }
        sortedTags = tags.keys.sorted()
    }

    private mutating func read(_ elements: [ArraySlice<UInt8>]) {
        for element in elements {
            guard let entry = IndexEntry(parsing: element) else {
                readForeign(element)
                continue
            }
            var manifest = entry.manifest
            // One entry of several may be another tool's, which does not know our annotations.
            if let known = manifests[manifest.digest] {
                manifest.subject = manifest.subject ?? known.subject
                manifest.isBlob = manifest.isBlob || known.isBlob
            }
            add(manifest)
            // Of two entries with one name, skopeo takes the first.
            if let tag = entry.tag, tags[tag] == nil {
                tags[tag] = TaggedEntry(digest: manifest.digest, extras: entry.extras)
            } else if let kept = entry.extras {
                extras[manifest.digest] = kept
            }
        }
    }

    /// Keeps an entry, and makes its manifest known where it is only the name that is no tag.
    private mutating func readForeign(_ element: ArraySlice<UInt8>) {
        let members = (try? JSONSlices.members(of: element)) ?? []
        let values = Dictionary(members.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        let digest = values["digest"].flatMap(JSONSlices.text).flatMap { try? Digest($0) }
        foreign.append(ForeignEntry(digest: digest, text: String(decoding: element, as: UTF8.self)))
        if let digest, manifests[digest] == nil, let size = values["size"].flatMap(JSONSlices.number),
            let mediaType = values["mediaType"].flatMap(JSONSlices.text).flatMap(MediaType.init(_:))
        {
            add(ManifestEntry(mediaType: mediaType, digest: digest, size: size))
        }
    }

    /// The index as an `index.json`: the tags in order, then what has none, then what others wrote.
    func bytes() -> [UInt8] {
        var out = Array(#"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)""#.utf8)
        if !members.isEmpty { out += Array(",\(members)".utf8) }
        out += Array(#","manifests":["#.utf8)
        var isFirst = true
        func add(_ text: String) {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            out.append(UInt8(ascii: "\n"))
            out.append(contentsOf: text.utf8)
        }
        var listed: Set<Digest> = []
        for tag in sortedTags {
            guard let tagged = tags[tag], let manifest = manifests[tagged.digest] else { continue }
            listed.insert(tagged.digest)
            add(IndexEntry(manifest, tag: tag, extras: tagged.extras).text)
        }
        for entry in foreign {
            // The annotations of ours would be lost with an entry of somebody else's.
            if let digest = entry.digest, let manifest = manifests[digest], manifest.subject == nil, !manifest.isBlob {
                listed.insert(digest)
            }
        }
        for digest in manifests.keys.filter({ !listed.contains($0) }).sorted(by: { "\($0)" < "\($1)" }) {
            guard let manifest = manifests[digest] else { continue }
            add(IndexEntry(manifest, extras: extras[digest]).text)
        }
        for entry in foreign { add(entry.text) }
        return out + Array("\n]}\n".utf8)
    }
}
