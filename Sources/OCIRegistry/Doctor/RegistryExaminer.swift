// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import NIOCore
import NIOHTTP1
public import OCI
import OCIContent

/// Finds out what a registry can do, by a few requests that change nothing, unless writing is allowed.
public struct RegistryExaminer: Sendable {
    /// How much is read.
    private static let readLimit: Int64 = 16 << 20
    private static let readTime = Duration.seconds(5)
    private static let pings = 5

    private let endpoint: RemoteEndpoint
    private let repository: RepositoryName?
    private let writes: Bool

    /// Prepares an examination.
    /// - Parameters:
    ///   - repository: The repository to look at, and to write to; without one, the first that the registry lists.
    ///   - writes: Whether blobs and manifests of a few MiB may be written to it.
    public init(_ endpoint: RemoteEndpoint, repository: RepositoryName?, writes: Bool = false) {
        self.endpoint = endpoint
        self.repository = repository
        self.writes = writes
    }

    /// Looks at the registry.
    /// - Throws: ``RegistryError`` where it, or its token server, lets nobody in, or gives no answer.
    public func examine() async throws -> RegistryDiagnosis {
        var diagnosis = RegistryDiagnosis(access: try await endpoint.diagnose(repository))
        try await ping(&diagnosis)
        let first = try await catalog(&diagnosis)
        if let name = repository ?? first { try await look(at: endpoint[name], &diagnosis) }
        if writes, let repository { try await WritingExaminer(endpoint[repository]).examine(&diagnosis) }
        diagnosis.product = product(diagnosis)
        return diagnosis
    }

    /// Asks for almost nothing, a few times; the connection stands already.
    private func ping(_ diagnosis: inout RegistryDiagnosis) async throws {
        let api = endpoint.api(Authenticator.Access(repository: nil, scopes: []))
        for _ in 0..<Self.pings {
            let start = ContinuousClock.now
            let reply = try await api.send(
                api.request(.GET, "/v2/", urgency: .urgent),
                during: .signIn,
                subject: ""
            )
            diagnosis.roundTrips.append(start.duration(to: .now))
            let date = reply.headers.first(name: "Date").flatMap(RetryAfter.httpDate)
            diagnosis.clockLead = date.map { $0 - WallClock.secondsSince1970 }
            try await reply.discard()
        }
    }

    /// Harbor looks like distribution, but for what it calls itself at its token server.
    private func product(_ diagnosis: RegistryDiagnosis) -> RegistryProduct? {
        let known = endpoint.registry.product
        if case .bearer(_, "harbor-registry"?) = diagnosis.access.method, known == nil || known == .distribution2 {
            return .harbor
        }
        return known
    }

    /// - Returns: The first repository of the list.
    private func catalog(_ diagnosis: inout RegistryDiagnosis) async throws -> RepositoryName? {
        let access = Authenticator.Access(repository: nil, scopes: [.catalog])
        let (verdict, page) = try await list(endpoint.api(access), "/v2/_catalog", .listRepositories, "")
        diagnosis.abilities[.catalog] = verdict
        return page?.names.lazy.compactMap { try? RepositoryName($0) }.first
    }

    private func look(at repository: RemoteRepository, _ diagnosis: inout RegistryDiagnosis) async throws {
        diagnosis.sample = (repository.name, nil)
        for ability in [RegistryDiagnosis.Ability.tagPages, .referrers, .ranges] {
            diagnosis.abilities[ability] = .untried
        }
        let path = repository.path("tags/list")
        let (verdict, page) = try await list(repository.api, path, .listTags, repository.name.text)
        guard let page else {
            // A list that is not there says nothing about lists.
            if case .failed = verdict { diagnosis.abilities[.tagPages] = verdict }
            return
        }
        if page.hasNext || page.names.count > 1 { diagnosis.abilities[.tagPages] = page.hasNext ? .yes : .no }
        guard let tag = page.names.lazy.compactMap({ try? TagName($0) }).first else { return }
        diagnosis.sample = (repository.name, tag)
        guard let root = try await attempt({ try await repository.resolve(.tag(tag)) }) else { return }
        do {
            let referrers = try await repository.referrers(of: root.digest, type: nil)
            diagnosis.abilities[.referrers] = referrers == nil ? .no : .yes
        } catch { diagnosis.abilities[.referrers] = try .failed(unlessCancelled: error) }
        do { try await read(root, of: repository, &diagnosis) } catch {
            diagnosis.abilities[.ranges] = try .failed(unlessCancelled: error)
        }
    }

    /// Reads the largest blob of an image, or its beginning, but for its first byte.
    private func read(
        _ root: Descriptor,
        of repository: RemoteRepository,
        _ diagnosis: inout RegistryDiagnosis
    ) async throws {
        guard var document = try await repository.document(at: .digest(root.digest)) else { return }
        if let child = document.manifest.children.first {
            // Docker Hub counts each manifest.
            diagnosis.sparesPulls = endpoint.registry.product == .dockerHub
            guard !diagnosis.sparesPulls, let image = try await repository.document(at: .digest(child.digest)) else {
                return
            }
            document = image
        }
        let blobs = document.manifest.blobs.filter { !$0.isNonDistributable && $0.size > 1 }
        guard let blob = blobs.max(by: { $0.size < $1.size }) else { return }
        let start = ContinuousClock.now
        let stream = try await repository.blob(blob, in: 1..<min(blob.size, 1 + Self.readLimit))
        diagnosis.abilities[.ranges] = stream.range.lowerBound == 1 ? .yes : .no
        var bytes: Int64 = 0
        for try await buffer in stream {
            bytes += Int64(buffer.readableBytes)
            if bytes >= Self.readLimit || start.duration(to: .now) > Self.readTime { break }
        }
        diagnosis.reading = .init(bytes: bytes, duration: start.duration(to: .now))
    }

    private func attempt<Value>(_ body: () async throws -> Value?) async throws -> Value? {
        do { return try await body() } catch {
            try Task.checkCancellation()
            return nil
        }
    }

    /// The first page of a listing, which was asked to have one name.
    private struct Page {
        let names: [String]
        let hasNext: Bool
    }

    private struct Names: Decodable {
        let repositories: [String?]?
        let tags: [String?]?
    }

    private func list(
        _ api: RegistryAPI,
        _ path: String,
        _ action: RegistryError.Action,
        _ subject: String
    ) async throws -> (RegistryDiagnosis.Verdict, Page?) {
        do {
            let request = api.request(.GET, path, query: "n=1", urgency: .urgent)
            let reply = try await api.send(request, during: action, subject: subject)
            guard reply.status == 200 else {
                let error = try await api.error(from: reply, during: action, subject: subject)
                // Docker Hub has no catalog, and says so by refusing the token for it.
                let isHub = action == .listRepositories && endpoint.registry.product == .dockerHub
                let isNo = [404, 405, 501].contains(reply.status) || isHub && [401, 403].contains(reply.status)
                return (isNo ? .no : .failed(error), nil)
            }
            let bytes = try await api.body(
                of: reply,
                upTo: RegistryAPI.maximumListingPage,
                during: action,
                subject: subject
            )
            guard (try? StrictJSON.topLevelKeys(of: bytes)) != nil,
                let names = try? JSONDecoder().decode(Names.self, from: Data(bytes))
            else { return (.no, nil) }
            let hasNext = LinkHeader.next(in: reply.headers["Link"]) != nil
            let list = (names.repositories ?? names.tags ?? []).compactMap { $0 }
            return (.yes, Page(names: list, hasNext: hasNext))
        } catch { return (try .failed(unlessCancelled: error), nil) }
    }
}

extension RegistryDiagnosis.Verdict {
    /// A failure, unless it is that of being interrupted.
    static func failed(unlessCancelled error: any Error) throws -> Self {
        try Task.checkCancellation()
        return .failed(error)
    }
}
