// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct PlainLayoutTests {
    /// What one repository cannot keep: there is no other one.
    private static let promises = EndpointConformance.promises.filter { !$0.description.contains("in no other") }

    private static func withLayout(
        in folder: TemporaryFolder,
        _ body: (PlainLayout) async throws -> Void
    ) async throws {
        let layout = try await PlainLayout.open(at: folder.path)
        do { try await body(layout) } catch {
            try await layout.shutdown()
            throw error
        }
        try await layout.shutdown()
    }

    private static let name = repository("any")

    @Test(arguments: promises)
    func `a layout keeps the promises of an endpoint with one repository`(
        promise: EndpointConformance.Promise
    ) async throws {
        try await Self.withLayout(in: TemporaryFolder()) { layout in
            let abilities = EndpointConformance.Abilities(mounts: false, listsCatalog: false)
            try await EndpointConformance(of: layout, abilities: abilities).check(promise)
        }
    }

    @Test func `what other tools wrote into the index stays in its place`() async throws {
        let folder = try TemporaryFolder()
        let image = try await BuiltImage.random(seed: 7)
        let foreign = [
            #"{"mediaType":"application/x","digest":"blake3:00","size":7, "data":"e30="}"#,
            #"{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"\#(Digest.of("x"))","size":1,"annotations":{"org.opencontainers.image.ref.name":"v1","own":"kept"}}"#,
        ]
        let text =
            #"{"x-first":[1, 2],"schemaVersion":2,"manifests":[\#(foreign.joined(separator: ","))],"annotations":{"a":"b"}}"#
        try folder.write(Array(LayoutPaths.layoutMarkerText.utf8), to: "oci-layout")
        try folder.write(Array(text.utf8), to: "index.json")
        try await Self.withLayout(in: folder) { layout in
            try await image.write(to: layout.sink(Self.name), as: tag("v2"))
            #expect(try await layout.source(Self.name).tags().all().map(\.tag.text) == ["v1", "v2"])
        }
        let written = String(decoding: try folder.read("index.json"), as: UTF8.self)
        #expect(
            written.hasPrefix(#"{"x-first":[1, 2],"schemaVersion":2,"manifests":[\#(foreign.joined(separator: ",")),"#)
        )
        #expect(written.hasSuffix(#"],"annotations":{"a":"b"}}"#))
        #expect(!folder.files().contains { $0.contains(".mirror") })
    }

    @Test func `the children of an index are not listed beside it`() async throws {
        let folder = try TemporaryFolder()
        try await Self.withLayout(in: folder) { layout in
            let image = try await BuiltImage.random(seed: 7)
            try await image.write(to: layout.sink(Self.name))
            let listed = String(decoding: try folder.read("index.json"), as: UTF8.self)
            #expect(listed.contains("\(image.manifest.descriptor.digest)"))
            let index = try ImageBuilder.index([(manifest: image.manifest, platform: image.platform)])
            try await layout.sink(Self.name).publish(index, as: .latest)
        }
        let index = try PlainIndex(parsing: try folder.read("index.json"))
        #expect(index.entries.map(\.name) == ["latest"])
    }

    @Test func `a folder with something else is refused, and stays as it is`() async throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "letter.txt")
        await #expect(throws: StoreError.notAStore(path: folder.path)) { try await PlainLayout.open(at: folder.path) }
        #expect(folder.files() == ["letter.txt"])
    }

    @Test func `a blob that is a symbolic link is refused`() async throws {
        let folder = try TemporaryFolder()
        try folder.write([1, 2, 3], to: "../\(URL(filePath: folder.path).lastPathComponent)-outside")
        defer { try? FileManager.default.removeItem(atPath: folder.path + "-outside") }
        let blob = BuiltBlob([1, 2, 3])
        try await Self.withLayout(in: folder) { layout in
            _ = try await BuiltImage.random(seed: 1).write(to: layout.sink(Self.name), as: .latest)
            let path = folder.below("blobs/sha256/\(blob.descriptor.digest.hex)")
            try FileManager.default.createSymbolicLink(
                atPath: path,
                withDestinationPath: folder.path + "-outside"
            )
            await #expect(throws: StoreError.self) {
                for try await _ in try await layout.source(Self.name).blob(blob.descriptor, from: 0) {}
            }
            await #expect(throws: StoreError.self) { try await layout.source(Self.name).contains(blob.descriptor) }
        }
    }

    @Test func `two writers never lose an entry`() async throws {
        let folder = try TemporaryFolder()
        let image = try await BuiltImage.random(seed: 1)
        try await Self.withLayout(in: folder) { first in
            try await image.write(to: first.sink(Self.name))
            try await Self.withLayout(in: folder) { second in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (number, layout) in (0..<40).map({ ($0, $0 % 2 == 0 ? first : second) }) {
                        group.addTask {
                            try await layout.sink(Self.name).publish(image.manifest, as: tag("t\(number)"))
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(try await first.source(Self.name).tags().all().count == 40)
        }
    }
}
