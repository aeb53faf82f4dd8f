// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// One change of the uploads that are open, as a line of a journal.
///
/// Pure: bytes in, changes out; see ``CheckedLine`` for what counts.
enum UploadRecord: Hashable, Sendable {
    /// An upload has come so far.
    case open(RememberedUpload)
    /// An upload has ended, or is lost.
    case ended(RememberedUpload.Key)

    /// The line at the start of a journal.
    static let header = Array("mirror-uploads 1\n".utf8)
    /// How many bytes a journal can have before it is taken for damaged.
    static let maximumSize: Int64 = 8 << 20
    /// How many bytes a line can say; a longer location is not written, so that each line is one small write.
    static let maximumLine = 4000

    /// The changes that a journal tells, from its start; none if it does not begin as one.
    static func read(_ bytes: [UInt8]) -> [UploadRecord] {
        guard bytes.starts(with: header) else { return [] }
        var records: [UploadRecord] = []
        var rest = bytes[header.count...]
        while let (payload, length) = CheckedLine.first(of: rest, maximum: maximumLine),
            let record = UploadRecord(parsing: payload)
        {
            records.append(record)
            rest = rest.dropFirst(length)
        }
        return records
    }

    /// Which upload has changed.
    var key: RememberedUpload.Key {
        switch self {
        case .open(let upload): upload.key
        case .ended(let key): key
        }
    }

    /// The line; `nil` if it would be too long.
    var line: [UInt8]? {
        let text =
            switch self {
            case .open(let upload):
                "open \(upload.key.blob) \(upload.key.repository.text) \(upload.checkpoint.offset) \(upload.noted) "
                    + upload.checkpoint.location
            case .ended(let key): "ended \(key.blob) \(key.repository.text)"
            }
        let payload = Array(text.utf8)
        return payload.count <= Self.maximumLine ? CheckedLine.line(payload) : nil
    }

    /// Reads what a line says; `nil` for what is no change.
    init?(parsing payload: ArraySlice<UInt8>) {
        guard let text = String(validating: payload, as: UTF8.self) else { return nil }
        // The location is the last, because it may be any text.
        let parts = text.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count >= 3, let blob = try? Digest(String(parts[1])),
            let repository = try? RepositoryName(String(parts[2]))
        else { return nil }
        let key = RememberedUpload.Key(blob: blob, repository: repository)
        switch parts[0] {
        case "open":
            guard parts.count == 6, let offset = Int64(parts[3]), offset >= 0, let noted = Int64(parts[4]) else {
                return nil
            }
            let checkpoint = UploadCheckpoint(location: String(parts[5]), offset: offset)
            self = .open(RememberedUpload(key: key, checkpoint: checkpoint, noted: noted))
        case "ended":
            guard parts.count == 3 else { return nil }
            self = .ended(key)
        default: return nil
        }
    }
}
