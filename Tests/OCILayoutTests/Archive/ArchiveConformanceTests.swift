// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

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
    func catalog() -> Pages<RepositoryName> { archive.catalog() }
    func source(_ repository: RepositoryName) -> any ContentSource { archive.source(Place.onlyRepository) }
}
