// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit

@testable import OCILayout
@testable import OCIServer

/// What a server is over that is read from; all of them must be the same to a client.
enum Backing: CaseIterable, Sendable {
    /// A store.
    case store
    /// A bundle with everything.
    case bundle
    /// Two bundles, each with a half of everything: a tag in one may point to a manifest in the other.
    case twoBundles
}

/// Fills a store through a server, and has it read through that server, or through one over bundles that hold the same.
func withServer<Filled: Sendable>(
    over backing: Backing,
    _ fill: (TestServer) async throws -> Filled,
    _ read: (TestServer, Filled) async throws -> Void
) async throws {
    try await withServer { server in
        let filled = try await fill(server)
        guard backing != .store else { return try await read(server, filled) }
        let folder = temporaryPath("bundles")
        defer { removeFolder(folder) }
        let paths = try await server.store.writeBundles(backing == .bundle ? 1 : 2, in: folder)
        try await withServer(overBundles: paths) { host in
            try await read(TestServer(host: host, store: server.store), filled)
        }
    }
}

/// Runs a server over bundles for as long as `body` runs, which is given its address.
func withServer(overBundles paths: [String], _ body: (String) async throws -> Void) async throws {
    let bundles = try await BundleSet.open(try VolumeSet.sets(of: paths)) { $0.name }
    var settings = RegistryServer.Settings()
    settings.port = 0
    let outcome: Result<Void, any Error>
    do {
        try await withRunning({ RegistryServer(bundles: bundles, settings: settings, listening: $0) }, body)
        outcome = .success(())
    } catch {
        outcome = .failure(error)
    }
    try await bundles.shutdown()
    try outcome.get()
}

extension LayoutStore {
    /// Writes all that the store holds, spread over so many bundles; returns their paths.
    func writeBundles(_ count: Int, in folder: String) async throws -> [String] {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var parts = Array(repeating: BundleContents(repositories: []), count: count)
        try await forEachRepository { name in
            let whole = try await self.contents(of: name)
            for place in 0..<count {
                let part = whole.part(place, of: count)
                if part != BundleContents.Repository(host: nil, name: name) { parts[place].repositories.append(part) }
            }
        }
        var paths: [String] = []
        for (place, contents) in parts.enumerated() {
            paths.append("\(folder)/\(place).tar")
            let writer = try BundleWriter.open(at: paths[place])
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await write(contents, to: writer)) } catch { outcome = .failure(error) }
            try await writer.shutdown()
            try outcome.get()
        }
        return paths
    }

    private func contents(of name: RepositoryName) async throws -> BundleContents.Repository {
        let repository = repository(name)
        let index = try await read(name) { state in try state.read { $0 } } ?? RepositoryIndex()
        var contents = BundleContents.Repository(host: nil, name: name)
        contents.manifests = index.manifests.values.map(\.descriptor).sorted { "\($0.digest)" < "\($1.digest)" }
        for tag in index.sortedTags {
            guard let manifest = index.entry(at: .tag(tag))?.descriptor else { continue }
            contents.roots.append(BundleContents.Root(tag: tag, manifest: manifest, bytes: 0))
        }
        for subject in index.referrers.keys {
            contents.references += try await repository.referrers(of: subject, limit: .max)
                .map { BundleContents.Reference(subject: subject, referrer: $0) }
        }
        for algorithm in Digest.Algorithm.allCases {
            let folder = "\(path)/repositories/\(name)/_oci/blobs/\(algorithm.rawValue)"
            guard FileManager.default.fileExists(atPath: folder) else { continue }
            for hex in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
                let digest = try Digest("\(algorithm.rawValue):\(hex)")
                guard let size = try await repository.size(ofBlob: digest) else { continue }
                contents.blobs.append(BundleContents.Blob(digest: digest, size: size))
            }
        }
        return contents
    }

    private func write(_ contents: BundleContents, to sink: BundleWriter) async throws {
        try await sink.begin(contents)
        for piece in contents.pieces {
            let repository = repository(contents.repositories[piece.repository].name)
            switch piece.kind {
            case .blob:
                let blob = Descriptor(mediaType: .octetStream, digest: piece.blob.digest, size: piece.blob.size)
                try await sink.write(BlobContent(blob, from: repository))
            case .manifest:
                guard let document = try await repository.document(at: .digest(piece.blob.digest)) else {
                    throw ContentError.missing(piece.blob.digest)
                }
                try await sink.write(document)
            }
        }
        try await sink.finish()
    }
}

extension BundleContents.Repository {
    /// Every so-and-so-many-th of all that it lists, whether or not that belongs together.
    fileprivate func part(_ place: Int, of count: Int) -> Self {
        func pick<Element>(_ all: [Element], _ shift: Int) -> [Element] {
            all.enumerated().filter { ($0.offset + shift) % count == place }.map(\.element)
        }
        var part = Self(host: host, name: name)
        part.roots = pick(roots, 0)
        part.blobs = pick(blobs, 0)
        part.references = pick(references, 0)
        // Beside those of its share, the ones that its lists name.
        let named = Set(part.roots.map(\.manifest.digest) + part.references.map(\.referrer.descriptor.digest))
        let share = Set(pick(manifests, 1).map(\.digest))
        part.manifests = manifests.filter { named.contains($0.digest) || share.contains($0.digest) }
        return part
    }
}
