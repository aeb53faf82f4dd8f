// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// JSON as it is written, without a document in memory beside it.
struct JSONText: Sendable {
    /// The text so far.
    private(set) var bytes: [UInt8] = []

    /// Adds text that is JSON already.
    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Adds bytes that are JSON already.
    mutating func raw(_ more: some Collection<UInt8>) { bytes.append(contentsOf: more) }

    /// Adds a string.
    mutating func string(_ text: String) { raw(StrictJSON.quoted(text)) }

    /// Adds an array of strings.
    mutating func strings(_ texts: some Sequence<String>) {
        raw("[")
        for (place, text) in texts.enumerated() {
            if place > 0 { raw(",") }
            string(text)
        }
        raw("]")
    }
}
