// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where the store is if nobody says: `$XDG_DATA_HOME/mirror/store`, or else `~/.local/share/mirror/store`.
enum StoreLocation {
    /// The usual folder.
    static var usual: String { usual(environment: ProcessInfo.processInfo.environment) }

    static func usual(environment: [String: String]) -> String {
        // The specification of these variables says that paths which are not absolute do not count.
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") { return "\(data)/mirror/store" }
        let home = environment["HOME"] ?? FileManager.default.homeDirectoryForCurrentUser.path
        return "\(home)/.local/share/mirror/store"
    }
}
