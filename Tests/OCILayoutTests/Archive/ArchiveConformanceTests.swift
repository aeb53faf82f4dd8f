// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct ArchiveConformanceTests {
    /// What an archive of one layout cannot keep: there is no other repository, and its only image needs no tag to be the latest.
    private static let promises = EndpointConformance.promises.filter {
        !$0.description.contains("in no other") && !$0.description.contains("makes no tag")
    }

    @Test(arguments: promises)
    func `an archive of a layout keeps the promises of reading`(promise: EndpointConformance.Promise) async throws {
        let folder = try TemporaryFolder()
        let layout = try await PlainLayout.open(at: folder.below("layout"))
        let packed = PackedPlace(name: "packed") { question in
            try await withPacked(folder) { try await question(WholeArchive(archive: $0)) }
        }
        let conformance = EndpointConformance(
            abilities: EndpointConformance.Abilities(mounts: false, listsCatalog: false),
            makeSource: { packed },
            makeSink: { layout }
        )
        do { try await conformance.check(promise) } catch {
            try? await layout.shutdown()
            throw error
        }
        try await layout.shutdown()
    }
}

@Suite struct BundleConformanceTests {
    @Test(arguments: EndpointConformance.promises)
    func `a bundle keeps the promises of reading`(promise: EndpointConformance.Promise) async throws {
        let folder = try TemporaryFolder()
        let written = MemoryEndpoint()
        let packed = PackedPlace(name: "packed") { question in try await withBundle(of: written, folder, question) }
        let conformance = EndpointConformance(makeSource: { packed }, makeSink: { written })
        try await conformance.check(promise)
    }
}

/// Writes all that a place has into a bundle, also what nothing points to, and lends it.
private func withBundle(
    of place: MemoryEndpoint,
    _ folder: TemporaryFolder,
    _ body: (any SourceEndpoint) async throws -> Void
) async throws {
    var repositories: [BundleContents.Repository] = []
    for name in try await place.catalog().all() {
        let (blobs, manifests, tags) = place.change(name) { ($0.blobs, $0.manifests, $0.tags) }
        var repository = BundleContents.Repository(host: nil, name: name)
        repository.blobs = blobs.map { BundleContents.Blob(digest: $0.key, size: Int64($0.value.readableBytes)) }
        repository.manifests = manifests.values.map(\.descriptor)
        repository.roots = tags.compactMap { tag, digest in
            manifests[digest].map { .init(tag: tag, manifest: $0.descriptor, bytes: 0) }
        }
        repository.references = manifests.values.compactMap { document in
            document.subject.map { .init(subject: $0, referrer: Referrer(document)) }
        }
        repositories.append(repository)
    }
    let path = folder.below("\(UploadID.random().text).tar")
    let contents = BundleContents(repositories: repositories)
    let writer = try BundleWriter.open(at: path)
    try await writer.begin(contents)
    for piece in contents.pieces {
        let source = place[repositories[piece.repository].name]
        switch piece.kind {
        case .manifest:
            if let document = try await source.document(at: .digest(piece.blob.digest)) {
                try await writer.write(document)
            }
        case .blob:
            let blob = Descriptor(mediaType: .octetStream, digest: piece.blob.digest, size: piece.blob.size)
            try await writer.write(BlobContent(blob, from: source))
        }
    }
    try await writer.finish()
    try await writer.shutdown()
    let bundle = try await BundleEndpoint.open(at: path)
    do { try await body(bundle) } catch {
        try? await bundle.shutdown()
        throw error
    }
    try await bundle.shutdown()
}

/// Packs a layout with GNU tar, and lends the archive.
private func withPacked(_ folder: TemporaryFolder, _ body: (ImageArchive) async throws -> Void) async throws {
    // Until something is listed, a layout has no index, and other tools do not know it as one.
    if !folder.exists("layout/index.json") {
        try folder.write(Array(#"{"schemaVersion":2,"manifests":[]}"#.utf8), to: "layout/index.json")
    }
    let path = folder.below("\(UploadID.random().text).tar")
    let packed = try await ChildProcess.run("tar", ["-C", folder.below("layout"), "-cf", path, "."])
    guard packed.succeeded else { throw BrokenPromise(packed.errorText) }
    let archive = try await ImageArchive.open(.oci, at: path, scratch: folder.path)
    do { try await body(archive) } catch {
        try? await archive.shutdown()
        throw error
    }
    try await archive.shutdown()
}

/// An archive of which every repository is all of it, as a layout in a folder is.
private struct WholeArchive: SourceEndpoint {
    let archive: ImageArchive

    var name: String { archive.name }
    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { archive.catalog(below: paths) }
    func source(_ repository: RepositoryName) -> any ContentSource { archive.source(Place.onlyRepository) }
}
