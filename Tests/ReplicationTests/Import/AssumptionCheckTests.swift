// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Replication
import Testing

@Suite struct AssumptionCheckTests {
    private let host: RegistryHost?
    private let image: BuiltImage

    init() async throws {
        host = try RegistryHost("near.lan")
        image = try await BuiltImage.random(seed: 1)
    }

    /// A bundle that leaves the whole image out, which two repositories need.
    private func contents(_ holders: [BundleContents.Holder] = []) throws -> BundleContents {
        let repositories = try ["a", "b"]
            .map { name in
                var repository = BundleContents.Repository(host: host, name: try RepositoryName(name))
                repository.manifests = [image.manifest.descriptor]
                repository.blobs = image.blobs.map { .init(digest: $0.descriptor.digest, size: $0.descriptor.size) }
                return repository
            }
        var contents = BundleContents(repositories: repositories)
        contents.holders = holders
        contents.assumed = contents.pieces.map { .init(digest: $0.blob.digest, holders: Array(holders.indices)) }
        return contents
    }

    private func check(_ contents: BundleContents, _ far: MemoryEndpoint) async throws -> AssumptionCheck.Outcome {
        try await AssumptionCheck(contents, at: far) { try RepositoryName("m/\($0.name)") }.run()
    }

    @Test(arguments: ["m/a", "m/b"])
    func `what one of the repositories has that need it is found`(_ name: String) async throws {
        let far = MemoryEndpoint()
        try await image.write(to: far[try RepositoryName(name)])
        let outcome = try await check(contents(), far)
        #expect(outcome.missing.isEmpty)
        #expect(outcome.located.count == image.blobs.count + 1)
        #expect(try Set(outcome.located.values) == [RepositoryName(name)])
    }

    @Test func `what a repository has that is named as holder is found, as it is called there`() async throws {
        let far = MemoryEndpoint()
        try await image.write(to: far[try RepositoryName("m/x")])
        let source = BundleContents.Holder.source(host: host, name: try RepositoryName("x"))
        #expect(try await check(contents([source]), far).missing.isEmpty)
        let there = BundleContents.Holder.destination(name: try RepositoryName("m/x"))
        #expect(try await check(contents([there]), far).missing.isEmpty)
        let elsewhere = BundleContents.Holder.destination(name: try RepositoryName("x"))
        #expect(try await check(contents([elsewhere]), far).missing.count == image.blobs.count + 1)
    }

    @Test func `what is missing is named exactly, with who needs it`() async throws {
        let far = MemoryEndpoint()
        try await far[try RepositoryName("m/a")].write([image.blobs[1]])
        let outcome = try await check(contents(), far)
        let names = try [RepositoryName("m/a"), RepositoryName("m/b")]
        #expect(
            outcome.missing.map(\.blob.digest)
                == [image.blobs[0].descriptor.digest] + image.blobs.dropFirst(2).map(\.descriptor.digest)
                + [image.manifest.descriptor.digest]
        )
        #expect(outcome.missing.allSatisfy { $0.repositories == names })
        #expect(outcome.located == [image.blobs[1].descriptor.digest: names[0]])
    }

    @Test func `what lies beside the part of a place that images go to is not asked`() async throws {
        let far = MemoryEndpoint()
        try await image.write(to: far[try RepositoryName("secret/x")])
        let contents = try contents([.destination(name: try RepositoryName("secret/x"))])
        let within = Address.Scope.subtree(try RepositoryName("m"))
        let name: (BundleContents.Repository) throws -> RepositoryName? = { try RepositoryName("m/\($0.name)") }
        let outcome = try await AssumptionCheck(contents, at: far, within: within, name: name).run()
        #expect(outcome.located.isEmpty)
        #expect(try await AssumptionCheck(contents, at: far, name: name).run().missing.isEmpty)
    }

    @Test func `a repository that nobody may speak of is no reason to end, unless all are`() async throws {
        let far = MemoryEndpoint()
        try await image.write(to: far[try RepositoryName("m/b")])
        let guarded = GuardedEndpoint(base: far, closed: [try RepositoryName("m/a")])
        let name: (BundleContents.Repository) throws -> RepositoryName? = { try RepositoryName("m/\($0.name)") }
        #expect(try await AssumptionCheck(contents(), at: guarded, name: name).run().missing.isEmpty)
        let closed = GuardedEndpoint(base: far, closed: Set(try ["m/a", "m/b"].map { try RepositoryName($0) }))
        await #expect(throws: SideFailure.self) { try await AssumptionCheck(contents(), at: closed, name: name).run() }
    }

    @Test func `holders that are not in the list lead nowhere`() async throws {
        var contents = try contents()
        contents.assumed = contents.assumed.map { .init(digest: $0.digest, holders: [7, -1]) }
        #expect(try await check(contents, MemoryEndpoint()).missing.count == image.blobs.count + 1)
    }

    @Test func `a bundle is read together with what it leaves out`() async throws {
        let far = MemoryEndpoint()
        let name = try RepositoryName("m/a")
        try await image.write(to: far[name])
        let near = MemoryEndpoint()
        let other = try await BuiltImage.random(seed: 2)
        let app = try RepositoryName("app")
        try await other.write(to: near[app], as: try TagName("1"))
        try await image.write(to: near[app], as: try TagName("2"))
        let digests = image.blobs.map(\.descriptor.digest) + [image.manifest.descriptor.digest]
        let hollow = HollowEndpoint(base: near, leftOut: Set(digests))
        let located = Dictionary(uniqueKeysWithValues: digests.map { ($0, name) })
        let whole = CompletedEndpoint(hollow, by: far, located: located)
        let sink = MemoryEndpoint()
        let address = Address(place: .layout("x"), scope: .registry)
        let job = Job(
            source: whole,
            destination: sink,
            selection: .catalog(.registry),
            mapping: try NameMapping(from: address, to: address)
        )
        let log = EventLog()
        try await Replicator(job: job, events: log.take).run()
        #expect(log.published.count == 2)
        for blob in image.blobs + other.blobs { #expect(try await sink[app].contains(blob.descriptor)) }
    }
}

/// A place in which some repositories are not to be asked.
private struct GuardedEndpoint: SourceEndpoint {
    struct Denied: Error {}

    let base: MemoryEndpoint
    let closed: Set<RepositoryName>

    var name: String { base.name }
    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { base.catalog(below: paths) }
    func source(_ repository: RepositoryName) -> any ContentSource {
        Repository(base: base.source(repository), isClosed: closed.contains(repository))
    }

    private struct Repository: ForwardingSource {
        let base: any ContentSource
        let isClosed: Bool

        func contains(_ blob: Descriptor) async throws -> Bool {
            if isClosed { throw Denied() }
            return try await base.contains(blob)
        }

        func resolve(_ target: Target) async throws -> Descriptor? {
            if isClosed { throw Denied() }
            return try await base.resolve(target)
        }
    }
}

/// A place that lists everything, and has not all of it.
private struct HollowEndpoint: SourceEndpoint {
    let base: MemoryEndpoint
    let leftOut: Set<Digest>

    var name: String { base.name }
    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { base.catalog(below: paths) }
    func source(_ repository: RepositoryName) -> any ContentSource {
        Repository(base: base.source(repository), leftOut: leftOut)
    }

    private struct Repository: ForwardingSource {
        let base: any ContentSource
        let leftOut: Set<Digest>

        func document(at target: Target) async throws -> ManifestDocument? {
            guard let digest = try await base.resolve(target)?.digest else { return nil }
            guard !leftOut.contains(digest) else { throw ContentError.leftOut(digest) }
            return try await base.document(at: target)
        }

        func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
            guard !leftOut.contains(descriptor.digest) else { throw ContentError.leftOut(descriptor.digest) }
            return try await base.blob(descriptor, in: range)
        }
    }
}
