// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent
import Synchronization

/// What happens in a run, as it happens; told to those who show it.
public enum RunEvent: Sendable {
    /// A repository was found that is selected.
    case routeFound(Route)
    /// A repository could not be looked at.
    case routeFailed(RepositoryName, any Error)
    /// The destination has the image already.
    case equal(Route, Target, Digest)
    /// An image is to be copied.
    case planned(RootPlan)
    /// An image differs; it was not opened, so that only its digest is known, what the destination has so far, and what the
    /// source's listing says of it.
    case estimated(Route, Target, tag: TagName?, new: Digest, old: Digest?, details: TagEntry.Details?)
    /// An image is left to a later run, since too few of the source's pulls are left for it.
    case postponed(Route, Target, PullsUsedUp)
    /// An image is for none of the platforms that are wanted.
    case unwanted(Route, Target, PlatformUnwanted)
    /// An image differs, and is not copied.
    case refused(Route, Target, Refusal)
    /// An image differs, and another job brings the destination's to the source.
    case left(Route, Target, Digest)
    /// A blob is on its way.
    case blobStarted(BlobFlight)
    /// A blob on its way gets on, or is set back.
    case blobMoved(BlobFlight, BlobStep)
    /// A blob has arrived, or could not be brought there.
    case blobEnded(BlobFlight, Arrival?)
    /// A blob was needed again in a repository where it had arrived in this run.
    case blobShared(Descriptor, Route)
    /// An image is complete at the destination, and its tag points to it.
    case published(RootPlan)
    /// Pieces that images need are not written into a bundle, since the far side has them; and their bytes.
    case leftOut(pieces: Int, bytes: Int64)
    /// A bundle leaves something out that its destination does not have.
    case missing(AssumptionCheck.Missing)
    /// An image could not be copied; its tag is where it was.
    case failed(Route, Target, any Error)
}

/// One blob on its way; two flights of the same blob are different ones.
public final class BlobFlight: Sendable, Hashable {
    /// The blob.
    public let blob: Descriptor
    /// The repositories that it goes from and to.
    public let route: Route

    init(blob: Descriptor, route: Route) {
        self.blob = blob
        self.route = route
    }

    /// Whether both are the same flight.
    public static func == (left: BlobFlight, right: BlobFlight) -> Bool { left === right }

    /// Tells flights apart.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
