// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// What an entry of an index says beyond what a store understands, as it is written there.
struct IndexExtras: Hashable, Sendable {
    /// Further members: `"platform":{…},"urls":[…]`.
    var members = ""
    /// Further annotations: `"key":"value"`.
    var annotations = ""

    var isEmpty: Bool { members.isEmpty && annotations.isEmpty }

    static func append(_ name: String, _ value: ArraySlice<UInt8>, to text: inout String) {
        if !text.isEmpty { text += "," }
        text += "\(StrictJSON.quoted(name)):\(String(decoding: value, as: UTF8.self))"
    }
}
