// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Synchronization

/// Acts on what a verification found, through the plans and the transfer of a run: mends that, and nothing else.
struct Healer: Sendable {
    let job: Job
    let transfer: Transfer
    let surveyor: Surveyor
    let verdicts: BlobVerdicts

    /// Brings an image whose tag is missing or points to something else, as a run does.
    /// - Returns: What stands in the way.
    /// - Throws: What ends a run.
    func bring(_ candidate: Candidate, _ documents: DocumentCache) async throws -> HealObstacle? {
        do {
            let survey = try await surveyor.survey(candidate, documents)
            switch survey.finding {
            case .refused(let refusal): return .refused(refusal)
            case .left: return .left
            case .equal, .lacking, .new, .moved, .unopened, .unwanted: break
            }
            if let plan = try Planner.plan(survey) { try await transfer.execute(plan) }
            return nil
        } catch let refusal as Refusal {
            return .refused(refusal)
        } catch {
            try surveyor.contact.settle(error)
            return .failed(error)
        }
    }

    /// Sends again what the destination lacks or has wrong of an image whose tag is as it should be; the tag stays where it
    /// is.
    ///
    /// - Returns: What could not be sent, and why.
    /// - Throws: What ends a run.
    func mend(_ findings: [Finding], of graph: ImageGraph, _ candidate: Candidate) async throws -> [Finding:
        HealObstacle]
    {
        let root = graph.root.descriptor.digest
        let survey = RootSurvey(
            route: candidate.route,
            target: candidate.target,
            tag: nil,
            finding: .moved(graph, from: root)
        )
        guard let plan = try Planner.plan(survey) else { return [:] }
        let destination = job.destination.sink(plan.route.destination)
        let obstacles = Obstacles(contact: surveyor.contact)
        let parts = PartTable(findings)
        try await forEach(plan.blobs, width: 8) { blob in
            guard let finding = parts.blob(blob.digest) else { return }
            try await obstacles.note(finding) { try await send(blob, for: finding, on: plan.route, to: destination) }
        }
        // What a manifest points to comes before it.
        for child in plan.children.joined() {
            guard let finding = parts.manifest(child.descriptor.digest) else { continue }
            try await obstacles.note(finding) {
                await transfer.ledger.forget(.manifest(child.descriptor.digest), in: plan.route.destination)
                try await transfer.write(child, of: plan, to: destination)
            }
        }
        // A referrer that is written is listed, too.
        if let finding = parts.manifest(root) ?? findings.first(where: \.isUnlisted) {
            try await obstacles.note(finding) {
                do { try await destination.write(plan.root) } catch {
                    throw SideFailure.wrapping(error, side: .destination)
                }
            }
        }
        return obstacles.all
    }

    private func send(
        _ blob: Descriptor,
        for finding: Finding,
        on route: Route,
        to destination: any ContentSink
    ) async throws {
        let place = BlobVerdicts.Place(repository: route.destination, digest: blob.digest, size: blob.size)
        if await verdicts.claimSending(place) {
            // What was confirmed before it was read is not to be relied upon.
            await transfer.ledger.forget(.blob(blob.digest), in: route.destination)
        }
        let replaces = if case .damaged = finding.kind { true } else { false }
        try await transfer.move(blob, of: route, to: destination, replaces: replaces, unless: FirstFailure())
        await verdicts.noteSent(place)
    }
}

extension Finding {
    fileprivate var isUnlisted: Bool { if case .unlisted = kind { true } else { false } }
}

/// The findings of one image by what they concern.
private struct PartTable: Sendable {
    private var blobs: [Digest: Finding] = [:]
    private var manifests: [Digest: Finding] = [:]

    init(_ findings: [Finding]) {
        for finding in findings {
            guard let part = finding.part else { continue }
            if part.isManifest { manifests[part.digest] = finding } else { blobs[part.digest] = finding }
        }
    }

    func blob(_ digest: Digest) -> Finding? { blobs[digest] }

    func manifest(_ digest: Digest) -> Finding? { manifests[digest] }
}

/// What went wrong with what; one failure stops no other.
private final class Obstacles: Sendable {
    private let contact: SideContact
    private let obstacles = Mutex<[Finding: HealObstacle]>([:])

    init(contact: SideContact) { self.contact = contact }

    var all: [Finding: HealObstacle] { obstacles.withLock { $0 } }

    func note(_ finding: Finding, _ body: () async throws -> Void) async throws {
        do { try await body() } catch {
            try contact.settle(error)
            obstacles.withLock { $0[finding] = .failed(error) }
        }
    }
}
