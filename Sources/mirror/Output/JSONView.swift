// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCIRegistry
import Replication

/// For scripts: one JSON object a line on standard output.
///
/// Its `event` says what kind of line it is.
struct JSONView: View {
    /// The job that all lines belong to, where there is one.
    let job: String?
    let interval: Duration = .seconds(5)
    private let out = Terminal.standardOutput

    func begin(_ title: JobTitle) {
        var line = JSONLine(event: "job")
        line.source = title.source
        line.destination = title.destination
        write(line)
    }

    func show(_ event: RunEvent, of source: RegistryHost?) {
        guard var line = JSONLine(event) else { return }
        line.registry = source?.description
        write(line)
    }

    func show(_ request: RequestRecord, _ side: Side) {
        // Standard output has results only.
        Terminal.standardError.write(Lines.line(for: request, side) + "\n")
    }

    func warn(_ sentence: String) { write(JSONLine(event: "warning", message: sentence)) }

    func complain(_ error: any Error) {
        write(JSONLine(event: "error", message: Wording.sentence(for: error), hint: Wording.hint(for: error)))
    }

    func tick(_ totals: RunTotals) {
        var line = JSONLine(event: "progress")
        line.counts = JSONLine.Counts(totals)
        write(line)
    }

    func finish(_ report: Report) {
        if let failure = report.failure { complain(failure) }
        var line = JSONLine(event: "report")
        line.counts = JSONLine.Counts(report.totals)
        line.seconds = report.duration / .seconds(1)
        line.interrupted = report.isInterrupted
        line.hosts = report.slowestHosts.map { JSONLine.Host(name: $0.name, tally: $0.host) }
        line.takePulls(report.totals)
        write(line)
    }

    func finish(_ plan: PlanReport) {
        var line = JSONLine(event: "plan")
        line.counts = JSONLine.Counts(plan.totals)
        line.plan = JSONLine.Plan(plan)
        line.takePulls(plan.totals)
        write(line)
    }

    func finish(_ report: InventoryReport) {
        var line = JSONLine(event: "inventory")
        line.destination = report.place
        line.repositories = report.repositories
        line.pieces = report.pieces
        line.failed = report.failures.count
        write(line)
    }

    func show(_ event: VerifyEvent) {
        if let line = JSONLine(verified: event) { write(line) }
    }

    func tick(_ totals: VerifyTotals) {
        var line = JSONLine(event: "progress")
        line.verified = JSONLine.Verified(totals)
        write(line)
    }

    func finish(_ report: VerifyReport) {
        if let failure = report.failure { complain(failure) }
        write(JSONLine(report))
    }

    private func write(_ line: JSONLine) {
        var line = line
        line.job = job
        out.write(Self.text(line) + "\n")
    }

    /// A line as it is printed, without its end; empty if it cannot be written, which no line of ours does.
    static func text(_ line: JSONLine) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(line) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}

/// One line; what it does not need is absent.
struct JSONLine: Encodable {
    /// How many of everything.
    struct Counts: Encodable {
        let repositories, new, moved, equal, lacking, unwanted, published, companions, failed, refused, left,
            postponed, unopened, manifestsEstimated: Int
        let blobsCopied, blobsMounted, blobsPresent, piecesAssumed, piecesMissing: Int
        let bytesCopied, bytesSpared, bytesAssumed, bytesEstimated: Int64
        let resumed, restarted: Int
        let bytesResumed, bytesRestarted, bytesTrusted: Int64
        let sourceRequests, destinationRequests: Int

        init(_ totals: RunTotals) {
            repositories = totals.repositories
            new = totals.new
            moved = totals.moved
            equal = totals.equal
            lacking = totals.lacking
            unwanted = totals.unwanted
            published = totals.published
            companions = totals.companions
            failed = totals.failures.count
            refused = totals.refused
            left = totals.left
            unopened = totals.unopened
            postponed = totals.postponed
            manifestsEstimated = totals.manifestsEstimated
            bytesEstimated = totals.bytesEstimated
            piecesAssumed = totals.piecesAssumed
            piecesMissing = totals.piecesMissing
            bytesAssumed = totals.bytesAssumed
            blobsCopied = totals.blobsCopied
            blobsMounted = totals.blobsMounted
            blobsPresent = totals.blobsPresent
            bytesCopied = totals.bytesCopied
            bytesSpared = totals.bytesSpared
            resumed = totals.setbacks.resumed
            restarted = totals.setbacks.restarted
            bytesResumed = totals.setbacks.bytesResumed
            bytesRestarted = totals.setbacks.bytesRestarted
            bytesTrusted = totals.setbacks.bytesTrusted
            sourceRequests = totals.requests.bySide[.source] ?? 0
            destinationRequests = totals.requests.bySide[.destination] ?? 0
        }
    }

    /// What a run would do.
    struct Plan: Encodable {
        let blobsToCopy, blobsToMount, blobsPresent: Int
        let bytesToCopy, bytesSaved: Int64
        let sourceRequests, destinationRequests: Int

        init(_ report: PlanReport) {
            blobsToCopy = report.summary.blobsToCopy
            blobsToMount = report.summary.blobsToMount
            blobsPresent = report.summary.blobsPresent
            bytesToCopy = report.summary.bytesToCopy
            bytesSaved = report.summary.bytesSaved
            sourceRequests = report.requests(.source)
            destinationRequests = report.requests(.destination)
        }
    }

    /// How fast a host answered.
    struct Host: Encodable {
        let name: String
        let requests: Int
        let meanSeconds: Double
        let slowestSeconds: Double

        init(name: String, tally: RequestTally.Host) {
            self.name = name
            requests = tally.count
            meanSeconds = tally.mean / .seconds(1)
            slowestSeconds = tally.slowest / .seconds(1)
        }
    }

    /// How many manifests may still be fetched at a host.
    struct Pulls: Encodable {
        let host: String
        let limit, remaining: Int
        let windowSeconds: Double?
        let holder: String?

        init(host: String, limit: PullLimit) {
            self.host = host
            self.limit = limit.limit
            remaining = limit.remaining
            windowSeconds = limit.window.map { $0 / .seconds(1) }
            holder = limit.holder?.rawValue
        }
    }

    let event: String
    var job: String?
    /// The registry that is read, where there are several.
    var registry: String?
    var source: String?
    var destination: String?
    var tag: String?
    var digest: String?
    var oldDigest: String?
    var blobs: Int?
    /// What an inventory has.
    var repositories, pieces, failed: Int?
    /// How many signatures and other referrers come with an image.
    var companions: Int?
    var bytes: Int64?
    var message: String?
    var hint: String?
    var counts: Counts?
    var plan: Plan?
    var seconds: Double?
    var interrupted: Bool?
    var hosts: [Host]?
    var pulls: [Pulls]?
    var kind: String?
    var part: Part?
    var verified: Verified?
    var depth: String?
    var sample: Sample?

    init(event: String, message: String? = nil, hint: String? = nil) {
        self.event = event
        self.message = message
        self.hint = hint
    }

    /// The line for an event of the engine; `nil` for those that only feed the counts.
    init?(_ event: RunEvent) {
        switch event {
        case .routeFound(let route): self.init("repository", route)
        case .routeFailed(let name, let error):
            self.init(event: "failed", message: Wording.sentence(for: error), hint: Wording.hint(for: error))
            source = name.text
        case .equal(let route, let target, let digest):
            self.init("equal", route)
            take(target)
            self.digest = digest.description
        case .planned(let plan): self.init("planned", plan)
        case .estimated(let route, let target, _, let new, let old, let details):
            self.init("estimated", route)
            take(target)
            digest = new.description
            oldDigest = old?.description
            bytes = details?.size
        case .postponed(let route, let target, let shortage):
            self.init("postponed", route)
            take(target)
            message = Wording.sentence(for: shortage)
            hint = Wording.hint(for: shortage)
        case .refused(let route, let target, let refusal):
            self.init("refused", route)
            take(target)
            digest = refusal.new.description
            oldDigest = refusal.old?.description
            message = Wording.sentence(for: refusal)
            hint = Wording.hint(for: refusal)
        case .unwanted(let route, let target, let unwanted):
            self.init("unwanted", route)
            take(target)
            message = Wording.sentence(for: unwanted)
        case .left(let route, let target, let digest):
            self.init("left", route)
            take(target)
            oldDigest = digest.description
        case .published(let plan): self.init("published", plan)
        case .blobEnded(let flight, let arrival?):
            self.init("\(arrival)", flight, bytes: flight.blob.size)
        case .failed(let route, let target, let error):
            self.init("failed", route)
            take(target)
            message = Wording.sentence(for: error)
            hint = Wording.hint(for: error)
        case .missing(let missing):
            self.init(event: "missing", message: ArchiveWording.sentence(for: missing))
            digest = missing.blob.digest.description
            bytes = missing.blob.size
        case .blobMoved(let flight, .resumed(let offset)): self.init("resumed", flight, bytes: offset)
        case .blobMoved(let flight, .restarted(let lost)): self.init("restarted", flight, bytes: lost)
        case .blobMoved(let flight, .trusted(let bytes)): self.init("trusted", flight, bytes: bytes)
        case .blobStarted, .blobMoved, .blobShared, .blobEnded(_, nil), .leftOut: return nil
        }
    }

    /// How many manifests may still be fetched, where registries say it.
    mutating func takePulls(_ totals: RunTotals) {
        let limits = totals.requests.pullLimits.sorted { $0.key < $1.key }
        if !limits.isEmpty { pulls = limits.map { Pulls(host: $0.key.description, limit: $0.value) } }
    }

    mutating func take(_ target: Target) {
        switch target {
        case .tag(let tag): self.tag = tag.text
        case .digest(let digest): self.digest = digest.description
        }
    }

    init(_ event: String, _ route: Route) {
        self.init(event: event)
        source = route.source.text
        destination = route.destination.text
    }

    private init(_ event: String, _ flight: BlobFlight, bytes: Int64) {
        self.init(event, flight.route)
        digest = flight.blob.digest.description
        self.bytes = bytes
    }

    private init(_ event: String, _ plan: RootPlan) {
        self.init(event, plan.route)
        tag = plan.tag?.text
        digest = plan.root.descriptor.digest.description
        if case .moved(let old) = plan.change { oldDigest = old.description }
        blobs = plan.blobs.count
        bytes = plan.blobBytes
        if !plan.companions.isEmpty { companions = plan.companions.count }
    }
}
