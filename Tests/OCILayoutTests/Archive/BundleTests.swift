// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct BundleTests {
    /// Opens a bundle for the time of a body.
    private func withBundle<Value: Sendable>(
        at path: String,
        rename: @escaping @Sendable (BundleContents.Repository) throws -> RepositoryName? = { $0.name },
        _ body: (BundleEndpoint) async throws -> Value
    ) async throws -> Value {
        let bundle = try await BundleEndpoint.open(at: path, rename: rename)
        do {
            let value = try await body(bundle)
            try await bundle.shutdown()
            return value
        } catch {
            try await bundle.shutdown()
            throw error
        }
    }

    /// How opening a file that has these bytes fails; `nil` if it does not.
    private func refusal(of bytes: [UInt8], in folder: TemporaryFolder) async throws -> ArchiveError? {
        try folder.write(bytes, to: "changed.tar")
        do { try await withBundle(at: folder.below("changed.tar")) { _ in } } catch let error as ArchiveError {
            return error
        }
        return nil
    }

    @Test func `what is written is read, manifests byte for byte`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        try await sample.file(at: folder.below("x.tar"))
        #expect(folder.files() == ["x.tar"])
        try await withBundle(at: folder.below("x.tar")) { bundle in
            #expect(bundle.contents == sample.contents)
            #expect(try await bundle.catalog().all() == [BundleSample.base, BundleSample.app])
            for repository in sample.contents.repositories {
                let (place, original) = (bundle.source(repository.name), sample.source[repository.name])
                #expect(try await place.tags().all() == original.tags().all())
                for manifest in repository.manifests {
                    let target = Target.digest(manifest.digest)
                    #expect(try await place.document(at: target) == original.document(at: target))
                }
                for blob in repository.blobs {
                    let descriptor = Descriptor(mediaType: .octetStream, digest: blob.digest, size: blob.size)
                    #expect(try await place.contains(descriptor))
                    let bytes = try await BlobContent(descriptor, from: place).open().stream.collect()
                    #expect(Digester.digest(of: bytes) == blob.digest)
                    let part = try await place.blob(descriptor, in: 100..<200)
                    #expect(part.range == 100..<200)
                    #expect(try await part.collect() == Array(bytes[100..<200]))
                }
            }
            let unknown = bundle.source(repository("team/unknown"))
            #expect(try await unknown.tags().all().isEmpty)
            // What one repository has is not in another.
            let manifest = sample.contents.repositories[0].manifests[0].digest
            #expect(try await bundle.source(BundleSample.app).document(at: .digest(manifest)) == nil)
        }
    }

    @Test func `the same content makes the same file, whatever the order in which it comes`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        let bytes = try await sample.file(at: folder.below("x.tar"))
        #expect(try await sample.file(at: folder.below("y.tar"), reversed: true) == bytes)
        // To a pipe as well.
        let file = try #require(fopen(folder.below("z.tar"), "w"))
        let writer = BundleWriter.pipe(descriptor: fileno(file), name: "pipe")
        try await sample.write(to: writer)
        try await writer.shutdown()
        fclose(file)
        #expect(try folder.read("z.tar") == bytes)
    }

    @Test func `GNU tar reads the members in their order, each blob once`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        try await sample.file(at: folder.below("x.tar"))
        let list = try await ChildProcess.run("tar", ["tvf", folder.below("x.tar"), "--numeric-owner", "--utc"])
        let members = list.outputText.split(separator: "\n").map { $0.split(separator: " ") }
        let pieces = sample.contents.pieces.map { "blobs/sha256/\($0.blob.digest.hex)" }
        #expect(members.map { String($0[5]) } == ["oci-layout", "mirror/bundle.json"] + pieces + ["index.json"])
        #expect(members.dropFirst(2).dropLast().map { Int64($0[2]) } == sample.contents.pieces.map(\.blob.size))
        #expect(members.allSatisfy { $0[0] == "-rw-r--r--" && $0[1] == "0/0" && $0[3] == "1970-01-01" })
        #expect(Set(pieces).count == pieces.count)
    }

    @Test func `a file that is cut is refused, wherever it is cut`() async throws {
        let folder = try TemporaryFolder()
        let bytes = try await BundleSample().file(at: folder.below("x.tar"))
        for length in stride(from: 0, to: bytes.count, by: 512) {
            let error = try await refusal(of: Array(bytes[..<length]), in: folder)
            switch error {
            case .notABundle: #expect(length <= 1024)
            case .damaged(_, let offset, .cut): #expect(offset == Int64(length))
            default: Issue.record("\(length): \(error.map { "\($0)" } ?? "taken")")
            }
        }
        let longer = try await refusal(of: bytes + [0], in: folder)
        guard case .damaged(_, Int64(bytes.count), .tail) = longer else {
            Issue.record("\(longer.map { "\($0)" } ?? "taken")")
            return
        }
    }

    @Test func `a file of which any byte beside its content differs is refused`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        let bytes = try await sample.file(at: folder.below("x.tar"))
        let map = try BundleMap(of: sample.contents)
        let content = map.pieces.values.map { Int($0.offset)..<Int($0.offset + $0.header.size) }
        var positions = (0..<bytes.count).filter { position in !content.contains { $0.contains(position) } }
        // Each byte of one header, and a sample of all others.
        let header = Int(map.pieces.values.map(\.start).min() ?? 0)
        positions = positions.filter { ($0 >= header && $0 < header + 512) || $0 % 29 == 0 }
        for position in positions {
            var changed = bytes
            changed[position] ^= 1
            #expect(try await refusal(of: changed, in: folder) != nil, "byte \(position)")
        }
    }

    @Test func `wrong bytes of a piece are found when they are read`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        var bytes = try await sample.file(at: folder.below("x.tar"))
        let map = try BundleMap(of: sample.contents)
        for member in map.pieces.values { bytes[Int(member.offset) + 20] ^= 1 }
        try folder.write(bytes, to: "x.tar")
        try await withBundle(at: folder.below("x.tar")) { bundle in
            for repository in sample.contents.repositories {
                let place = bundle.source(repository.name)
                for blob in repository.blobs {
                    let descriptor = Descriptor(mediaType: .octetStream, digest: blob.digest, size: blob.size)
                    await #expect(throws: SideFailure.self) {
                        try await BlobContent(descriptor, from: place).open().stream.collect()
                    }
                }
                await #expect(throws: ContentError.self) {
                    try await place.document(at: .digest(repository.manifests[0].digest))
                }
            }
        }
    }

    @Test func `members that change places are refused`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        let bytes = try await sample.file(at: folder.below("x.tar"))
        let members = try BundleMap(of: sample.contents).pieces.values.sorted { $0.start < $1.start }
        let ranges = members.map { Int($0.start)..<Int($0.end) }
        let swapped =
            bytes[..<ranges[0].lowerBound] + bytes[ranges[1]] + bytes[ranges[0]] + bytes[ranges[1].upperBound...]
        #expect(swapped.count == bytes.count)
        #expect(try await refusal(of: Array(swapped), in: folder) != nil)
        let doubled = bytes[..<ranges[0].upperBound] + bytes[ranges[0]] + bytes[ranges[0].upperBound...]
        #expect(try await refusal(of: Array(doubled), in: folder) != nil)
        let removed = bytes[..<ranges[0].lowerBound] + bytes[ranges[0].upperBound...]
        #expect(try await refusal(of: Array(removed), in: folder) != nil)
    }

    @Test func `an interrupted file is gone on with: what is whole stays, what is not is written again`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        let bytes = try await sample.file(at: folder.below("x.tar"))
        let pieces = sample.contents.pieces
        for count in 0...pieces.count {
            let writer = try BundleWriter.open(at: folder.below("y.tar"))
            try await writer.begin(sample.contents)
            for piece in pieces.prefix(count) { try await sample.write(piece, to: writer) }
            try await writer.shutdown()
            #expect(folder.files().contains("y.tar.partial") && !folder.files().contains("y.tar"))
            // The disk lost bytes of the last one.
            if count > 0 {
                var partial = try folder.read("y.tar.partial")
                let member = try #require(try BundleMap(of: sample.contents).pieces[pieces[count - 1].blob.digest])
                partial[Int(member.offset)] ^= 1
                try folder.write(partial, to: "y.tar.partial")
            }
            let next = try BundleWriter.open(at: folder.below("y.tar"))
            try await next.begin(sample.contents)
            var held = 0
            for piece in pieces where try await next.holds(piece.blob.digest) { held += 1 }
            #expect(held == max(0, count - 1))
            for piece in pieces { try await sample.write(piece, to: next) }
            try await next.finish()
            try await next.shutdown()
            #expect(try folder.read("y.tar") == bytes, "\(count)")
            try FileManager.default.removeItem(atPath: folder.below("y.tar"))
        }
    }

    @Test func `what is left of another bundle is not believed`() async throws {
        let folder = try TemporaryFolder()
        let (sample, other) = (try await BundleSample(), try await BundleSample(layerSize: 5000))
        let writer = try BundleWriter.open(at: folder.below("x.tar"))
        try await writer.begin(other.contents)
        for piece in other.contents.pieces { try await other.write(piece, to: writer) }
        try await writer.shutdown()
        let fresh = try await sample.file(at: folder.below("y.tar"))
        #expect(try await sample.file(at: folder.below("x.tar")) == fresh)
    }

    @Test func `one file is written by one at a time, and not before all is there`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        let writer = try BundleWriter.open(at: folder.below("x.tar"))
        #expect(folder.files().isEmpty)
        try await writer.begin(sample.contents)
        let second = try BundleWriter.open(at: folder.below("x.tar"))
        await #expect(throws: ArchiveError.busy(path: "\(folder.path)/x.tar.partial")) {
            try await second.begin(sample.contents)
        }
        await #expect(throws: ContentError.self) { try await writer.finish() }
        #expect(folder.files() == ["x.tar.partial"])
        try await writer.shutdown()
        try await second.shutdown()
    }

    @Test(arguments: ["", "folder", ".", ".."])
    func `what cannot become a file is refused before anything is written`(_ name: String) throws {
        let folder = try TemporaryFolder()
        try folder.write([], to: "folder/file")
        #expect(throws: StoreError.self) { try BundleWriter.open(at: folder.below(name)) }
        #expect(folder.files() == ["folder/file"])
    }

    @Test func `content of another length than the contents say is not written`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        var contents = sample.contents
        let manifest = contents.repositories[0].manifests[0]
        // Somebody calls the manifest a layer of one byte.
        contents.repositories[0].blobs.insert(BundleContents.Blob(digest: manifest.digest, size: 1), at: 0)
        let document = try #require(
            try await sample.source[BundleSample.base].document(at: .digest(manifest.digest))
        )
        let writer = try BundleWriter.open(at: folder.below("x.tar"))
        try await writer.begin(contents)
        await #expect(throws: ContentError.wrongSize(manifest.digest, expected: 1, stated: manifest.size)) {
            try await writer.write(document)
        }
        try await writer.shutdown()
    }

    @Test func `repositories are called as is wished, and two never alike`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.below("x.tar")
        try await BundleSample().file(at: path)
        try await withBundle(at: path, rename: { $0.name == BundleSample.app ? repository("far/app") : nil }) {
            bundle in
            let names = try await bundle.catalog().all()
            #expect(names == [repository("far/app")])
            let tags = try await bundle.source(repository("far/app")).tags().all()
            #expect(tags.map(\.tag) == [tag("2")])
            #expect(bundle.leftOut == ["docker.io/library/base"])
        }
        let names = ["docker.io/library/base", "registry.lan:5000/team/app"]
        await #expect(throws: ArchiveError.sameName(repository("one"), names)) {
            try await withBundle(at: path, rename: { _ in repository("one") }) { _ in }
        }
    }

    @Test(arguments: [Int64.max, -1, .max - 512, 1 << 61] as [Int64])
    func `lengths that no file has are refused`(_ size: Int64) async throws {
        let folder = try TemporaryFolder()
        var contents = try await BundleSample().contents
        contents.repositories[0].blobs[0].size = size
        #expect(throws: ArchiveError.tooLarge) { try BundleMap(of: contents) }
        // As the first document of a file says it.
        let encoder = JSONEncoder()
        let document = Array(try encoder.encode(contents))
        let marker = TarHeader(name: "oci-layout", size: Int64(BundleMap.marker.count)).bytes(modified: 0)
        let padding = [UInt8](repeating: 0, count: 512 - BundleMap.marker.count)
        let header = TarHeader(name: BundleMap.contentsName, size: Int64(document.count)).bytes(modified: 0)
        let start = marker + BundleMap.marker + padding + header + document
        #expect(try await refusal(of: start, in: folder) == .tooLarge)
    }

    @Test func `lengths and lists that cannot be are refused, also of what is left out`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        var negative = sample.contents
        let digest = Digester.digest(of: [7])
        negative.repositories[0].blobs.append(.init(digest: digest, size: -1))
        negative.assumed = [.init(digest: digest, holders: [])]
        #expect(throws: ArchiveError.tooLarge) { try BundleMap(of: negative) }
        var rootless = sample.contents
        rootless.repositories[0].manifests = []
        #expect(rootless.repositories[0].contradiction != nil)
        let map = try BundleMap(of: rootless)
        let error = try await refusal(of: map.start + map.end, in: folder)
        guard case .damaged(_, _, .document) = error else {
            Issue.record("\(error.map { "\($0)" } ?? "taken")")
            return
        }
    }

    @Test func `files that are no bundles are told apart`() async throws {
        let folder = try TemporaryFolder()
        await #expect(throws: ArchiveError.noFile(path: folder.below("none"))) {
            try await withBundle(at: folder.below("none")) { _ in }
        }
        #expect(
            try await refusal(of: Array("hello".utf8), in: folder) == .notABundle(path: folder.below("changed.tar"))
        )
        // A later version is named.
        var later = try await BundleSample().contents
        later.version = 2
        let start = try BundleMap(of: later).start
        #expect(
            try await refusal(of: start, in: folder)
                == .unsupportedVersion(path: folder.below("changed.tar"), version: 2)
        )
        // Neither a folder nor a pipe is waited for.
        try folder.write([], to: "folder/file")
        await #expect(throws: StoreError.self) { try await withBundle(at: folder.below("folder")) { _ in } }
    }
}
