// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    /// What goes wrong between two real registries, row by row; whatever it is, the next run in good weather makes it right.
    @Suite(.serialized)
    enum FaultTests {
        /// How often a program is killed in a test of that; long tests ask for more.
        static let kills = ProcessInfo.processInfo.environment["MIRROR_TEST_KILLS"].flatMap(Int.init) ?? 8
        /// Whether tests may take minutes.
        static let isLong = ProcessInfo.processInfo.environment["MIRROR_TEST_KILLS"] != nil
    }
}
