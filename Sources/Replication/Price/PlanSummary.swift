// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// What a run would do in all, as far as it can be known before.
public struct PlanSummary: Hashable, Sendable {
    /// Blobs whose bytes would be sent.
    public var blobsToCopy = 0
    /// The bytes of these, each blob once.
    public var bytesToCopy: Int64 = 0
    /// Blobs that would be linked from another repository of the destination: a forecast, since what is mounted is decided
    /// when it comes to it.
    public var blobsToMount = 0
    /// Blobs that the destination has already where they are needed.
    public var blobsPresent = 0
    /// The bytes that are not sent, since blobs are there, can be mounted, or are needed more than once.
    public var bytesSaved: Int64 = 0
    /// Manifests that would be written, each image's own among them.
    public var manifestsToWrite = 0
    /// Manifests that would be written before everything else, to find out whether the destination takes them.
    public var trials = 0
    /// Requests at the source to fetch what is to be copied; looking is not among them.
    public var sourceRequests = 0
    /// Requests at the destination to write it; looking is not among them.
    public var destinationRequests = 0

    /// An empty sum.
    public init() {}
}

/// Adds up what the plans of a run need: each blob of each repository once.
struct PlanLedger {
    private struct Wanted {
        var size: Int64
        var present = 0
        var absent = 0
        var mentions = 0
    }

    /// Blobs that can be mounted, whichever repository has them.
    private let elsewhere: Set<Digest>
    private var blobs: [Digest: Wanted] = [:]
    private var known: Set<Place> = []
    private var manifests: Set<Place> = []
    private var publishes = 0
    private var trials = 0

    private struct Place: Hashable {
        let repository: RepositoryName
        let digest: Digest
    }

    init(elsewhere: Set<Digest> = []) { self.elsewhere = elsewhere }

    /// Takes in a plan, and returns its blobs whose presence at the destination is not known yet.
    mutating func add(_ plan: RootPlan) -> [Descriptor] {
        let repository = plan.route.destination
        publishes += plan.change == .unchanged ? 0 : 1
        trials += plan.trialCount
        for child in plan.children.joined() {
            manifests.insert(Place(repository: repository, digest: child.descriptor.digest))
        }
        let unknown = plan.blobs.filter { blob in
            blobs[blob.digest, default: Wanted(size: blob.size)].mentions += 1
            return known.insert(Place(repository: repository, digest: blob.digest)).inserted
        }
        return plan.companions.reduce(unknown) { $0 + add($1) }
    }

    /// Takes in whether a repository has a blob.
    mutating func note(_ blob: Descriptor, isPresent: Bool) {
        if isPresent { blobs[blob.digest]?.present += 1 } else { blobs[blob.digest]?.absent += 1 }
    }

    /// The sum of what was taken in.
    var summary: PlanSummary {
        var sum = PlanSummary()
        for (digest, wanted) in blobs {
            let isThere = wanted.present > 0 || elsewhere.contains(digest)
            let copies = wanted.absent > 0 && !isThere ? 1 : 0
            sum.blobsToCopy += copies
            sum.blobsToMount += wanted.absent - copies
            sum.blobsPresent += wanted.present
            sum.bytesToCopy = sum.bytesToCopy.addingClamped(copies == 1 ? wanted.size : 0)
            let (saved, overflow) = wanted.size.multipliedReportingOverflow(by: Int64(wanted.mentions - copies))
            sum.bytesSaved = sum.bytesSaved.addingClamped(overflow ? .max : saved)
        }
        sum.sourceRequests = sum.blobsToCopy
        sum.manifestsToWrite = manifests.count + publishes
        sum.trials = trials
        sum.destinationRequests =
            2 * sum.blobsToCopy + sum.blobsToMount + sum.blobsPresent + sum.manifestsToWrite + sum.trials
        return sum
    }
}
