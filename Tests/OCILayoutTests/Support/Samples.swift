// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit

@testable import OCILayout

extension Digest {
    /// The digest of a text.
    static func of(_ text: String) -> Digest { Digester.digest(of: Array(text.utf8)) }
}

extension ManifestEntry {
    /// An entry that differs by its name.
    static func sample(_ name: String, subject: String? = nil, isBlob: Bool = false) -> ManifestEntry {
        ManifestEntry(
            mediaType: .ociManifest,
            digest: .of(name),
            size: Int64(name.utf8.count),
            subject: subject.map { .of($0) },
            isBlob: isBlob
        )
    }
}

/// A tag, with a name that is written in a test.
func tag(_ text: String) -> TagName {
    do { return try TagName(text) } catch { preconditionFailure("\(error)") }
}

/// A repository, with a name that is written in a test.
func repository(_ text: String) -> RepositoryName {
    do { return try RepositoryName(text) } catch { preconditionFailure("\(error)") }
}

/// An artifact without layers that refers to another manifest.
func artifact(
    _ type: String,
    subject: Descriptor? = nil,
    annotations: [String: String] = [:]
) throws -> (config: BuiltBlob, manifest: ManifestDocument) {
    let config = BuiltBlob(Array("{}".utf8), mediaType: .ociConfig)
    let subject = subject.map {
        #","subject":{"mediaType":"\#($0.mediaType)","digest":"\#($0.digest)","size":\#($0.size)}"#
    }
    let notes = annotations.sorted { $0.key < $1.key }.map { #""\#($0.key)":"\#($0.value)""# }.joined(separator: ",")
    let manifest = try ImageBuilder.document(
        """
        {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)","artifactType":"\(type)",        "config":{"mediaType":"\(MediaType.ociConfig)","digest":"\(config.descriptor.digest)","size":2},"layers":[],        "annotations":{\(notes)}\(subject ?? "")}
        """
    )
    return (config, manifest)
}
