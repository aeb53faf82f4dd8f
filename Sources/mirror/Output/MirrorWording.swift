// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent

/// The sentences for mirrors that are no help.
enum MirrorWording {
    static func sentence(for notice: MirroredEndpoint.Notice) -> String {
        switch notice {
        case .mirrorFailed(let name, let error):
            "the mirror \(name) failed, and other places are asked instead: \(Wording.sentence(for: error))"
        case .mirrorLeftAlone(let name, let error):
            "the mirror \(name) was of no use several times in a row, and is left alone for five minutes: "
                + Wording.sentence(for: error)
        }
    }
}
