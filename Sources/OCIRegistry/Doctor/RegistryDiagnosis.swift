// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What was found out about a registry: facts, for people who ask what it can do and how to set it up.
public struct RegistryDiagnosis: Sendable {
    /// Something that a registry may be able to do.
    public enum Ability: String, CaseIterable, Sendable {
        /// Lists its repositories.
        case catalog
        /// Lists tags in pages.
        case tagPages
        /// Lists what refers to a manifest (distribution-spec, "Listing Referrers").
        case referrers
        /// Gives a part of a blob.
        case ranges
        /// Confirms a blob that it has without being sent it.
        case mounts
        /// Takes a blob in pieces.
        case chunks
        /// Compares what it is sent with the digest.
        case digestChecks
        /// Takes an index without all that it points to.
        case sparseIndexes
        /// Lets manifests be deleted.
        case manifestDeletion
        /// Lets blobs be deleted.
        case blobDeletion

        /// Whether finding out means writing.
        public var needsWriting: Bool {
            switch self {
            case .catalog, .tagPages, .referrers, .ranges: false
            case .mounts, .chunks, .digestChecks, .sparseIndexes, .manifestDeletion, .blobDeletion: true
            }
        }
    }

    /// Whether it is able.
    public enum Verdict: Sendable {
        /// It is.
        case yes
        /// It is not, and says so.
        case no
        /// There was nothing to try it with.
        case untried
        /// The question was not answered.
        case failed(any Error)
    }

    /// How fast bytes moved.
    public struct Throughput: Hashable, Sendable {
        /// How many they were.
        public let bytes: Int64
        /// From the first request to the last byte.
        public let duration: Duration

        /// Makes a measurement.
        public init(bytes: Int64, duration: Duration) {
            self.bytes = bytes
            self.duration = duration
        }
    }

    /// What was written to find out, and could not be deleted.
    public struct Remnant: Hashable, Sendable {
        /// The digest.
        public let digest: Digest
        /// Whether it is a manifest; otherwise it is a blob.
        public let isManifest: Bool
    }

    /// How it lets itself be convinced.
    public var access: AccessDiagnosis
    /// What it is, as far as its name and its answers tell.
    public var product: RegistryProduct?
    /// How far its clock is ahead of this machine's, in whole seconds; `nil` where it does not tell the time.
    public var clockLead: Int64?
    /// How long the answers to small requests took, over one connection.
    public var roundTrips: [Duration] = []
    /// The repository that was looked at, and its tag.
    public var sample: (repository: RepositoryName, tag: TagName?)?
    /// What it is able to do, as far as that was asked.
    public var abilities: [Ability: Verdict] = [:]
    /// The least that a piece of an upload may have, where the registry says it.
    public var smallestChunk: Int64?
    /// How fast a blob was read.
    public var reading: Throughput?
    /// Whether reading was left out because a second manifest would have counted as a pull.
    public var sparesPulls = false
    /// How fast a blob was written, or why it was not.
    public var writing: Result<Throughput, any Error>?
    /// What stays in the repository.
    public var remnants: [Remnant] = []

    /// What is known once the registry has let somebody in.
    public init(access: AccessDiagnosis) { self.access = access }

    /// The middle of the round trips.
    public var medianRoundTrip: Duration? {
        roundTrips.isEmpty ? nil : roundTrips.sorted()[roundTrips.count / 2]
    }
}
