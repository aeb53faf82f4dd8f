// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIContent
import OCILayout
import OCIRegistry
import Replication

/// The places of one command, each opened once: jobs that share a registry share its connections and limits.
actor PlacePool {
    private struct Registry: Hashable {
        let host: RegistryHost
        let scheme: Scheme
    }

    private struct Folder: Hashable {
        let place: Place
        let purpose: LayoutStore.Purpose
    }

    /// What is open, and how it is ended.
    private struct OpenFolder {
        let source: any SourceEndpoint
        /// `nil` for what is only read from.
        let sink: (any SinkEndpoint)?
        let shutdown: @Sendable () async throws -> Void
    }

    private let access: RegistryAccesses
    private let bandwidth: Bandwidth
    /// Whether something is kept for later runs.
    private let remembers: Bool
    private var registries: [Registry: RemoteRegistry] = [:]
    private var folders: [Folder: OpenFolder] = [:]
    private var caches: [RegistryHost: ManifestCache] = [:]
    private var journals: [RegistryHost: UploadJournal] = [:]
    /// Which mirrors, and which registries that have some, are worth asking.
    private var conditions: [MirrorPlace: PlaceCondition] = [:]
    private let spool: SpoolFolder
    private let policy = RetryPolicy()

    init(_ access: RegistryAccesses, remembers: Bool = true) {
        self.access = access
        bandwidth = Bandwidth(access)
        self.remembers = remembers
        spool = SpoolFolder(
            at: StateDirectory.spool.path,
            limit: access.spool.limit.value.value,
            sparesDisk: access.spool.rule.value == .auto
        )
    }

    /// The only wiring: a place to read from; a registry is observed, retried, read over several connections where one is
    /// slow, has its mirrors in front of it, and a memory of manifests and of blobs that did not arrive yet.
    /// - Parameter destination: Where what is read is written to.
    func source(
        _ place: Place,
        besides destination: Place? = nil,
        _ show: Show
    ) async throws -> any SourceEndpoint {
        guard case .registry(let host, let scheme) = place else {
            return try await folder(place, for: .reading).source
        }
        let mirrors = access.mirrors(of: host, besides: destination?.host)
        guard !mirrors.isEmpty else { return remembering(try await origin(host, scheme, show), of: host) }
        return remembering(try await mirrored(host, scheme, by: mirrors, show), of: host)
    }

    private func origin(_ host: RegistryHost, _ scheme: Scheme?, _ show: Show) async throws -> any SourceEndpoint {
        await read(try endpoint(host, scheme, .source, show), of: host, policy)
    }

    private func read(
        _ endpoint: RemoteEndpoint,
        of host: RegistryHost,
        _ policy: RetryPolicy
    ) async -> any SourceEndpoint {
        let paced = PacedEndpoint(endpoint, throttles: await bandwidth.throttles(of: host, .source))
        let retrying = RetryingEndpoint(paced, policy: policy)
        // On this machine a connection is never what a copy waits for.
        return host.isLoopback ? retrying : ParallelEndpoint(retrying)
    }

    /// A registry with its mirrors in front of it; what mirrors their own entries name does not count.
    private func mirrored(
        _ host: RegistryHost,
        _ scheme: Scheme?,
        by mirrors: [MirrorPlace],
        _ show: Show
    ) async throws -> MirroredEndpoint {
        let isAlone = access.usesOnlyMirrors(host)
        // To ask another place is a better second try.
        let policy = isAlone ? policy : RetryPolicy(attempts: 2)
        var members: [MirroredEndpoint.Member] = []
        for mirror in mirrors {
            let whole = await read(try endpoint(mirror.host, nil, .source, show), of: mirror.host, policy)
            let part = mirror.path.map { SubtreeEndpoint($0, of: whole) as any SourceEndpoint } ?? whole
            members.append(.init(part, condition(of: mirror)))
        }
        let itself = isAlone ? nil : try await origin(host, scheme, show)
        return MirroredEndpoint(name: host.description, origin: itself, mirrors: members) { notice in
            show.warn(MirrorWording.sentence(for: notice).printable)
        }
    }

    private func condition(of mirror: MirrorPlace) -> PlaceCondition {
        let condition = conditions[mirror] ?? .mirror()
        conditions[mirror] = condition
        return condition
    }

    /// How many manifests a place to read from lets be fetched; `nil` where that is not counted, and where it is never asked.
    /// - Parameters:
    ///   - destination: Where what is read is written to.
    ///   - planning: Whether nothing but a plan is made, which waits for nothing.
    func pulls(
        of place: Place,
        besides destination: Place? = nil,
        _ show: Show,
        planning: Bool = false
    ) throws -> RegistryPulls? {
        guard case .registry(let host, let scheme) = place, !access.usesOnlyMirrors(host) else { return nil }
        let endpoint = try endpoint(host, scheme, .source, show)
        var rule = access.pullRule(of: host)
        guard endpoint.countsPulls || rule != PullRule() else { return nil }
        if planning { rule.shortage = .stop }
        let hasMirrors = !access.mirrors(of: host, besides: destination?.host).isEmpty
        return RegistryPulls(of: endpoint, rule, hasMirrors: hasMirrors) { show.record($0) }
    }

    /// Asks how many manifests a place lets be fetched, so that a plan can tell; where that is known, nothing is asked.
    func askForPulls(at place: Place, _ show: Show) async throws {
        do { _ = try await pulls(of: place, show)?.limit(for: nil) } catch {
            // The plan is made; this was only to be told with it.
            try Task.checkCancellation()
        }
    }

    private func remembering(_ endpoint: some SourceEndpoint, of host: RegistryHost) -> any SourceEndpoint {
        guard remembers else { return endpoint }
        let remembering = RememberingEndpoint(endpoint, memory: cache(of: host))
        return spools(host) ? SpoolingEndpoint(remembering, in: spool) : remembering
    }

    /// The same for a place to write to.
    func destination(_ place: Place, _ show: Show) async throws -> any SinkEndpoint {
        guard case .registry(let host, let scheme) = place else {
            guard let sink = try await folder(place, for: .writing).sink else { throw place.refusal }
            return sink.paced(by: await bandwidth.throttles(of: nil, .destination))
        }
        let paced = PacedEndpoint(
            try endpoint(host, scheme, .destination, show),
            throttles: await bandwidth.throttles(of: host, .destination)
        )
        return RetryingEndpoint(paced, policy: policy)
    }

    /// A destination of which only a plan is made: a folder is not made by looking at it.
    func planned(_ place: Place, _ show: Show) async throws -> any SinkEndpoint {
        switch place {
        case .layout, .oci:
            if let unmade = unmade(place) { return unmade }
            return ReadOnlyEndpoint(try await folder(place, for: .reading).source)
        case .registry, .bundle, .archive: return try await destination(place, show)
        }
    }

    /// In the place of a folder that a run would make: one that has nothing; `nil` where something is there.
    nonisolated func unmade(_ place: Place) -> MemoryEndpoint? {
        switch place {
        case .layout(let path), .oci(let path):
            let isThere = FileManager.default.fileExists(atPath: path)
            let isEmpty = (try? FileManager.default.contentsOfDirectory(atPath: path))?.isEmpty == true
            return isThere && !isEmpty ? nil : MemoryEndpoint(name: "\(place)")
        case .registry, .bundle, .archive: return nil
        }
    }

    /// A destination as it is looked at: read, with nothing that was remembered, and with no more rights than that takes.
    /// - Parameter purpose: Whether it is written to as well, which a folder must know.
    func inspected(_ place: Place, for purpose: LayoutStore.Purpose, _ show: Show) async throws -> any SourceEndpoint {
        guard case .registry(let host, let scheme) = place else {
            return try await folder(place, for: purpose).source
        }
        let endpoint = try registry(host, scheme)
            .endpoint(
                as: .source,
                observer: { show.record($0, .destination) },
                skipped: { show.record($0, .destination) },
                noted: { show.record($0) }
            )
        return await read(endpoint, of: host, policy)
    }

    /// What earlier runs knew of a destination's blobs; a folder finds out by itself.
    nonisolated func hints(of place: Place) -> any HolderHints {
        if remembers, let host = place.host { HolderFile.open(for: host) } else { NoHints() }
    }

    /// The uploads to a destination that are open, also those that earlier runs left.
    private func uploads(of host: RegistryHost) -> any UploadMemory {
        if let journal = journals[host] { return journal }
        guard remembers else { return OpenUploads() }
        let journal = UploadJournal(at: StateDirectory.uploads(to: host).path)
        journals[host] = journal
        return journal
    }

    /// Whether what comes from a registry is also kept on the disk; from this machine it comes as fast.
    private func spools(_ host: RegistryHost) -> Bool {
        switch access.spool.rule.value {
        case .auto: !host.isLoopback
        case .always: true
        case .never: false
        }
    }

    /// A bundle, as which repositories are called something else from then on.
    func bundle(
        _ set: VolumeSet,
        verify: @escaping @Sendable ([UInt8]) throws -> Void = { _ in },
        rename: @escaping @Sendable (BundleContents.Repository) throws -> RepositoryName?
    ) async throws -> BundleEndpoint {
        let bundle: BundleEndpoint
        do { bundle = try await BundleEndpoint.open(set, verify: verify, rename: rename) } catch ArchiveError.notABundle
        {
            throw NotABundle(path: set.path, kind: set.files.count == 1 ? ForeignArchive(at: set.files[0]) : nil)
        }
        let key = Folder(place: .bundle(set.path), purpose: .reading)
        try await folders[key]?.shutdown()
        folders[key] = OpenFolder(source: bundle, sink: nil) { try await bundle.shutdown() }
        return bundle
    }

    /// Ends all connections, and closes all folders.
    func shutdown() async throws {
        for journal in journals.values { journal.close() }
        try? await spool.shutdown()
        for registry in registries.values { try? await registry.shutdown() }
        for folder in folders.values { try await folder.shutdown() }
    }

    private func endpoint(
        _ host: RegistryHost,
        _ scheme: Scheme?,
        _ side: Side,
        _ show: Show
    ) throws -> RemoteEndpoint {
        try registry(host, scheme)
            .endpoint(
                as: side,
                observer: { show.record($0, side) },
                skipped: { show.record($0, side) },
                noted: { show.record($0) }
            )
    }

    private func registry(_ host: RegistryHost, _ scheme: Scheme?) throws -> RemoteRegistry {
        let key = Registry(host: host, scheme: access.scheme(of: host, written: scheme))
        if let registry = registries[key] { return registry }
        let registry = try access.registry(
            host,
            written: scheme,
            uploads: uploads(of: host),
            memory: remembers ? LackFile.open(for: host) : NoRegistryMemory()
        )
        registries[key] = registry
        return registry
    }

    private func cache(of host: RegistryHost) -> ManifestCache {
        if let cache = caches[host] { return cache }
        let cache = ManifestCache(for: host)
        caches[host] = cache
        return cache
    }

    private func folder(_ place: Place, for purpose: LayoutStore.Purpose) async throws -> OpenFolder {
        let key = Folder(place: place, purpose: purpose)
        if let folder = folders[key] { return folder }
        let folder: OpenFolder
        switch place {
        case .oci(let path):
            let layout = try await PlainLayout.open(at: path, for: purpose)
            folder = OpenFolder(source: layout, sink: layout) { try await layout.shutdown() }
        case .bundle(let path):
            let bundle = try await BundleEndpoint.open(at: path)
            folder = OpenFolder(source: bundle, sink: nil) { try await bundle.shutdown() }
        case .archive(let format, let path):
            StateDirectory.make(StateDirectory.url)
            let archive = try await ImageArchive.open(format, at: path, scratch: StateDirectory.url.path)
            folder = OpenFolder(source: archive, sink: nil) { try await archive.shutdown() }
        case .layout, .registry:
            let store = try await LayoutStore.open(at: place.folder, for: purpose)
            folder = OpenFolder(source: store, sink: store) { try await store.shutdown() }
        }
        folders[key] = folder
        return folder
    }
}

extension SinkEndpoint {
    /// The same place, written to no faster than some limits allow.
    fileprivate func paced(by throttles: [Throttle]) -> any SinkEndpoint { PacedEndpoint(self, throttles: throttles) }
}

extension Place {
    /// The path of a folder.
    fileprivate var folder: String {
        switch self {
        case .layout(let path), .oci(let path), .bundle(let path), .archive(_, let path): path
        case .registry: ""
        }
    }

    /// Why the place is only read from.
    fileprivate var refusal: MappingError {
        if case .archive(let format, _) = self { .destinationIsArchive(format) } else { .destinationIsBundle }
    }
}

/// A file that is to be imported is no bundle, but perhaps something else that can be copied.
struct NotABundle: Error, Hashable {
    let path: String
    let kind: ForeignArchive?
}

/// Lends the places of a command, and closes them afterwards.
func withPlaces(
    _ access: RegistryAccesses,
    remembering: Bool = true,
    _ body: (PlacePool) async throws -> ExitCode
) async -> ExitCode {
    let pool = PlacePool(access, remembers: remembering)
    var code: ExitCode
    do { code = try await body(pool) } catch let exit as ExitCode { code = exit } catch {
        Lines.complain(error, to: .standardError)
        code = error is StoreError || error is ArchiveError || error is NotABundle ? .unavailable : .configuration
    }
    do { try await pool.shutdown() } catch {
        Lines.complain(error, to: .standardError)
        code = code.worse(.failure)
    }
    return code
}
