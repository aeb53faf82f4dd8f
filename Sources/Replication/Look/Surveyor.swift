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
    /// Whether images that differ are opened, so that their blobs are known.
    var opensImages = true

    /// Compares an image with the destination, and opens it unless it is equal.
    ///
    /// A tag that is absent at the destination costs one GET at the source; one that is present costs a HEAD at either
    /// side where listings gave no digests.
    func survey(_ candidate: Candidate, _ documents: DocumentCache) async throws -> RootSurvey {
        func found(_ finding: RootSurvey.Finding) -> RootSurvey {
            RootSurvey(route: candidate.route, target: candidate.target, tag: candidate.tag, finding: finding)
        }
        let old = candidate.mayBePresent ? try await destinationDigest(candidate) : nil
        guard let old else {
            if case .some(let old?) = candidate.expectation?.old {
                return found(try refusal(candidate, planned: old, nil))
            }
            guard opensImages else { return found(.unopened(try await newDigest(candidate), old: nil)) }
            try await confirmPlanned(candidate)
            return found(.new(try await open(candidate.route, candidate.target, documents)))
        }
        let new = try await newDigest(candidate)
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
        guard opensImages else { return found(.unopened(new, old: old)) }
        try await confirmPlanned(candidate)
        let graph = try await open(candidate.route, .digest(new), documents)
        return found(.moved(graph, from: old))
    }

    private func verdict(_ candidate: Candidate, new: Digest, old: Digest) -> OverwriteRule.Verdict {
        let lastEqual = candidate.tag.flatMap { job.memory.lastEqual($0, in: candidate.route.destination) }
        let isCompanion = candidate.tag.flatMap(CompanionTag.init) != nil
        return (isCompanion ? job.companionOverwrite : job.overwrite).verdict(new: new, old: old, lastEqual: lastEqual)
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

    private func open(_ route: Route, _ target: Target, _ documents: DocumentCache) async throws -> ImageGraph {
        let opener = ImageOpener(limits: limits, documents: documents, layers: job.nonDistributable) {
            contact.note(.source)
        }
        do {
            return try await opener.open(target, from: job.source.source(route.source))
        } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
    }

    private func missingRoot(_ target: Target) -> any Error {
        SideFailure.wrapping(RootMissing(target: target), side: .source)
    }
}

/// The repository that is to be copied has no tags at the source, or is not there.
public struct RepositoryEmpty: Error, Hashable, Sendable {}

/// The image that is to be copied is not at the source.
public struct RootMissing: Error, Hashable, Sendable {
    /// What it was to be called there.
    public let target: Target
}
