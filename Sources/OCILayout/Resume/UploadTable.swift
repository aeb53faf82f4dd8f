// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// An upload that is open, and when that was noted last.
struct RememberedUpload: Hashable, Sendable {
    /// Which blob is on its way to which repository.
    struct Key: Hashable, Sendable {
        let blob: Digest
        let repository: RepositoryName
    }

    let key: Key
    let checkpoint: UploadCheckpoint
    /// Seconds since 1970.
    let noted: Int64
}

/// The uploads that are open, as far as is remembered.
struct UploadTable: Hashable, Sendable {
    /// Registries purge uploads after 168 hours.
    static let maximumAge: Int64 = 7 * 86_400
    /// How far the clock can have been turned back since a note.
    private static let maximumLead: Int64 = 86_400
    /// How many are remembered; more are never under way at once.
    static let capacity = 512

    private(set) var uploads: [RememberedUpload.Key: RememberedUpload] = [:]

    /// Makes a change.
    mutating func apply(_ record: UploadRecord) {
        switch record {
        case .open(let upload):
            uploads[upload.key] = upload
            // The oldest is the likeliest to be gone.
            if uploads.count > Self.capacity, let oldest = uploads.values.min(by: { $0.noted < $1.noted }) {
                uploads[oldest.key] = nil
            }
        case .ended(let key): uploads[key] = nil
        }
    }

    /// Takes over what another table knows, except what is too old; of an upload that both know, the later note counts.
    mutating func adopt(_ other: UploadTable, at now: Int64) {
        for upload in other.uploads.values where Self.isFresh(upload, at: now) {
            if let known = uploads[upload.key],
                (known.noted, known.checkpoint.offset) >= (upload.noted, upload.checkpoint.offset)
            {
                continue
            }
            apply(.open(upload))
        }
    }

    static func isFresh(_ upload: RememberedUpload, at now: Int64) -> Bool {
        let (age, overflows) = now.subtractingReportingOverflow(upload.noted)
        return !overflows && (-maximumLead...maximumAge).contains(age)
    }
}
