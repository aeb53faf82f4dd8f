// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// Writes what is selected of one or several places into a bundle.
///
/// ```
/// look at everything ─▶ contents ─▶ blobs and manifests, side by side ─▶ end
/// ```
///
/// Everything is looked at before the first byte is written, because a bundle begins with what it holds. What cannot be read
/// stops the export: a bundle that silently lacks an image is found out where nobody can mend it.
public struct Exporter: Sendable {
    /// One place with what is wanted of it.
    public struct Part: Sendable {
        /// Where it is.
        public let place: Place
        /// What is wanted; its destination is a place that has nothing.
        public let job: Job

        /// Describes a part.
        public init(place: Place, job: Job) {
            self.place = place
            self.job = job
        }
    }

    private let parts: [Part]
    private let bundle: any BundleSink
    private let base: Holdings
    private let isLoadable: Bool
    private let modified: Int64
    private let limits: RunLimits
    private let events: @Sendable (RunEvent) -> Void

    /// Makes an exporter.
    /// - Parameters:
    ///   - base: What the far side has, which is left out.
    ///   - isLoadable: Whether `docker load` and `podman load` are to find the images; nothing is left out then.
    ///   - modified: The time that all files of the bundle are given, in seconds since 1970.
    ///   - events: Told of everything that happens, from many tasks at once.
    public init(
        _ parts: [Part],
        to bundle: any BundleSink,
        leavingOut base: Holdings = Holdings(),
        isLoadable: Bool = false,
        modified: Int64 = 0,
        limits: RunLimits = RunLimits(),
        events: @escaping @Sendable (RunEvent) -> Void
    ) {
        self.parts = parts
        self.bundle = bundle
        self.base = base
        self.isLoadable = isLoadable
        self.modified = modified
        self.limits = limits
        self.events = events
    }

    /// Writes the bundle.
    /// - Throws: ``ExportManyPlatforms``; ``ExportIncomplete`` if something that is selected could not be read, ``ExportAmbiguous``,
    ///   ``ExportEmpty``; `OCIContent.SideFailure`; `CancellationError`.
    public func run() async throws {
        let manifest = ExportManifest(isLoadable: isLoadable)
        try await Self.look(at: parts, into: manifest, limits, events)
        let found = try manifest.close(modified: modified, leavingOut: base)
        if !found.contents.assumed.isEmpty {
            events(.leftOut(pieces: found.contents.assumed.count, bytes: found.contents.assumedBytes))
        }
        do { try await bundle.begin(found.contents) } catch { throw SideFailure.wrapping(error, side: .destination) }
        try await writePieces(of: found)
        do { try await bundle.finish() } catch { throw SideFailure.wrapping(error, side: .destination) }
        for plan in found.plans { events(.published(plan)) }
    }

    /// Finds out what would be written, and writes nothing.
    ///
    /// What cannot be read is told as an event, and is not in the sum.
    /// - Throws: What ``run()`` throws where it refuses what is selected; `OCIContent.SideFailure`; `CancellationError`.
    public static func plan(
        _ parts: [Part],
        leavingOut base: Holdings = Holdings(),
        isLoadable: Bool = false,
        limits: RunLimits = RunLimits(),
        events: @escaping @Sendable (RunEvent) -> Void
    ) async throws -> PlanSummary {
        let pricer = PlanPricer(leavingOut: base)
        let manifest = ExportManifest(isLoadable: isLoadable)
        try await look(at: parts, into: manifest, limits, events) { try await pricer.add($0) }
        do { _ = try manifest.close(modified: 0, leavingOut: base) } catch is ExportIncomplete {}
        return await pricer.summary
    }

    /// Takes note of every image that is selected.
    private static func look(
        at parts: [Part],
        into manifest: ExportManifest,
        _ limits: RunLimits,
        _ events: @escaping @Sendable (RunEvent) -> Void,
        _ also: @escaping @Sendable (RootPlan) async throws -> Void = { _ in }
    ) async throws {
        for (index, part) in parts.enumerated() {
            let replicator = Replicator(job: part.job, limits: limits) { event in
                if event.isFailure { manifest.noteFailure() }
                events(event)
            }
            try await replicator.forEachPlan { plan in
                manifest.add(plan, of: part.place, part: index)
                try await also(plan)
            }
        }
    }

    private func writePieces(of found: ExportManifest.Closed) async throws {
        let pieces = found.contents.pieces
        guard bundle.isSequential else {
            return try await forEach(pieces, width: limits.blobs) { piece in
                try await write(piece, found, from: source(of: piece, found))
            }
        }
        try await forEachInOrder(pieces, ahead: limits.blobs) { piece in
            // What was made for this export is nowhere to be read.
            let source = source(of: piece, found)
            if found.written[piece.blob.digest] != nil { return source }
            do { return try await FetchedPiece(piece, from: source) } catch {
                throw SideFailure.wrapping(error, side: .source)
            }
        } _: { piece, source in
            try await write(piece, found, from: source)
        }
    }

    private func source(of piece: BundleContents.Piece, _ found: ExportManifest.Closed) -> any ContentSource {
        let part = parts[found.parts[piece.repository]]
        return part.job.source.source(found.contents.repositories[piece.repository].name)
    }

    private func write(
        _ piece: BundleContents.Piece,
        _ found: ExportManifest.Closed,
        from source: any ContentSource
    ) async throws {
        let digest = piece.blob.digest
        let name = found.contents.repositories[piece.repository].name
        switch piece.kind {
        case .manifest:
            if let document = found.written[digest] { return try await write(document) }
            try await write(try await document(digest, from: source))
        case .blob:
            let blob = Descriptor(mediaType: .octetStream, digest: digest, size: piece.blob.size)
            let flight = BlobFlight(blob: blob, route: Route(source: name, destination: name))
            events(.blobStarted(flight))
            do {
                let arrival = try await write(blob, from: source) { events(.blobMoved(flight, $0)) }
                events(.blobEnded(flight, arrival))
            } catch {
                events(.blobEnded(flight, nil))
                throw SideFailure.wrapping(error, side: .destination)
            }
        }
    }

    private func document(_ digest: Digest, from source: any ContentSource) async throws -> ManifestDocument {
        do {
            guard let document = try await source.document(at: .digest(digest)) else {
                throw ContentError.missing(digest)
            }
            return document
        } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
    }

    private func write(
        _ blob: Descriptor,
        from source: any ContentSource,
        _ watch: @escaping @Sendable (BlobStep) -> Void
    ) async throws -> Arrival {
        if try await bundle.holds(blob.digest) { return .present }
        let content = BlobContent(blob, from: source, watch: watch)
        try await bundle.write(content)
        await content.release()
        return .copied
    }

    private func write(_ document: ManifestDocument) async throws {
        do {
            if try await bundle.holds(document.descriptor.digest) { return }
            try await bundle.write(document)
        } catch {
            throw SideFailure.wrapping(error, side: .destination)
        }
    }
}

/// Something that is selected could not be read, and so no bundle was written.
public struct ExportIncomplete: Error, Hashable, Sendable {
    /// How many images or repositories.
    public let count: Int
}

extension RunEvent {
    /// Whether something that is selected is not to be had.
    fileprivate var isFailure: Bool {
        switch self {
        case .routeFailed, .failed, .refused, .postponed: true
        default: false
        }
    }
}
