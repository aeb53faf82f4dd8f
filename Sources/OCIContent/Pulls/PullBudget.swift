// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// How many manifests a place lets be fetched in a while: Docker Hub counts each as a pull.
///
/// What an image needs is set aside before the first of its manifests is fetched, so that no image is left half read.
public protocol PullBudget: Sendable {
    /// Sets pulls aside; waits where others may give some back, or where waiting for more is wanted.
    ///
    /// - Parameters:
    ///   - count: At least 1.
    ///   - repository: The repository whose manifests are to be fetched; its credential decides whose pulls they are.
    /// - Throws: ``PullsUsedUp`` where there are not so many; `CancellationError`.
    func reserve(_ count: Int, for repository: RepositoryName) async throws -> PullReservation

    /// Takes note that the place refused to let a manifest be fetched: nothing is left, whatever was known.
    func refused(for repository: RepositoryName) async throws
}

/// Pulls that are set aside; given back by ``end()``, or when nobody holds them any more.
///
/// Those that were spent meanwhile are given back, too: by then the place itself counts them.
public final class PullReservation: Sendable {
    /// How many.
    public let count: Int
    private let slot: Once

    /// Makes a reservation.
    /// - Parameter giveBack: Called once, at the end.
    public init(count: Int, giveBack: @escaping @Sendable () -> Void) {
        self.count = count
        slot = Once(giveBack)
    }

    deinit { slot.run() }

    /// Gives the pulls back; a second call does nothing.
    public func end() { slot.run() }
}

/// The pulls of a place are used up, or too few are left for an image.
public struct PullsUsedUp: Error, Hashable, Sendable {
    /// The place.
    public let place: String
    /// How many manifests an image needs.
    public let needed: Int
    /// What the place says; `nil` if it only refused.
    public let limit: PullLimit?
    /// How many are to stay.
    public let kept: Int

    /// Makes the error.
    public init(place: String, needed: Int, limit: PullLimit?, kept: Int) {
        self.place = place
        self.needed = needed
        self.limit = limit
        self.kept = kept
    }
}

/// A place refused to let a manifest be fetched, since its pulls are used up.
public struct PullRefused: Error, Sendable {
    /// The answer, as an error.
    public let underlying: any Error

    /// Makes the error.
    public init(_ underlying: any Error) { self.underlying = underlying }
}
