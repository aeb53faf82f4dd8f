// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent

/// Looks at images: compares them on both sides, and opens those that differ.
///
/// It only reads.
struct Surveyor: Sendable {
    let job: Job
    let contact: SideContact
    var limits = GraphLimits()
    /// Which images that differ are opened, so that their blobs are known.
    var opening = ImageOpening.all
    /// Whether no manifest is fetched at all: what depends on the platforms of an image stays open then.
    var sparesPulls = false

    /// Compares an image with the destination, and opens it unless it is equal.
    ///
    /// A tag that is absent at the destination costs one GET at the source; one that is present costs a HEAD at either
    /// side where listings gave no digests.
    ///
    /// An image for none of the platforms that are wanted is found as such where its tag is not at the destination.
    func survey(_ candidate: Candidate, _ documents: DocumentCache) async throws -> RootSurvey {
        var survey = try await found(candidate, documents)
        survey.details = candidate.details
        return survey
    }

    private func found(_ candidate: Candidate, _ documents: DocumentCache) async throws -> RootSurvey {
        do { return try await compared(candidate, documents) } catch let failure as SideFailure {
            guard let unwanted = failure.underlying as? PlatformUnwanted else { throw failure }
            return RootSurvey(
                route: candidate.route,
                target: candidate.target,
                tag: candidate.tag,
                finding: .unwanted(unwanted)
            )
        }
    }

    private func compared(_ candidate: Candidate, _ documents: DocumentCache) async throws -> RootSurvey {
        func found(_ finding: RootSurvey.Finding) -> RootSurvey {
            RootSurvey(route: candidate.route, target: candidate.target, tag: candidate.tag, finding: finding)
        }
        let old = candidate.mayBePresent ? try await destinationDigest(candidate) : nil
        guard let old else {
            if case .some(let old?) = candidate.expectation?.old {
                return found(try refusal(candidate, planned: old, nil))
            }
            guard opening != .none else {
                return found(.unopened(try await newWanted(candidate, documents), old: nil))
            }
            try await confirmPlanned(candidate)
            guard let graph = try await opened(candidate, documents) else {
                return found(.unopened(try await newDigest(candidate), old: nil))
            }
            return found(.new(graph))
        }
        let original = try await newDigest(candidate)
        let new = try await rewritten(original, candidate, documents)
        guard new != old else { return found(.equal(new)) }
        if let expectation = candidate.expectation {
            guard expectation.old == old else { return found(try refusal(candidate, planned: expectation.old, old)) }
        } else {
            switch verdict(candidate, new: new, old: old) {
            case .move: break
            case .leave: return found(.left(old))
            case .refuse(let reason): return found(.refused(Refusal(new: new, old: old, reason: reason)))
            }
        }
        guard opening != .none else { return found(.unopened(original, old: old)) }
        try await confirmPlanned(candidate)
        guard let graph = try await opened(candidate, as: original, documents) else {
            return found(.unopened(original, old: old))
        }
        return found(.moved(graph, from: old))
    }

    private func verdict(_ candidate: Candidate, new: Digest, old: Digest) -> OverwriteRule.Verdict {
        let lastEqual = candidate.tag.flatMap { job.memory.lastEqual($0, in: candidate.route.destination) }
        let rule = candidate.isCompanion ? job.companionOverwrite : job.overwrite
        return rule.verdict(new: new, old: old, lastEqual: lastEqual)
    }

    /// The finding for a tag that is not what a plan counted on.
    private func refusal(_ candidate: Candidate, planned: Digest?, _ old: Digest?) throws -> RootSurvey.Finding {
        guard case .digest(let new) = candidate.target else { throw missingRoot(candidate.target) }
        return .refused(Refusal(new: new, old: old, reason: .notAsPlanned(planned)))
    }

    /// Sees to it that the source still has an image of a plan: it may have been deleted for a reason, and a memory of
    /// manifests does not know of that.
    private func confirmPlanned(_ candidate: Candidate) async throws {
        guard candidate.expectation != nil else { return }
        do {
            let root = try await job.source.source(candidate.route.source).resolve(candidate.target)
            contact.note(.source)
            guard root != nil else { throw RootMissing(target: candidate.target) }
        } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
    }

    func newDigest(_ candidate: Candidate) async throws -> Digest {
        guard let digest = try await sourceDigest(candidate) else { throw missingRoot(candidate.target) }
        return digest
    }

    private func destinationDigest(_ candidate: Candidate) async throws -> Digest? {
        if let digest = candidate.destinationDigest { return digest }
        let target = candidate.tag.map { Target.tag($0) } ?? candidate.target
        do {
            let old = try await job.destination.sink(candidate.route.destination).resolve(target)
            contact.note(.destination)
            return old?.digest
        } catch {
            throw SideFailure.wrapping(error, side: .destination)
        }
    }

    private func sourceDigest(_ candidate: Candidate) async throws -> Digest? {
        if let digest = candidate.sourceDigest { return digest }
        if case .digest(let digest) = candidate.target { return digest }
        do {
            let new = try await job.source.source(candidate.route.source).resolve(candidate.target)
            contact.note(.source)
            return new?.digest
        } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
    }

    /// The image that a candidate stands for; `nil` where it would cost more pulls than are to be had, and need not be
    /// opened.
    /// - Parameter digest: What its tag points to, where that was asked for.
    private func opened(
        _ candidate: Candidate,
        as digest: Digest? = nil,
        _ documents: DocumentCache
    ) async throws -> ImageGraph? {
        do {
            return try await atSource(candidate) { source in
                let opener = opener(for: candidate, documents)
                guard let digest = digest ?? candidate.sourceDigest else {
                    return try await opener.open(candidate.target, from: source)
                }
                // A listing can be older than the tag; by its digest, several tags of one image are one.
                do { return try await opener.open(.digest(digest), from: source) } catch let missing as RootMissing {
                    guard candidate.sourceDigest == digest, candidate.target != .digest(digest) else { throw missing }
                    return try await opener.open(candidate.target, from: source)
                }
            }
        } catch let failure as SideFailure where opening == .affordable && failure.underlying is PullsUsedUp {
            return nil
        }
    }

    /// The digest that an image has at the destination once it is equal.
    private func rewritten(
        _ digest: Digest,
        _ candidate: Candidate,
        _ documents: DocumentCache
    ) async throws -> Digest {
        if sparesPulls { return digest }
        return try await atSource(candidate) {
            try await opener(for: candidate, documents).rewrittenDigest(of: digest, from: $0)
        }
    }

    /// The digest of an image that the destination does not have, and that is for a platform that is wanted.
    private func newWanted(_ candidate: Candidate, _ documents: DocumentCache) async throws -> Digest {
        guard job.images.platforms != nil, !sparesPulls else { return try await newDigest(candidate) }
        return try await atSource(candidate) {
            try await opener(for: candidate, documents).root(candidate.target, from: $0).descriptor.digest
        }
    }

    private func opener(for candidate: Candidate, _ documents: DocumentCache) -> ImageOpener {
        ImageOpener(
            limits: limits,
            documents: documents,
            platforms: candidate.isCompanion ? nil : job.images.platforms,
            layers: job.images.nonDistributable,
            purse: job.pulls.map {
                PullPurse(budget: $0, repository: candidate.route.source, estimate: candidate.details?.manifests)
            }
        ) { contact.note(.source) }
    }

    private func atSource<Value>(
        _ candidate: Candidate,
        _ body: (any ContentSource) async throws -> Value
    ) async throws -> Value {
        do { return try await body(job.source.source(candidate.route.source)) } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
    }

    private func missingRoot(_ target: Target) -> any Error {
        SideFailure.wrapping(RootMissing(target: target), side: .source)
    }
}

/// Which images that differ are opened: their manifests are fetched, which registries with a pull limit count.
public enum ImageOpening: Hashable, Sendable {
    /// All of them.
    case all
    /// As many as the source's pulls allow.
    case affordable
    /// None: only their digests are compared.
    case none
}

/// The repository that is to be copied has no tags at the source, or is not there.
public struct RepositoryEmpty: Error, Hashable, Sendable {}

/// The image that is to be copied is not at the source.
public struct RootMissing: Error, Hashable, Sendable {
    /// What it was to be called there.
    public let target: Target
}
