// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// What uploads to a registry have taught, for the ones that follow.
struct UploadLessons: Hashable {
    /// Whether the registry takes no part in mounting.
    var mountRefused = false
    /// From where the registry lets nobody mount with the credential of a repository, as far as refusals have told.
    var closedWays: Set<Way> = []
    /// Whether the registry takes no pieces.
    var chunksRefused = false
    /// Whether a blob that came in pieces was confirmed.
    var chunksProven = false
    /// Whether the registry takes no blob by a PUT alone: a PATCH must bring it.
    var patchFirst = false
    /// The most bytes that a request may carry, as far as refusals have told.
    var bodyLimit: Int64?

    /// A mount from one repository into another.
    struct Way: Hashable {
        let from: RepositoryName
        let to: RepositoryName
    }

    /// More ways are not remembered: each costs some requests to find out again.
    private static let maximumWays = 10_000

    /// Adds what others have learned.
    mutating func formUnion(_ other: UploadLessons) {
        mountRefused = mountRefused || other.mountRefused
        chunksProven = chunksProven || other.chunksProven
        chunksRefused = (chunksRefused || other.chunksRefused) && !chunksProven
        patchFirst = patchFirst || other.patchFirst
        if closedWays.count < Self.maximumWays { closedWays.formUnion(other.closedWays) }
        bodyLimit = [bodyLimit, other.bodyLimit].compactMap { $0 }.min()
    }
}
