// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// What an index says of one manifest.
struct ManifestEntry: Hashable, Sendable {
    var mediaType: MediaType
    var digest: Digest
    var size: Int64
    /// What the manifest says that it refers to, so that referrers are found without opening manifests.
    var subject: Digest?
    /// Whether the same bytes were pushed as a blob, too.
    var isBlob = false

    var descriptor: Descriptor { Descriptor(mediaType: mediaType, digest: digest, size: size) }

    /// The annotation of an index that names a tag (image-spec, annotations.md).
    static let tagAnnotation = "org.opencontainers.image.ref.name"
    static let subjectAnnotation = "mirror.store.subject"
    static let blobAnnotation = "mirror.store.blob"
}
