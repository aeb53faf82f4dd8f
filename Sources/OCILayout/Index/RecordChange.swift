// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// One change of an index; each says what is so afterwards, so that a change can be made twice.
enum RecordChange: Hashable, Sendable {
    /// A manifest is there, and these tags point to it.
    case put(ManifestEntry, tags: [TagName])
    /// A tag is gone.
    case untag(TagName)
    /// A manifest is gone, with all of its tags.
    case remove(Digest)

    /// The change as the JSON of a line.
    var text: String {
        switch self {
        case .put(let entry, let tags):
            var text =
                #"{"op":"put","mediaType":\#(StrictJSON.quoted(entry.mediaType.text)),"digest":"\#(entry.digest)""#
            text += #","size":\#(entry.size)"#
            if let subject = entry.subject { text += #","subject":"\#(subject)""# }
            if entry.isBlob { text += #","blob":true"# }
            if !tags.isEmpty { text += #","tags":[\#(tags.map { "\"\($0)\"" }.joined(separator: ","))]"# }
            return text + "}"
        case .untag(let tag): return #"{"op":"untag","tag":"\#(tag)"}"#
        case .remove(let digest): return #"{"op":"remove","digest":"\#(digest)"}"#
        }
    }

    /// Reads the JSON of a line; `nil` for what is no change.
    init?(parsing bytes: ArraySlice<UInt8>) {
        guard let members = try? JSONSlices.members(of: bytes) else { return nil }
        let values = Dictionary(members.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        func read(_ name: String) -> Digest? {
            values[name].flatMap(JSONSlices.text).flatMap { try? Digest($0) }
        }
        switch values["op"].flatMap(JSONSlices.text) {
        case "put":
            guard let mediaType = values["mediaType"].flatMap(JSONSlices.text).flatMap(MediaType.init(_:)),
                let digest = read("digest"), let size = values["size"].flatMap(JSONSlices.number),
                let tags = try? Self.tags(values["tags"])
            else { return nil }
            let subject = read("subject")
            guard subject != nil || values["subject"] == nil else { return nil }
            let isBlob = values["blob"].map { $0.elementsEqual("true".utf8) } ?? false
            self = .put(
                ManifestEntry(mediaType: mediaType, digest: digest, size: size, subject: subject, isBlob: isBlob),
                tags: tags
            )
        case "untag":
            guard let tag = values["tag"].flatMap(JSONSlices.text).flatMap({ try? TagName($0) }) else { return nil }
            self = .untag(tag)
        case "remove":
            guard let digest = read("digest") else { return nil }
            self = .remove(digest)
        default: return nil
        }
    }

    private static func tags(_ value: ArraySlice<UInt8>?) throws -> [TagName] {
        guard let value else { return [] }
        return try JSONSlices.elements(of: value)
            .map { element in
                guard let text = JSONSlices.text(element) else { throw JSONSlices.Mistake(offset: element.startIndex) }
                return try TagName(text)
            }
    }
}
