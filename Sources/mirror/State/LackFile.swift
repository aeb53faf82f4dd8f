// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIRegistry

/// What hosts were found to lack, and when: for a day they are not asked for it.
///
/// A registry that learns it is believed after that day.
struct LackFile: RegistryMemory {
    private static let life: Int64 = 24 * 3600

    private let file: HintFile<RegistryHost, Int64>
    private let host: RegistryHost
    private let now: Int64

    /// - Parameter now: Seconds since 1970.
    static func open(for host: RegistryHost, now: Int64 = WallClock.now, in state: URL = StateDirectory.url) -> LackFile
    {
        let url = state.appending(path: "without-referrers")
        return LackFile(file: HintFile(url, maximumLines: 2000), host: host, now: now)
    }

    var lacksReferrers: Bool { file[host].map { (now - Self.life...now).contains($0) } ?? false }

    func noteLackOfReferrers() { file.note(host, now) }
}
