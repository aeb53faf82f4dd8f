// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// What the program calls itself.
enum Product {
    /// The version, which help and servers are told.
    static let version = "0.1.0"

    /// What servers are told, as they want it.
    static let userAgent = "mirror/\(version)"
}
