// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Synchronization
import Testing

/// Two registries with a proxy in front of each, between which a user copies, and a watch over the tags that arrive.
struct FaultScene: Sendable {
    let home: Home
    let source: any FaultyPlace
    let destination: any FaultyPlace
    /// What the user takes for the source.
    let front: CountingProxy
    /// What the user takes for the destination.
    let back: CountingProxy
    let watch: TagWatch
    let weather: Weather

    /// Whether faults come; without them, all passes.
    final class Weather: Sendable {
        private let isBad = Atomic(true)

        /// Ends all faults.
        func clear() { isBad.store(false, ordering: .relaxed) }

        func rule(_ rule: @escaping CountingProxy.Rule) -> CountingProxy.Rule {
            { self.isBad.load(ordering: .relaxed) ? rule($0) : .pass }
        }
    }

    /// Runs a copy of everything to its end.
    func copy(_ options: String...) async throws -> ChildProcess.Result {
        try await start(options).wait()
    }

    /// Starts a copy of everything.
    func start(_ options: [String] = []) async throws -> ChildProcess {
        try await home.start(["copy"] + options + ["\(front.host)/", "\(back.host)/"])
    }

    /// Writes a config file in which both registries have some settings, a line each.
    func configure(_ settings: String) throws -> [String] {
        let lines = settings.split(separator: "\n").map { "  \($0)\n" }.joined()
        return ["--config", try home.configure("\"\(front.host)\":\n\(lines)\"\(back.host)\":\n\(lines)")]
    }

    /// The bytes of blobs that the destination got, also of uploads that came to nothing.
    var sent: Int64 { back.exchanges.filter(\.isUpload).reduce(0) { $0 + $1.requestBytes } }
    /// The bytes of blobs that the source gave.
    var read: Int64 { front.exchanges.filter { $0.kind == .blob }.reduce(0) { $0 + $1.responseBytes } }

    /// Copies once more in good weather, after which both sides must be equal.
    ///
    /// Also no tag may ever have been put too early.
    func expectConvergence(
        _ comment: @autoclosure () -> String = "",
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        weather.clear()
        let rerun = try await copy()
        #expect(rerun.ending == .exited(0), "\(comment()): \(rerun.errorText)", sourceLocation: location)
        try await expectEqual(comment(), at: location)
    }

    /// Checks that both sides are equal, and that no tag was ever put too early.
    func expectEqual(_ comment: String = "", at location: SourceLocation = #_sourceLocation) async throws {
        let wanted = try await tags(of: source.host)
        #expect(!wanted.isEmpty, sourceLocation: location)
        #expect(try await tags(of: destination.host) == wanted, "\(comment)", sourceLocation: location)
        try await expectNothingHalfThere(comment, at: location)
    }

    /// Checks that all tags of the destination are whole, and always were.
    func expectNothingHalfThere(_ comment: String = "", at location: SourceLocation = #_sourceLocation) async throws {
        #expect(watch.violations == [], "\(comment)", sourceLocation: location)
        for (name, manifest) in try await manifests(of: destination.host) {
            let repository = String(name.prefix { $0 != ":" })
            let missing = try await TagWatch(host: destination.host).missing(manifest, in: repository)
            #expect(missing.isEmpty, "\(comment): \(name)", sourceLocation: location)
        }
    }

    private func tags(of host: String) async throws -> [String: Digest] {
        try await manifests(of: host).mapValues { Digester.digest(of: $0) }
    }
}

/// A registry that can be killed and started again.
protocol FaultyPlace: Sendable {
    var host: String { get }
    var port: Int { get }
    func kill() async
    func startAgain() async throws
}

extension DockerRegistry: FaultyPlace {
    func startAgain() async throws { try await restart() }
}

extension EmbeddedRegistry: FaultyPlace {
    var port: Int { host.split(separator: ":").last.flatMap { Int($0) } ?? 0 }
    func startAgain() async throws { try await restart() }
}

extension PeerExchange {
    /// Whether the request brought bytes of a blob.
    var isUpload: Bool { kind == .uploadData && ["PATCH", "PUT"].contains(method) }
}

extension PeerRequest {
    /// The bytes of a blob that are asked for, or sent, from the start of the blob; `nil` for all.
    ///
    /// `Range` of a read, `Content-Range` of a piece.
    var span: Range<Int64>? {
        let text = header("Content-Range") ?? header("Range")?.replacing("bytes=", with: "") ?? ""
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Int64(ends[0]) else { return nil }
        return first..<(Int64(ends[1]).map { $0 + 1 } ?? Int64.max)
    }

    /// Whether it asks for the bytes of a blob.
    var readsBlob: Bool { method == "GET" && RequestTally.Kind(path: path) == .blob }
    /// Whether it brings bytes of a blob.
    var sendsBlob: Bool { ["PATCH", "PUT"].contains(method) && RequestTally.Kind(path: path) == .uploadData }
    /// The length of its body, as it says.
    var statedLength: Int64 { header("Content-Length").flatMap(Int64.init) ?? 0 }
}

/// The manifests of all tags of a registry, as an independent client reads them.
private func manifests(of host: String) async throws -> [String: [UInt8]] {
    struct Catalog: Decodable { let repositories: [String]? }
    struct Tags: Decodable { let tags: [String]? }
    var manifests: [String: [UInt8]] = [:]
    let catalog = try await PlainHTTP.request("GET", host, "/v2/_catalog?n=1000").body
    for repository in try JSONDecoder().decode(Catalog.self, from: Data(catalog)).repositories ?? [] {
        let list = try await PlainHTTP.request("GET", host, "/v2/\(repository)/tags/list")
        guard list.status == 200 else { continue }
        for tag in try JSONDecoder().decode(Tags.self, from: Data(list.body)).tags ?? [] {
            let accept = [MediaType.ociManifest, .ociIndex].map { (name: "Accept", value: "\($0)") }
            let reply = try await PlainHTTP.request("GET", host, "/v2/\(repository)/manifests/\(tag)", fields: accept)
            #expect(reply.status == 200, "\(repository):\(tag) of \(host)")
            manifests["\(repository):\(tag)"] = reply.body
        }
    }
    return manifests
}

/// Runs `body` with a copy that is to be made of images, from one real registry to another.
/// - Parameters:
///   - images: What the source has, by name and tag.
///   - reading: What the proxy in front of the source does.
///   - writing: What the proxy in front of the destination does.
///   - onTagPut: Called before a manifest is put under a tag, after the watch has looked.
func withFaultScene(
    _ images: [String: LargeImage],
    reading: @escaping CountingProxy.Rule = { _ in .pass },
    writing: @escaping CountingProxy.Rule = { _ in .pass },
    onTagPut: @escaping CountingProxy.Options.TagHook = { _, _, _ in },
    _ body: (FaultScene) async throws -> Void
) async throws {
    try await withDockerRegistry { source in
        for (name, image) in images { try await image.push(to: source.host, as: name) }
        try await withDockerRegistry { destination in
            try await withFaultScene(
                from: source,
                to: destination,
                reading: reading,
                writing: writing,
                onTagPut: onTagPut,
                body
            )
        }
    }
}

/// Runs `body` with a copy that is to be made between two places.
func withFaultScene(
    from source: any FaultyPlace,
    to destination: any FaultyPlace,
    reading: @escaping CountingProxy.Rule = { _ in .pass },
    writing: @escaping CountingProxy.Rule = { _ in .pass },
    onTagPut: @escaping CountingProxy.Options.TagHook = { _, _, _ in },
    _ body: (FaultScene) async throws -> Void
) async throws {
    let watch = TagWatch(host: destination.host)
    let weather = FaultScene.Weather()
    let options = CountingProxy.Options(onTagPut: { repository, tag, bytes in
        await watch.look(repository, tag, bytes)
        await onTagPut(repository, tag, bytes)
    })
    try await withCountingProxy(port: source.port, onRequest: weather.rule(reading)) { front in
        try await withCountingProxy(
            port: destination.port,
            options: options,
            onRequest: weather.rule(writing)
        ) { back in
            try await withHome { home in
                try await body(
                    FaultScene(
                        home: home,
                        source: source,
                        destination: destination,
                        front: front,
                        back: back,
                        watch: watch,
                        weather: weather
                    )
                )
            }
        }
    }
}
