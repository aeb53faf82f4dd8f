// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Replication
import Synchronization

/// The events of a run, in the order in which they came.
final class EventLog: Sendable {
    private let state = Mutex<[RunEvent]>([])

    var events: [RunEvent] { state.withLock { $0 } }

    @Sendable func take(_ event: RunEvent) { state.withLock { $0.append(event) } }

    var planned: [RootPlan] { events.compactMap { if case .planned(let plan) = $0 { plan } else { nil } } }
    var published: [RootPlan] { events.compactMap { if case .published(let plan) = $0 { plan } else { nil } } }
    var equal: [Target] { events.compactMap { if case .equal(_, let target, _) = $0 { target } else { nil } } }

    /// What failed, by its name at the source.
    var failures: [String: any Error] {
        var failures: [String: any Error] = [:]
        for event in events {
            switch event {
            case .failed(let route, let target, let error): failures["\(route.source)\(target)"] = error
            case .routeFailed(let name, let error): failures["\(name)"] = error
            default: break
            }
        }
        return failures
    }

    /// The blobs that arrived in some way, once for each repository.
    func arrivals(_ arrival: Arrival) -> [Descriptor] {
        events.compactMap { if case .blobEnded(let flight, arrival) = $0 { flight.blob } else { nil } }
    }

    /// The blobs that were needed again where they had arrived.
    var shared: [Descriptor] { events.compactMap { if case .blobShared(let blob, _) = $0 { blob } else { nil } } }
}

/// A job of two addresses, as `copy` makes it.
func copyJob(
    _ source: any SourceEndpoint,
    _ destination: any SinkEndpoint,
    from: String = "from.lan/",
    to: String = "to.lan/",
    allTags: Bool = false,
    digestTags: DigestTags = .standard
) throws -> Job {
    let from = try Address(from)
    var mapping = try NameMapping(from: from, to: try Address(to))
    mapping.digestTags = digestTags
    return Job(
        source: source,
        destination: destination,
        selection: Selection(from.scope, allTags: allTags),
        mapping: mapping
    )
}

/// Runs a job to its end, and returns what happened.
@discardableResult
func run(_ job: Job, limits: RunLimits = RunLimits(), hints: any HolderHints = NoHints()) async throws -> EventLog {
    let log = EventLog()
    try await Replicator(job: job, limits: limits, hints: hints, events: log.take).run()
    return log
}

/// The error that something throws; `nil` if it succeeds.
func failure<Value>(_ body: () async throws -> Value) async -> (any Error)? {
    do { _ = try await body() } catch { return error }
    return nil
}

/// The error behind the side that it is marked with.
func underlying(_ error: (any Error)?) -> (any Error)? { (error as? SideFailure)?.underlying }

/// A name that tests know to be good.
func repository(_ text: String) throws -> RepositoryName { try RepositoryName(text) }
