// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// The time of day, which only dates that a server sends are compared with.
enum WallClock {
    static var secondsSince1970: Int64 { Int64(Date().timeIntervalSince1970) }
}
