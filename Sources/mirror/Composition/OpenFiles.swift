// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How many files and connections the program may have open at once.
enum OpenFiles {
    /// What stands open besides connections: standard streams, event loops, locks, hints.
    private static let others = 24

    /// Raises the limit: connections, blobs that are read and volumes of a bundle take a descriptor each.
    static func raise() { _ = limit }

    /// The limit, after it was raised to what the system lets everybody have.
    static let limit: Int = {
        var bounds = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &bounds) == 0 else { return 1024 }
        let wanted = min(bounds.rlim_max, 65_536)
        if bounds.rlim_cur < wanted {
            bounds.rlim_cur = wanted
            _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &bounds)
        }
        return Int(clamping: bounds.rlim_cur)
    }()

    /// The most requests that may be under way at a registry each way, so that a copy between two never runs out of them.
    ///
    /// Some of what the program stands on ends it when it finds none left.
    static var requests: Int { max(1, (limit - others) / 4) }
}
