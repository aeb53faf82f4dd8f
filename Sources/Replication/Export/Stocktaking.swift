// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
public import OCIContent
import Synchronization

/// Lists what a place holds, so that bundles for it can leave that out.
public struct Stocktaking: Sendable {
    /// What is known of a repository.
    private struct Stock {
        var held: Set<Digest> = []
        private var asked: Set<Digest> = []

        /// Takes in the manifests of an image, and returns its blobs that nobody has asked for yet.
        mutating func take(_ plan: RootPlan) -> [Descriptor] {
            plan.addManifests(to: &held)
            return plan.allBlobs.filter { asked.insert($0.digest).inserted }
        }
    }

    private let job: Job
    private let limits: RunLimits
    private let events: @Sendable (RunEvent) -> Void

    /// Prepares it.
    /// - Parameters:
    ///   - job: What of the place is looked at; its destination is a place that has nothing.
    ///   - events: Told of everything that happens, from many tasks at once.
    public init(
        _ job: Job,
        limits: RunLimits = RunLimits(),
        events: @escaping @Sendable (RunEvent) -> Void
    ) {
        self.job = job
        self.limits = limits
        self.events = events
    }

    /// Looks at everything.
    ///
    /// An image that cannot be read is told as an event, and is not in the inventory: bundles then bring it anew.
    /// - Throws: `OCIContent.SideFailure` if the place cannot be reached or does not list its repositories;
    ///   `CancellationError`.
    public func run() async throws -> Inventory {
        let found = Mutex<[RepositoryName: Stock]>([:])
        try await Replicator(job: job, limits: limits, events: events)
            .forEachPlan { plan in
                let name = plan.route.source
                // A manifest can outlive its blobs, and what is left out for nothing could never be imported.
                let unknown = found.withLock { $0[name, default: Stock()].take(plan) }
                let source = job.source.source(name)
                try await forEach(unknown, width: 8) { blob in
                    guard try await source.contains(blob) else {
                        let target = plan.tag.map { Target.tag($0) } ?? .digest(plan.root.descriptor.digest)
                        return events(.failed(plan.route, target, ContentError.missing(blob.digest)))
                    }
                    found.withLock { _ = $0[name]?.held.insert(blob.digest) }
                }
            }
        let repositories = found.withLock { $0 }
            .map { Inventory.Repository(name: $0.key, digests: $0.value.held) }
            .sorted { $0.name < $1.name }
        return Inventory(place: job.source.name, repositories: repositories)
    }
}

extension RootPlan {
    /// The blobs of the image and of what hangs on it.
    fileprivate var allBlobs: [Descriptor] { companions.reduce(blobs) { $0 + $1.allBlobs } }

    /// Adds all manifests that the image reaches.
    fileprivate func addManifests(to digests: inout Set<Digest>) {
        digests.formUnion(children.joined().lazy.map(\.descriptor.digest))
        digests.insert(root.descriptor.digest)
        for companion in companions { companion.addManifests(to: &digests) }
    }
}
