// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Who sent a request, as far as it was proved.
enum Principal: Hashable, Sendable {
    /// Nobody in particular.
    case anonymous
    /// Somebody who knows the password of a name.
    case user(String)

    /// What the uploads of this one are marked with; no user has an empty name.
    var owner: String {
        switch self {
        case .anonymous: ""
        case .user(let name): name
        }
    }
}
