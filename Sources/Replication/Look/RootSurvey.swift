// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent

/// What was found out about one image that is selected.
public struct RootSurvey: Sendable {
    /// What the image is, in relation to the destination.
    public enum Finding: Hashable, Sendable {
        /// The destination has it; nothing is to do.
        case equal(Digest)
        /// The destination has it, but not all that hangs on it.
        case lacking(ManifestDocument)
        /// The tag is not at the destination.
        case new(ImageGraph)
        /// The tag points to something else at the destination.
        case moved(ImageGraph, from: Digest)
        /// It differs, and was not opened, as was asked for; what the destination's tag points to so far.
        case unopened(Digest, old: Digest?)
        /// It is for none of the platforms that are wanted.
        case unwanted(PlatformUnwanted)
        /// It differs, and is to stay as it is.
        case refused(Refusal)
        /// It differs, and another job brings the destination's to the source.
        case left(Digest)
    }

    /// The repositories of the two sides.
    public let route: Route
    /// What the image is called at the source.
    public let target: Target
    /// The tag that is to be set at the destination; `nil` for an image that is copied without one.
    public let tag: TagName?
    /// What was found.
    public private(set) var finding: Finding
    /// What it refers to, for one that was found as a referrer.
    public let subject: Digest?
    /// What hangs on it, and is to be there before its tag is moved.
    public var companions: [RootSurvey] = []
    /// What the source's listing says of it.
    var details: TagEntry.Details?

    /// Makes a survey.
    public init(route: Route, target: Target, tag: TagName?, finding: Finding, subject: Digest? = nil) {
        self.route = route
        self.target = target
        self.tag = tag
        self.finding = finding
        self.subject = subject
    }

    /// The same, as if it had not been opened: what hangs on it is not known.
    var unopened: RootSurvey {
        var other = self
        switch finding {
        case .new(let graph): other.finding = .unopened(graph.sourceDigest, old: nil)
        case .moved(let graph, let old): other.finding = .unopened(graph.sourceDigest, old: old)
        case .equal, .lacking, .unopened, .unwanted, .refused, .left: break
        }
        return other
    }

    /// The opened image, if it is to be copied.
    var graph: ImageGraph? {
        switch finding {
        case .new(let graph), .moved(let graph, _): graph
        case .equal, .lacking, .unopened, .unwanted, .refused, .left: nil
        }
    }
}

/// One image of a route, as it is selected; nothing is known of it but what listings said.
struct Candidate: Hashable, Sendable {
    let route: Route
    /// What the image is called at the source.
    let target: Target
    /// The tag at the destination.
    let tag: TagName?
    /// What the source's listing says that the tag points to.
    var sourceDigest: Digest?
    /// What else it says.
    var details: TagEntry.Details?
    /// Whether the destination may have the tag.
    var mayBePresent: Bool
    /// What the destination's listing says that the tag points to.
    var destinationDigest: Digest?
    /// Whether it hangs on another image: it is for no platform, whatever it says.
    var isCompanion = false
    /// What a plan counted on at the destination.
    var expectation: Expectation?

    /// What a tag was to point to when a plan was made: `nil` stands for no such tag.
    struct Expectation: Hashable {
        let old: Digest?
    }
}
