// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI

/// What a registry said to a request of an upload, as far as it decides what comes next.
struct UploadReply: Hashable {
    var status: Int
    /// Where the session goes on; it changes with every answer.
    var location: String?
    /// The bytes that the session has; `nil` where the answer does not say.
    var received: Int64?
    /// The least that a piece may have, but the last.
    var minimumChunk: Int64?
    /// Whether a refusal is about the size of the request, whatever its status.
    var isAboutSize = false
    /// Whether a refusal says that the blob is not known, which of a PUT that brings it makes no sense.
    var isUnknownBlob = false

    init(
        status: Int,
        location: String? = nil,
        received: Int64? = nil,
        minimumChunk: Int64? = nil,
        isAboutSize: Bool = false,
        isUnknownBlob: Bool = false
    ) {
        self.status = status
        self.location = location
        self.received = received
        self.minimumChunk = minimumChunk
        self.isAboutSize = isAboutSize
        self.isUnknownBlob = isUnknownBlob
    }

    /// Reads the head of an answer; the body of a refusal, where it was read, tells what it is about.
    init(_ status: Int, _ headers: HTTPHeaders, refusal: String = "") {
        self.init(
            status: status,
            location: headers.first(name: "Location"),
            received: headers.first(name: "Range").flatMap(Self.received),
            minimumChunk: headers.first(name: "OCI-Chunk-Min-Length").flatMap(Int64.init).flatMap { $0 > 0 ? $0 : nil },
            // GHCR refuses bodies above 4 MiB with 416 and this (ocx#237).
            isAboutSize: status == 413
                || ["exceeds", "too large", "maximum"].contains { refusal.lowercased().contains($0) },
            isUnknownBlob: refusal.contains(#""BLOB_UNKNOWN""#)
        )
    }

    /// The number of bytes of `0-LAST` (distribution-spec, "Pushing a blob in chunks"); some say `bytes=0-LAST`.
    ///
    /// `0-0` stands for no byte as well as for one, and means none here: to send one byte again costs nothing.
    static func received(_ text: String) -> Int64? {
        let text = text.hasPrefix("bytes=") ? text.dropFirst(6) : text[...]
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, ends[0] == "0" else { return nil }
        if ends[1].isEmpty { return 0 }
        guard ends[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let last = Int64(ends[1]), last < .max else {
            return nil
        }
        return last == 0 ? 0 : last + 1
    }
}
