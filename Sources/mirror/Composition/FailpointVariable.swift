// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

#if FAILPOINTS
import Foundation
import OCIContent

/// `MIRROR_FAILPOINT`, by which tests stop the program at a step; builds for users do not know it.
enum FailpointVariable {
    static let name = "MIRROR_FAILPOINT"

    /// Arms the failpoint that the environment names, if it does.
    static func arm(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws(FailpointMistake) {
        guard let text = environment[name], !text.isEmpty else { return }
        try Failpoint(parsing: text).arm { kill(getpid(), SIGKILL) }
    }
}
#endif
