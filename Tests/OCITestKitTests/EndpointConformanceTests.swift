// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@Suite struct EndpointConformanceTests {
    private static let memory = MemoryEndpoint()

    @Test(arguments: EndpointConformance.promises)
    func `a place in memory keeps its promises`(promise: EndpointConformance.Promise) async throws {
        try await EndpointConformance(of: Self.memory).check(promise)
    }

    @Test(arguments: EndpointConformance.promises)
    func `a place behind retries keeps its promises`(promise: EndpointConformance.Promise) async throws {
        let retried = RetryingEndpoint(Self.memory, policy: RetryPolicy(attempts: 2, firstPause: .milliseconds(1)))
        try await EndpointConformance(of: retried).check(promise)
    }

    @Test(arguments: EndpointConformance.promises)
    func `a place with a limit of bytes a second keeps its promises`(promise: EndpointConformance.Promise) async throws
    {
        let paced = PacedEndpoint(Self.memory, throttles: [Throttle { 1 << 30 }])
        try await EndpointConformance(of: paced).check(promise)
    }

    @Test func `a place that takes everything and keeps nothing breaks all promises but those about what is missing`()
        async throws
    {
        var broken = 0
        for promise in EndpointConformance.promises {
            do { try await EndpointConformance(of: Oblivion()).check(promise) } catch { broken += 1 }
        }
        #expect(broken >= EndpointConformance.promises.count - 8)
    }

    @Test func `a broken promise says which one and what was seen`() async throws {
        let promise = try #require(EndpointConformance.promises.first { $0.description.contains("reads back whole") })
        let error = try await #require(throws: BrokenPromise.self) {
            try await EndpointConformance(of: Oblivion()).check(promise)
        }
        #expect(error.description.hasPrefix("a blob that was written is contained, and reads back whole: "))
    }
}

/// A place that reads what it is given and forgets it.
private struct Oblivion: SourceEndpoint, SinkEndpoint, ContentSource, ContentSink {
    let name = "oblivion"
    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { Pages([]) }
    func source(_ repository: RepositoryName) -> any ContentSource { self }
    func sink(_ repository: RepositoryName) -> any ContentSink { self }
    func finish() async throws {}
    func tags() -> Pages<TagEntry> { Pages([]) }
    func resolve(_ target: Target) async throws -> Descriptor? { nil }
    func document(at target: Target) async throws -> ManifestDocument? { nil }
    func contains(_ blob: Descriptor) async throws -> Bool { false }
    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        throw ContentError.missing(descriptor.digest)
    }
    func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
        for try await _ in try await blob.open().stream {}
        return .copied
    }
    func write(_ manifest: ManifestDocument) async throws {}
    func publish(_ root: ManifestDocument, as tag: TagName) async throws {}
}

extension ProcessTests {
    @Suite struct EndpointConformanceOverDockerRegistryTests {
        @Test func `a real registry keeps all promises, also when they are asked for again`() async throws {
            try await withDockerRegistry { registry in
                for _ in 0..<2 {
                    for promise in EndpointConformance.promises {
                        try await EndpointConformance(of: PlainRegistry(host: registry.host)).check(promise)
                    }
                }
            }
        }
    }
}
