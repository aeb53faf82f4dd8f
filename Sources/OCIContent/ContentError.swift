// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What is wrong with content that a place delivered.
///
/// A short blob is worth another try; wrong bytes are asked for once more, since a proxy on the way may have spoilt them.
public enum ContentError: Error, Hashable, Sendable {
    /// The content is not at the place, although something there points to it.
    case missing(Digest)
    /// A bundle leaves the content out, because the place that it is for was to have it.
    case leftOut(Digest)
    /// There are more bytes than the descriptor says.
    case tooLong(Digest, expected: Int64)
    /// The bytes ended before the length that the descriptor says.
    case tooShort(Digest, expected: Int64, received: Int64)
    /// The bytes are other ones than their name says.
    case wrongDigest(expected: Digest, actual: Digest)
    /// The place says that the content has another length than the descriptor says.
    case wrongSize(Digest, expected: Int64, stated: Int64)
}

extension ContentError: TransientError {
    /// Whether the same request can end better.
    public var isTransient: Bool {
        switch self {
        case .tooShort, .wrongDigest: true
        case .missing, .leftOut, .tooLong, .wrongSize: false
        }
    }

    /// Wrong bytes are asked for once more, not until they are right: they come from the place itself as a rule.
    public var attemptLimit: Int? {
        if case .wrongDigest = self { 2 } else { nil }
    }
}

/// An error that knows whether a place refused a manifest because it lacks something that the manifest points to.
public protocol MissingReferencesError: Error {
    /// Whether that is why.
    var isAboutMissingReferences: Bool { get }
}

/// An error that knows whether a place refused content because it takes its digest for wrong.
public protocol DigestRefusalError: Error {
    /// Whether that is why.
    var isAboutDigest: Bool { get }
}

/// An error that knows whether a place could not be reached, or gave no answer that says anything about its content.
public protocol ReachabilityError: Error {
    /// Whether that is why.
    var isUnreachable: Bool { get }
}

/// An error of one side that is already dealt with: the retries of that side are used up, or would not help.
///
/// It is not transient, so that the other side's retries do not multiply those of this one.
public struct SideFailure: Error, Sendable {
    /// The side that failed.
    public let side: Side
    /// Why.
    public let underlying: any Error

    /// Marks an error with its side; cancellation and errors that are marked already pass as they are.
    public static func wrapping(_ error: any Error, side: Side) -> any Error {
        error is SideFailure || error is CancellationError ? error : SideFailure(side: side, underlying: error)
    }
}
