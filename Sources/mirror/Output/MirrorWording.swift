// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent

/// The sentences for mirrors that are no help, and for registries that only their mirrors speak for.
enum MirrorWording {
    static func sentence(for notice: MirroredEndpoint.Notice) -> String {
        switch notice {
        case .mirrorFailed(let name, let error):
            "the mirror \(name) failed, and other places are asked instead: \(Wording.sentence(for: error))"
        case .mirrorLeftAlone(let name, let error):
            "the mirror \(name) was not reached several times in a row, and is not asked any more in this run: "
                + Wording.sentence(for: error)
        case .originUnreachable(let name, let error):
            "\(name) itself cannot be reached, so that its mirrors say what there is, and what tags point to, which may be old: "
                + Wording.sentence(for: error)
        }
    }
}
