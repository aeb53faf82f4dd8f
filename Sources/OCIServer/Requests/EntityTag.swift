// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OCI

/// The entity tag of content, which is its digest in quotes, and the conditions that name one (RFC 9110, 13.1).
struct EntityTag: Hashable, Sendable {
    /// As it stands in a header.
    let text: String

    /// The tag of content.
    init(_ digest: Digest) { text = "\"\(digest)\"" }

    /// Whether the client has this content already.
    func isKnown(to headers: HTTPFields) -> Bool {
        guard let condition = headers[.ifNoneMatch] else { return false }
        return condition.split(separator: ",").prefix(50)
            .contains { part in
                var tag = part.drop { $0 == " " }
                while tag.last == " " { tag.removeLast() }
                return tag == "*" || (tag.hasPrefix("W/") ? tag.dropFirst(2) : tag) == text
            }
    }

    /// Whether the range of a request counts: it does not if the client has a part of something else.
    func allowsRange(_ headers: HTTPFields) -> Bool { headers[.ifRange].map { $0 == text } ?? true }
}
