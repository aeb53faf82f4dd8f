// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent
import Synchronization

/// Finds out whether a destination has what a bundle leaves out, before anything is changed.
public struct AssumptionCheck: Sendable {
    /// Something that is neither in the bundle nor at the destination.
    public struct Missing: Hashable, Sendable {
        /// What it is.
        public let blob: BundleContents.Blob
        /// The repositories of the destination that need it.
        public let repositories: [RepositoryName]
    }

    /// What was found out.
    public struct Outcome: Sendable {
        /// The repository of the destination in which each piece was found.
        public let located: [Digest: RepositoryName]
        /// What was not found, in the order of the bundle.
        public let missing: [Missing]
    }

    private struct Question: Sendable {
        let piece: BundleContents.Piece
        let type: MediaType
        /// The repositories that need it.
        let needing: [RepositoryName]
        /// Where it may be, the likeliest first.
        let candidates: [RepositoryName]
    }

    private let questions: [Question]
    private let destination: any SourceEndpoint
    private let width: Int

    /// Prepares the check of a bundle.
    /// - Parameters:
    ///   - destination: Where its images go, to be read from.
    ///   - scope: The part of the destination that images go to; what lies beside it is not the bundle's business.
    ///   - width: How many pieces are looked for at once.
    ///   - name: What a repository of the bundle, or of an earlier one, is called at the destination; `nil` where it has no
    ///     name there.
    public init(
        _ contents: BundleContents,
        at destination: any SourceEndpoint,
        within scope: Address.Scope = .registry,
        width: Int = RunLimits().blobs,
        name: (BundleContents.Repository) throws -> RepositoryName?
    ) throws {
        self.destination = destination
        self.width = width
        questions = try Self.questions(contents, scope, name)
    }

    private static func questions(
        _ contents: BundleContents,
        _ scope: Address.Scope,
        _ name: (BundleContents.Repository) throws -> RepositoryName?
    ) throws -> [Question] {
        guard !contents.assumed.isEmpty else { return [] }
        let holders: [RepositoryName?] = contents.holders.map { holder in
            switch holder {
            case .destination(let name): scope.includes(name) ? name : nil
            // What has no name here cannot have it.
            case .source(let host, let source): try? name(BundleContents.Repository(host: host, name: source))
            }
        }
        let assumed = contents.assumed.reduce(into: [:]) { $0[$1.digest] = $1.holders }
        var needing: [Digest: [RepositoryName]] = [:]
        var types: [Digest: MediaType] = [:]
        for repository in contents.repositories {
            guard let name = try name(repository) else { continue }
            for blob in repository.blobs where assumed[blob.digest] != nil {
                needing[blob.digest, default: []].append(name)
            }
            for manifest in repository.manifests where assumed[manifest.digest] != nil {
                needing[manifest.digest, default: []].append(name)
                types[manifest.digest] = manifest.mediaType
            }
        }
        return contents.allPieces.compactMap { piece in
            let digest = piece.blob.digest
            guard let numbers = assumed[digest], let needing = needing[digest] else { return nil }
            let known = numbers.compactMap { holders.indices.contains($0) ? holders[$0] : nil }
            var seen: Set<RepositoryName> = []
            return Question(
                piece: piece,
                type: types[digest] ?? .octetStream,
                needing: needing,
                candidates: (known + needing).filter { seen.insert($0).inserted }
            )
        }
    }

    /// Asks the destination.
    /// - Throws: `OCIContent.SideFailure` if the destination does not say; `CancellationError`.
    public func run() async throws -> Outcome {
        let answers = Mutex<[Digest: RepositoryName]>([:])
        try await forEach(questions, width: width) { question in
            guard let repository = try await find(question) else { return }
            answers.withLock { $0[question.piece.blob.digest] = repository }
        }
        let located = answers.withLock { $0 }
        let missing = questions.filter { located[$0.piece.blob.digest] == nil }
        return Outcome(
            located: located,
            missing: missing.map { Missing(blob: $0.piece.blob, repositories: $0.needing) }
        )
    }

    private func find(_ question: Question) async throws -> RepositoryName? {
        let blob = question.piece.blob
        let descriptor = Descriptor(mediaType: question.type, digest: blob.digest, size: blob.size)
        var refusal: (any Error)?
        var isAnswered = false
        for name in question.candidates {
            let repository = destination.source(name)
            do {
                let isThere =
                    switch question.piece.kind {
                    case .blob: try await repository.contains(descriptor)
                    case .manifest: try await repository.resolve(.digest(blob.digest)) != nil
                    }
                if isThere { return name }
                isAnswered = true
            } catch ContentError.wrongSize {
                isAnswered = true
            } catch {
                if error is CancellationError { throw error }
                // Many registries refuse to speak of a repository that is not there.
                refusal = error
            }
        }
        if let refusal, !isAnswered { throw SideFailure.wrapping(refusal, side: .destination) }
        return nil
    }
}

/// What a bundle leaves out is where it was found; of everything else others know.
public struct LocatedHolders: HolderHints {
    private let located: [Digest: RepositoryName]
    private let others: any HolderHints

    /// Puts what was found in front of what others know.
    public init(_ located: [Digest: RepositoryName], before others: any HolderHints) {
        self.located = located
        self.others = others
    }

    /// A repository that may hold a blob.
    public func holder(of digest: Digest) -> RepositoryName? { located[digest] ?? others.holder(of: digest) }

    /// Tells the others.
    public func note(_ digest: Digest, in repository: RepositoryName) { others.note(digest, in: repository) }
}
