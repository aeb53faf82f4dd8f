// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// One image of a repository, as somebody named it.
struct NamedImage: Hashable, Sendable {
    let target: Target
    /// The tag that is written beside its digest.
    var writtenTag: TagName?

    init(_ target: Target, writtenTag: TagName? = nil) {
        self.target = target
        self.writtenTag = writtenTag
    }

    var isDigest: Bool { if case .digest = target { true } else { false } }

    /// The images, each once, without the tags that do not say which of them is meant.
    ///
    /// A tag that is wanted for itself, or is written beside several digests, cannot be all of them: it would move to and
    /// fro, in every run. So those that are named by digest are called by their digests.
    static func settled(_ images: [NamedImage]) -> [NamedImage] {
        var owners: [TagName: Set<Target>] = [:]
        for image in images {
            if case .tag(let tag) = image.target { owners[tag, default: []].insert(image.target) }
            if let tag = image.writtenTag { owners[tag, default: []].insert(image.target) }
        }
        var seen: Set<NamedImage> = []
        return images.compactMap { image in
            let isClear = image.writtenTag.map { owners[$0]?.count == 1 } ?? true
            let image = isClear ? image : NamedImage(image.target)
            return seen.insert(image).inserted ? image : nil
        }
    }
}
