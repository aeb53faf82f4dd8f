// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCIContent

/// What every place that content is copied from and to must keep, as promises that a test can run one by one.
///
/// ```swift
/// @Test(arguments: EndpointConformance.promises)
/// func `keeps its promises`(promise: EndpointConformance.Promise) async throws {
///     try await EndpointConformance(of: place).check(promise)
/// }
/// ```
///
/// Each check works in repositories of its own with content of its own, so that all of them can run on one place, at the
/// same time and again.
public struct EndpointConformance: Sendable {
    /// Something that a place must keep.
    public struct Promise: Sendable, CustomStringConvertible {
        /// The promise in words.
        public let description: String
        let body: @Sendable (Trial) async throws -> Void

        init(_ description: String, _ body: @escaping @Sendable (Trial) async throws -> Void) {
            self.description = description
            self.body = body
        }
    }

    /// What a place may lack without breaking a promise.
    public struct Abilities: Sendable {
        /// Whether a blob of a sibling is linked rather than sent again.
        public var mounts = true
        /// Whether the place lists its repositories.
        public var listsCatalog = true

        /// Whether writing a blob finds out by itself that it is there; whoever plans has asked before.
        public var findsPresentBlobs = true

        /// Says what a place can do.
        public init(mounts: Bool = true, listsCatalog: Bool = true, findsPresentBlobs: Bool = true) {
            self.mounts = mounts
            self.listsCatalog = listsCatalog
            self.findsPresentBlobs = findsPresentBlobs
        }
    }

    /// All promises.
    public static let promises = indexPromises + blobPromises + wrongContentPromises + manifestPromises

    private let makeSource: @Sendable () async throws -> any SourceEndpoint
    private let makeSink: @Sendable () async throws -> any SinkEndpoint
    private let abilities: Abilities

    /// Checks a place through what a test makes for it, anew for each promise.
    /// - Parameters:
    ///   - makeSource: The place, to read from.
    ///   - makeSink: The same place, to write to.
    public init(
        abilities: Abilities = Abilities(),
        makeSource: @escaping @Sendable () async throws -> any SourceEndpoint,
        makeSink: @escaping @Sendable () async throws -> any SinkEndpoint
    ) {
        self.makeSource = makeSource
        self.makeSink = makeSink
        self.abilities = abilities
    }

    /// Checks a place that can be read and written.
    public init(of place: any SourceEndpoint & SinkEndpoint, abilities: Abilities = Abilities()) {
        self.init(abilities: abilities, makeSource: { place }, makeSink: { place })
    }

    /// Checks one promise.
    /// - Throws: ``BrokenPromise``, or the error with which the place failed.
    public func check(_ promise: Promise) async throws {
        let seed = UInt64.random(in: .min ... .max)
        let sink = try await makeSink()
        let trial = try Trial(source: try await makeSource(), sink: sink, abilities: abilities, seed: seed)
        do {
            try await promise.body(trial)
            try await sink.finish()
        } catch let broken as BrokenPromise {
            throw BrokenPromise("\(promise.description): \(broken.description) (seed \(seed))")
        }
    }
}

/// A place does not keep a promise.
public struct BrokenPromise: Error, CustomStringConvertible {
    /// Which one, and what was seen.
    public let description: String

    /// Says what was seen.
    public init(_ description: String) { self.description = description }
}
