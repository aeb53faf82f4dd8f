// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A place to read from, and mirrors of it: places with the same content, which are asked first for what is named by its digest.
///
/// What is named by its digest is the same everywhere, and is verified wherever it comes from. What a tag points to, and what
/// there is, the place itself says, also when it cannot be reached: an old tag of a mirror would be copied over a newer one. The
/// mirrors say it, in their order, where the place itself is never asked. A mirror that fails, or does not have what is asked
/// for, is passed over.
public struct MirroredEndpoint: SourceEndpoint {
    /// A place that is asked beside the others.
    public struct Member: Sendable {
        let endpoint: any SourceEndpoint
        let condition: PlaceCondition

        /// Describes it.
        public init(_ endpoint: any SourceEndpoint, _ condition: PlaceCondition) {
            self.endpoint = endpoint
            self.condition = condition
        }
    }

    /// Something that people should know, told once of each place.
    public enum Notice: Sendable {
        /// A mirror failed, and was passed over.
        case mirrorFailed(String, any Error)
        /// A mirror was of no use several times in a row, and is left alone for a while.
        case mirrorLeftAlone(String, any Error)
    }

    /// What the place is called.
    public let name: String
    private let origin: (any SourceEndpoint)?
    /// The place itself is never left alone.
    private let originCondition = PlaceCondition(patience: .max)
    private let mirrors: [Member]
    private let finished = FinishedReadings()
    private let notice: @Sendable (Notice) -> Void

    /// Puts mirrors in front of a place.
    /// - Parameters:
    ///   - origin: The place itself; `nil` if it is never to be asked.
    ///   - mirrors: In the order in which they are asked.
    public init(
        name: String,
        origin: (any SourceEndpoint)?,
        mirrors: [Member],
        notice: @escaping @Sendable (Notice) -> Void = { _ in }
    ) {
        self.name = name
        self.origin = origin
        self.mirrors = mirrors
        self.notice = notice
    }

    /// The names of all repositories; see ``Endpoint/catalog(below:)``.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> {
        candidates { $0 }.listing { $0.catalog(below: paths) }
    }

    /// One repository of the place.
    public func source(_ repository: RepositoryName) -> any ContentSource {
        MirroredSource(candidates: candidates { $0.source(repository) }, finished: finished)
    }

    private func candidates<Place: Sendable>(_ place: (any SourceEndpoint) -> Place) -> MirrorCandidates<Place> {
        func candidate(_ member: Member) -> MirrorCandidates<Place>.Candidate {
            .init(name: member.endpoint.name, place: place(member.endpoint), condition: member.condition)
        }
        return MirrorCandidates(
            origin: origin.map { candidate(Member($0, originCondition)) },
            mirrors: mirrors.map(candidate),
            notice: notice
        )
    }
}
