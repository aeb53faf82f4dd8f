// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Every path of a store, in one place.
///
/// ```
/// <store>/
///   mirror-store.json                       what this folder is: {"version":1}
///   blobs/<alg>/<hh>/<hex>                  all content once; files never change (0444)
///   uploads/<id>/data, upload.json          open uploads, and to which repository and owner they belong
///   uploads/<id>.part                       content on its way in that nobody can resume
///   quarantine/                             what a check found damaged
///   repositories/<name>/_oci/               a valid OCI image layout of its own
///       oci-layout, index.json, blobs/<alg>/<hex>      hard links into blobs/ above
///   repositories/<name>/_mirror/record      changes of the index since index.json was folded
///   repositories/<name>/_mirror/lock        held while the repository changes
/// ```
///
/// No component of a repository name begins with `_`, so the folders of one repository never meet another one's.
enum LayoutPaths {
    static let marker = "mirror-store.json"
    static let blobs = "blobs"
    static let uploads = "uploads"
    static let quarantine = "quarantine"
    static let repositories = "repositories"

    /// The folder inside a repository that other tools read.
    static let layout = "_oci"
    static let layoutMarker = "oci-layout"
    static let index = "index.json"

    /// The folder inside a repository that is only ours.
    static let own = "_mirror"
    static let record = "record"
    static let lock = "lock"
    /// Where files are written before they take the place of others.
    static let nextIndex = "index.new"
    static let nextRecord = "record.new"
    static let nextMarker = "oci-layout.new"

    static let uploadData = "data"
    static let uploadFacts = "upload.json"
    private static let partSuffix = ".part"

    /// The two digits that spread the content over folders.
    static func spread(_ digest: Digest) -> String { String(digest.hex.prefix(2)) }

    static func part(_ id: UploadID) -> String { id.text + partSuffix }

    /// The upload whose folder or file in `uploads` has this name.
    static func upload(named name: String) -> (id: UploadID, isPart: Bool)? {
        let isPart = name.hasSuffix(partSuffix)
        return UploadID(isPart ? String(name.dropLast(partSuffix.count)) : name).map { ($0, isPart) }
    }

    /// What is in the marker of a layout (image-spec, image-layout.md).
    static let layoutMarkerText = #"{"imageLayoutVersion":"1.0.0"}"#
    static let markerText = #"{"version":1}"# + "\n"
}
