// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Synchronization

/// Acts: carries out plans, and never decides what is to be done.
///
/// Blobs of all images and repositories share one bound. Each image's order is fixed: its blobs, then the manifests that
/// point to them from the bottom up, then the root together with its tag.
struct Transfer: Sendable {
    let job: Job
    let ledger: ArrivalLedger
    let blobSlots: Slots
    let events: @Sendable (RunEvent) -> Void

    /// Carries out the plan of one image.
    /// - Throws: `CancellationError`; ``OCIContent/SideFailure`` for what could not be done, after which the tag is where
    ///   it was.
    func execute(_ plan: RootPlan) async throws {
        let destination = job.destination.sink(plan.route.destination)
        try await DestinationTrial(place: job.destination.name, destination: destination).run(plan)
        do { try await bring(plan, to: destination) } catch let failure as SideFailure {
            guard (failure.underlying as? any MissingReferencesError)?.isAboutMissingReferences == true else {
                throw failure
            }
            // The destination has collected as garbage what had been there when it was asked.
            await forget(plan)
            try await bring(plan, to: destination)
        }
        events(.published(plan))
    }

    private func bring(_ plan: RootPlan, to destination: any ContentSink) async throws {
        try await moveBlobs(of: plan, to: destination)
        for level in plan.children {
            try await forEach(level, width: 8) { child in try await write(child, of: plan, to: destination) }
        }
        try await forEach(plan.companions, width: 8) { companion in try await bring(companion, to: destination) }
        if plan.change == .unchanged { return }
        do {
            if let tag = plan.tag {
                if job.overwrite.guardsTags { try await check(tag, of: plan, at: destination) }
                try await destination.publish(plan.root, as: tag)
                job.memory.noteEqual(tag, in: plan.route.destination, plan.root.descriptor.digest)
            } else {
                try await destination.write(plan.root)
            }
        } catch {
            throw error is Refusal ? error : SideFailure.wrapping(error, side: .destination)
        }
    }

    private func forget(_ plan: RootPlan) async {
        let repository = plan.route.destination
        for blob in plan.blobs { await ledger.forget(.blob(blob.digest), in: repository) }
        for child in plan.children.joined() { await ledger.forget(.manifest(child.descriptor.digest), in: repository) }
        for companion in plan.companions { await forget(companion) }
    }

    /// Looks once more whether the tag is what it was when it was decided to move it.
    ///
    /// Between this and the move is one request, which no registry of today lets be conditional.
    private func check(_ tag: TagName, of plan: RootPlan, at destination: any ContentSink) async throws {
        let expected: Digest? = if case .moved(let old) = plan.change { old } else { nil }
        let old = try await destination.resolve(.tag(tag))?.digest
        let new = plan.root.descriptor.digest
        guard old == expected || old == new else {
            throw Refusal(new: new, old: old, reason: .changedMeanwhile(expected))
        }
    }

    /// Moves the blobs side by side.
    ///
    /// After one has failed no other is begun, but those under way are let end: other images may wait for them.
    private func moveBlobs(of plan: RootPlan, to destination: any ContentSink) async throws {
        let failure = FirstFailure()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for blob in plan.blobs {
                group.addTask {
                    guard failure.isEmpty else { return }
                    do { try await move(blob, of: plan.route, to: destination, unless: failure) } catch {
                        if error is CancellationError { throw error }
                        failure.note(error)
                    }
                }
            }
            try await group.waitForAll()
        }
        try failure.rethrow()
    }

    /// - Parameter replaces: Whether what the destination has of the blob is known to be wrong.
    func move(
        _ blob: Descriptor,
        of route: Route,
        to destination: any ContentSink,
        replaces: Bool = false,
        unless failure: FirstFailure
    ) async throws {
        let claim = try await ledger.claim(.blob(blob.digest), on: route)
        guard case .granted(let sibling) = claim else {
            events(.blobShared(blob, route))
            return
        }
        do {
            let slot = try await blobSlots.acquire()
            defer { slot.release() }
            guard failure.isEmpty else { return await ledger.settle(.blob(blob.digest), on: route, .failed) }
            let flight = BlobFlight(blob: blob, route: route)
            events(.blobStarted(flight))
            let source = job.source.source(route.source)
            var content = BlobContent(blob, from: source) { events(.blobMoved(flight, $0)) }
            content.replaces = replaces
            let arrival: Arrival
            do {
                let sibling = replaces ? nil : sibling ?? holder(for: route)
                arrival = try await destination.write(content, heldBy: sibling)
            } catch {
                events(.blobEnded(flight, nil))
                let error = DigestRefused(.blobs, blob.digest, by: job.destination.name, error) ?? error
                // Before the slot is free: whoever gets it must not begin.
                if !(error is CancellationError) { failure.note(SideFailure.wrapping(error, side: .destination)) }
                throw error
            }
            await content.release()
            events(.blobEnded(flight, arrival))
            await ledger.settle(.blob(blob.digest), on: route, .arrived(arrival))
        } catch {
            let failure = SideFailure.wrapping(error, side: .destination)
            await ledger.settle(.blob(blob.digest), on: route, outcome(of: failure))
            throw failure
        }
    }

    /// Where the destination holds a blob, if it is the source, too.
    private func holder(for route: Route) -> RepositoryName? {
        job.mapping.isWithinOnePlace && route.source != route.destination ? route.source : nil
    }

    /// What a failure means for the others that want the same blob.
    ///
    /// A wrong size is the fault of the manifest that stated it, and another may state it right.
    private func outcome(of failure: any Error) -> ArrivalLedger.Outcome {
        guard let failure = failure as? SideFailure, failure.side == .source else { return .failed }
        switch failure.underlying {
        case ContentError.tooLong, ContentError.tooShort, ContentError.wrongSize: return .failed
        default: return .impossible(failure)
        }
    }

    func write(_ child: ManifestDocument, of plan: RootPlan, to destination: any ContentSink) async throws {
        let content = ArrivalLedger.Content.manifest(child.descriptor.digest)
        let claim = try await ledger.claim(content, on: plan.route)
        guard case .granted = claim else { return }
        do {
            try await destination.write(child)
            await ledger.settle(content, on: plan.route, .arrived(.copied))
        } catch {
            await ledger.settle(content, on: plan.route, .failed)
            throw SideFailure.wrapping(error, side: .destination)
        }
    }
}

/// The first of the errors of work that runs side by side.
final class FirstFailure: Sendable {
    private let error = Mutex<(any Error)?>(nil)

    var isEmpty: Bool { error.withLock { $0 == nil } }

    func note(_ new: any Error) { error.withLock { $0 = $0 ?? new } }

    func rethrow() throws {
        if let error = error.withLock({ $0 }) { throw error }
    }
}
