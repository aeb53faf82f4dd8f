// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What becomes of a tag that the destination has, and that points to something else there.
public enum OverwriteRule: Hashable, Sendable {
    /// It is moved.
    case always
    /// It is moved as long as it points to what was last known to be equal on both sides; otherwise somebody else has moved
    /// it, and it is left alone.
    ///
    /// In a job of which another one is the way back, a tag that was moved only at the destination is that job's business,
    /// and no conflict.
    case ifUnchanged(isTwoWay: Bool)
    /// It stays.
    case never

    /// What to do about a tag that differs.
    enum Verdict: Hashable {
        case move
        /// It is moved the other way by another job.
        case leave
        case refuse(Refusal.Reason)
    }

    /// Decides about a tag that points to other content on the two sides.
    ///
    /// Where nothing is known of what was equal before, it fails safe: nothing is overwritten.
    func verdict(new: Digest, old: Digest, lastEqual: Digest?) -> Verdict {
        switch self {
        case .always: .move
        case .never: .refuse(.neverOverwrites)
        case .ifUnchanged(let isTwoWay):
            if lastEqual == old {
                .move
            } else if isTwoWay, lastEqual == new {
                .leave
            } else {
                .refuse(lastEqual.map { .changedThere(lastEqual: $0) } ?? .unknownThere)
            }
        }
    }

    /// Whether the tag is looked at once more right before it is moved.
    var guardsTags: Bool { self != .always }
}

/// Why a tag was not moved, although it differs.
public struct Refusal: Error, Hashable, Sendable {
    /// What speaks against it.
    public enum Reason: Hashable, Sendable {
        /// Tags that are there are never overwritten, as the job says.
        case neverOverwrites
        /// Somebody moved the tag at the destination since it was last equal on both sides.
        case changedThere(lastEqual: Digest)
        /// It is not known what the tag pointed to when it was last equal, so somebody may have moved it.
        case unknownThere
        /// A plan counted on something else at the destination; `nil` stands for no such tag.
        case notAsPlanned(Digest?)
        /// It was moved while this run was at work.
        case changedMeanwhile(Digest?)
    }

    /// What it would point to.
    public let new: Digest
    /// What it points to at the destination; `nil` if it is not there.
    public let old: Digest?
    /// What speaks against it.
    public let reason: Reason
}
