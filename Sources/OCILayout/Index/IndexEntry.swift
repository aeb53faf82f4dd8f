// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// One descriptor of an `index.json`, taken apart as far as a store understands it.
struct IndexEntry: Hashable, Sendable {
    var manifest: ManifestEntry
    /// The tag that the entry stands for, if it has one.
    var tag: TagName?
    var extras: IndexExtras?

    /// Reads an entry; `nil` for what a store cannot use: an unknown algorithm, a name that is no tag, no descriptor.
    init?(parsing bytes: ArraySlice<UInt8>) {
        guard let members = try? JSONSlices.members(of: bytes) else { return nil }
        var mediaType: MediaType?
        var digest: Digest?
        var size: Int64?
        var annotations: [JSONSlices.Member] = []
        var extras = IndexExtras()
        for (name, value) in members {
            switch name {
            case "mediaType": mediaType = JSONSlices.text(value).flatMap(Self.known)
            case "digest": digest = JSONSlices.text(value).flatMap { try? Digest($0) }
            case "size": size = JSONSlices.number(value)
            case "annotations":
                guard let members = try? JSONSlices.members(of: value) else { return nil }
                annotations = members
            default: IndexExtras.append(name, value, to: &extras.members)
            }
        }
        guard let mediaType, let digest, let size else { return nil }
        manifest = ManifestEntry(mediaType: mediaType, digest: digest, size: size)
        for (name, value) in annotations {
            switch name {
            case ManifestEntry.tagAnnotation:
                guard let tag = JSONSlices.text(value).flatMap({ try? TagName($0) }) else { return nil }
                self.tag = tag
            case ManifestEntry.subjectAnnotation:
                manifest.subject = JSONSlices.text(value).flatMap { try? Digest($0) }
            case ManifestEntry.blobAnnotation: manifest.isBlob = true
            default: IndexExtras.append(name, value, to: &extras.annotations)
            }
        }
        self.extras = extras.isEmpty ? nil : extras
    }

    init(_ manifest: ManifestEntry, tag: TagName? = nil, extras: IndexExtras? = nil) {
        self.manifest = manifest
        self.tag = tag
        self.extras = extras
    }

    /// The entry as JSON.
    var text: String {
        var annotations: [String] = []
        if let tag { annotations.append(#""\#(ManifestEntry.tagAnnotation)":"\#(tag)""#) }
        if let subject = manifest.subject {
            annotations.append(#""\#(ManifestEntry.subjectAnnotation)":"\#(subject)""#)
        }
        if manifest.isBlob { annotations.append(#""\#(ManifestEntry.blobAnnotation)":"true""#) }
        if let extras, !extras.annotations.isEmpty { annotations.append(extras.annotations) }
        var text = #"{"mediaType":\#(StrictJSON.quoted(manifest.mediaType.text)),"digest":"\#(manifest.digest)""#
        text += #","size":\#(manifest.size)"#
        if let extras, !extras.members.isEmpty { text += ",\(extras.members)" }
        if !annotations.isEmpty { text += #","annotations":{\#(annotations.joined(separator: ","))}"# }
        return text + "}"
    }

    /// One value for all entries of a type, where a text for each of 20,000 would be megabytes.
    private static func known(_ text: String) -> MediaType? {
        MediaType.manifests.first { $0.text == text } ?? MediaType(text)
    }
}
