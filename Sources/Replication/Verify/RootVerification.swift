// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Synchronization

/// One image on its way through a verification: looked at, mended if that is asked for, and looked at again.
struct RootVerification: Sendable {
    let candidate: Candidate
    let surveyor: Surveyor
    /// `nil` where tags are all that is looked at.
    let inspector: ImageInspector?
    /// `nil` where nothing is mended.
    let healer: Healer?
    /// Says, for a referrer, what it refers to and whether the destination lists it there.
    var listing: (subject: Digest, isListed: @Sendable () async throws -> Bool)?
    /// Manifests of the destination's repository.
    let there: DocumentCache
    /// Manifests of the source.
    let here: DocumentCache
    let events: @Sendable (VerifyEvent) -> Void

    /// How often it is tried to mend what shows only when something else was mended.
    private static let rounds = 3

    /// What one look at an image showed.
    private struct Look {
        var findings: [Finding] = []
        /// What the image is at the source.
        var root: Digest?
        /// The opened image, where the tag is as it should be.
        var graph: ImageGraph?
        /// Whether it is for no platform that is wanted.
        var isUnwanted = false

        var digests: [Digest] { isUnwanted ? [] : graph?.digests ?? [root].compactMap(\.self) }
    }

    /// Verifies the image.
    /// - Returns: The manifests that it consists of, as far as they were looked at.
    /// - Throws: What could not be looked at.
    @discardableResult
    func run() async throws -> [Digest] {
        let told = FindingLog(events)
        var look = try await look(at: candidate, told)
        guard !look.findings.isEmpty else {
            if let root = look.root { events(.sound(candidate.route, candidate.target, root)) }
            return look.digests
        }
        guard let healer else { return look.digests }
        let fresh = candidate.forgettingListings
        var tried: Set<Finding> = []
        var obstacles: [Finding: HealObstacle] = [:]
        for _ in 0..<Self.rounds {
            let untried = look.findings.filter { !tried.contains($0) }
            if untried.isEmpty { break }
            tried.formUnion(untried)
            obstacles.merge(try await mend(untried, look, fresh, healer)) { $1 }
            let before = look.findings
            look = try await self.look(at: fresh, told)
            let rest = Set(look.findings)
            for finding in before where !rest.contains(finding) { events(.healed(finding)) }
        }
        for finding in look.findings { events(.unhealed(finding, obstacles[finding] ?? .unchanged)) }
        return look.digests
    }

    private func mend(
        _ findings: [Finding],
        _ look: Look,
        _ candidate: Candidate,
        _ healer: Healer
    ) async throws -> [Finding: HealObstacle] {
        if let graph = look.graph { return try await healer.mend(findings, of: graph, candidate) }
        guard let obstacle = try await healer.bring(candidate, here) else { return [:] }
        return Dictionary(findings.map { ($0, obstacle) }) { $1 }
    }

    private func look(at candidate: Candidate, _ told: FindingLog) async throws -> Look {
        let survey = try await surveyor.survey(candidate, here)
        func differs(_ root: Digest, _ kind: Finding.Kind) -> Look {
            let finding = Finding(
                route: candidate.route,
                target: candidate.target,
                tag: candidate.tag,
                root: root,
                kind: kind
            )
            told.note(finding)
            return Look(findings: [finding], root: root)
        }
        switch survey.finding {
        case .unwanted: return Look(isUnwanted: true)
        case .lacking(let root): return Look(root: root.descriptor.digest)
        case .equal(let root):
            // As a run does; without mending, a verification leaves nothing behind.
            if let healer, let tag = candidate.tag {
                healer.job.memory.noteEqual(tag, in: candidate.route.destination, root)
            }
            let subject = ImageInspector.Subject(candidate: candidate, root: root, there: there, here: here)
            let found = Mutex<[Finding]>([])
            if let listing, try await !listing.isListed() {
                let finding = subject.finding(.unlisted(subject: listing.subject))
                found.withLock { $0.append(finding) }
                told.note(finding)
            }
            guard let inspector else { return Look(findings: found.withLock { $0 }, root: root) }
            let graph = try await inspector.inspect(subject) { finding in
                found.withLock { $0.append(finding) }
                told.note(finding)
            }
            return Look(findings: found.withLock { $0 }, root: root, graph: graph)
        case .unopened(let new, nil): return differs(new, .missing(new))
        case .unopened(let new, let old?): return differs(new, .moved(new: new, old: old))
        case .refused(let refusal):
            // That it may not be moved does not make it equal.
            let new = refusal.new
            return differs(new, refusal.old.map { .moved(new: new, old: $0) } ?? .missing(new))
        case .left(let old):
            let new = try await surveyor.newDigest(candidate)
            return differs(new, .moved(new: new, old: old))
        case .new(let graph): return differs(graph.root.descriptor.digest, .missing(graph.root.descriptor.digest))
        case .moved(let graph, let old):
            let new = graph.root.descriptor.digest
            return differs(new, .moved(new: new, old: old))
        }
    }
}

extension Candidate {
    /// The same image, of which listings say nothing any more: they were before something was mended.
    fileprivate var forgettingListings: Candidate {
        var candidate = self
        candidate.mayBePresent = true
        candidate.destinationDigest = nil
        return candidate
    }
}

/// Tells each finding of an image once, however often it is looked at.
private final class FindingLog: Sendable {
    private let events: @Sendable (VerifyEvent) -> Void
    private let told = Mutex<Set<Finding>>([])

    init(_ events: @escaping @Sendable (VerifyEvent) -> Void) { self.events = events }

    func note(_ finding: Finding) {
        if told.withLock({ $0.insert(finding).inserted }) { events(.found(finding)) }
    }
}
