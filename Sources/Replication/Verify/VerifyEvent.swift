// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent

/// What happens in a verification, as it happens.
public enum VerifyEvent: Sendable {
    /// A repository was found that is selected.
    case routeFound(Route)
    /// A repository could not be looked at.
    case routeFailed(RepositoryName, any Error)
    /// The destination has the image, as far as was looked.
    case sound(Route, Target, Digest)
    /// Something differs; told once.
    case found(Finding)
    /// What differed was mended, and looked at again.
    case healed(Finding)
    /// What differed still does.
    case unhealed(Finding, HealObstacle)
    /// An image could not be looked at, or not to its end.
    case failed(Route, Target, any Error)
    /// A blob of the destination is being read.
    case readingStarted(BlobFlight)
    /// A blob that is being read gets on.
    case readingMoved(BlobFlight, Int64)
    /// A blob of the destination was read, or could not be.
    case readingEnded(BlobFlight, wasRead: Bool)
    /// Something is sent to mend what was found.
    case transfer(RunEvent)
}

/// Why something was not mended.
public enum HealObstacle: Sendable {
    /// The job does not let the tag be moved.
    case refused(Refusal)
    /// Another job brings the destination's image to the source.
    case left
    /// It could not be sent.
    case failed(any Error)
    /// The destination confirmed what was sent, and is as it was.
    case unchanged
}
