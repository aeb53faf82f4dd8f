// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct VolumeTests {
    /// Writes a bundle in volumes, and returns their names.
    private func write(_ sample: BundleSample, _ size: Int64, to path: String) async throws {
        let writer = try BundleWriter.open(at: path, volumeSize: size)
        do { try await sample.write(to: writer, reversed: true) } catch {
            try await writer.shutdown()
            throw error
        }
        try await writer.shutdown()
    }

    private func volumes(in folder: TemporaryFolder) -> [String] {
        folder.files().filter { $0.hasPrefix("x.tar.0") }.sorted()
    }

    private func contents(of path: String) async throws -> BundleContents {
        try await BundleEndpoint.contents(of: try VolumeSet(at: path))
    }

    @Test(arguments: [511, 512, 1000, 4096, 10_000, 1 << 40] as [Int64])
    func `volumes of any size are the bytes of the file, one behind the other`(_ size: Int64) async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        let whole = try await sample.file(at: folder.below("whole.tar"))
        try await write(sample, size, to: folder.below("x.tar"))
        let names = volumes(in: folder)
        #expect(names.count == (whole.count + Int(min(size, 1 << 30)) - 1) / Int(min(size, 1 << 30)))
        #expect(try names.flatMap { try folder.read($0) } == whole)
        for name in names.dropLast() { #expect(try folder.read(name).count == size) }
        #expect(Set(folder.files()) == Set(names + ["x.tar.SHA256SUMS", "whole.tar"]))

        for path in ["x.tar", names[0], names[names.count - 1]] {
            let bundle = try await BundleEndpoint.open(at: folder.below(path))
            #expect(bundle.path == folder.below("x.tar"))
            for repository in sample.contents.repositories {
                for blob in repository.blobs {
                    let descriptor = Descriptor(mediaType: .octetStream, digest: blob.digest, size: blob.size)
                    let content = BlobContent(descriptor, from: bundle.source(repository.name))
                    #expect(try await content.open().stream.collect().count == Int(blob.size))
                }
            }
            try await bundle.shutdown()
        }
    }

    @Test func `the sums are those of sha256sum`() async throws {
        let folder = try TemporaryFolder()
        try await write(try await BundleSample(), 5000, to: folder.below("x.tar"))
        let check = try await ChildProcess.run(
            "sh",
            ["-c", "cd \(folder.path) && sha256sum --check --strict x.tar.SHA256SUMS"]
        )
        #expect(check.succeeded, "\(check.outputText)\(check.errorText)")
        #expect(check.outputText.split(separator: "\n").count == volumes(in: folder).count)
        let set = try VolumeSet(at: folder.below("x.tar"))
        try await #require(try VolumeSums.beside(set)).check(set)
    }

    @Test func `a volume that was changed, cut, lost or left out is named`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.below("x.tar")
        try await write(try await BundleSample(), 5000, to: path)
        let set = try VolumeSet(at: path)
        let sums = try #require(try VolumeSums.beside(set))
        let second = try folder.read("x.tar.002")

        var changed = second
        changed[100] ^= 1
        try folder.write(changed, to: "x.tar.002")
        await #expect(throws: ArchiveError.volumeChanged(path: set.files[1])) { try await sums.check(set) }

        try folder.write(Array(second.dropLast()), to: "x.tar.002")
        await #expect(throws: ArchiveError.damaged(path: set.files[1], offset: 4999, .cut)) {
            try await contents(of: path)
        }
        try folder.write(second, to: "x.tar.002")

        let last = "x.tar.00\(set.files.count)"
        try FileManager.default.moveItem(atPath: folder.below(last), toPath: folder.below("aside"))
        await #expect(throws: ArchiveError.volumeMissing(path: folder.below(last))) { try await contents(of: path) }
        let shorter = try VolumeSet(at: path)
        await #expect(throws: ArchiveError.volumeMissing(path: folder.below(last))) { try await sums.check(shorter) }
        try FileManager.default.moveItem(atPath: folder.below("aside"), toPath: folder.below(last))

        try FileManager.default.removeItem(atPath: folder.below("x.tar.001"))
        #expect(throws: ArchiveError.volumeMissing(path: folder.below("x.tar.001"))) {
            try VolumeSet(at: folder.below("x.tar.002"))
        }

        try folder.write(Array("nonsense".utf8), to: "x.tar.SHA256SUMS")
        #expect(throws: ArchiveError.sumsDamaged(path: path + ".SHA256SUMS")) { try VolumeSums.beside(set) }
    }

    @Test func `volumes come in any order and from any folder, each once`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.below("x.tar")
        try await write(try await BundleSample(), 5000, to: path)
        let names = volumes(in: folder)
        try FileManager.default.createDirectory(atPath: folder.below("other"), withIntermediateDirectories: true)
        let moved = folder.below("other/\(names[1])")
        try FileManager.default.moveItem(atPath: folder.below(names[1]), toPath: moved)
        let paths = [folder.below(names[2]), moved, "other.tar", folder.below(names[0])]
        let sets = try VolumeSet.sets(of: paths)
        #expect(sets.map(\.path) == [path, "other.tar"])
        #expect(sets[0].files.count == names.count)
        #expect(sets[0].files[1] == moved)
        let contents = try await BundleEndpoint.contents(of: sets[0])
        #expect(try await contents == BundleSample().contents)
        // A second first volume is that of another bundle, and a file of the same name is one, too.
        let several = try VolumeSet.sets(of: ["x.tar", folder.below(names[0]), folder.below("other/\(names[0])")])
        #expect(several.map(\.path) == ["x.tar", path, folder.below("other/x.tar")])
        #expect(several.map(\.isNumbered) == [false, true, true])
    }

    @Test func `an interrupted bundle of volumes is gone on with`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        let whole = try await sample.file(at: folder.below("whole.tar"))
        let path = folder.below("x.tar")
        let writer = try BundleWriter.open(at: path, volumeSize: 3000)
        try await writer.begin(sample.contents)
        for piece in sample.contents.pieces.dropLast(2) { try await sample.write(piece, to: writer) }
        try await writer.shutdown()
        #expect(volumes(in: folder).allSatisfy { $0.hasSuffix(".partial") })
        let next = try BundleWriter.open(at: path, volumeSize: 3000)
        try await next.begin(sample.contents)
        var held = 0
        for piece in sample.contents.pieces where try await next.holds(piece.blob.digest) { held += 1 }
        #expect(held == sample.contents.pieces.count - 2)
        for piece in sample.contents.pieces { try await sample.write(piece, to: next) }
        try await next.finish()
        try await next.shutdown()
        #expect(try volumes(in: folder).flatMap { try folder.read($0) } == whole)
    }

    @Test func `a shorter bundle leaves no volumes of a longer one behind`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        try folder.write([1], to: "x.tar.0999")
        try await write(sample, 1000, to: folder.below("x.tar"))
        let many = volumes(in: folder).count
        try await write(sample, 20_000, to: folder.below("x.tar"))
        #expect(volumes(in: folder).count < many)
        #expect(folder.files().contains("x.tar.0999"))
        #expect(try await contents(of: folder.below("x.tar")) == sample.contents)
    }

    @Test func `one file and volumes of one name take each other's place`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        try await sample.file(at: folder.below("x.tar"))
        try folder.write([1], to: "x.tar.partial")
        try folder.write([1], to: "x.tar.other")
        try await write(sample, 10_000, to: folder.below("x.tar"))
        #expect(!folder.files().contains("x.tar") && !folder.files().contains("x.tar.partial"))
        try await sample.file(at: folder.below("x.tar"))
        #expect(Set(folder.files()) == ["x.tar", "x.tar.other"])
    }

    @Test func `names that were given before a stop are taken back, and nothing is written again`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        let path = folder.below("x.tar")
        try await write(sample, 10_000, to: path)
        let names = volumes(in: folder)
        // As if the last name had not been given.
        try FileManager.default.moveItem(
            atPath: folder.below(names[names.count - 1]),
            toPath: folder.below("\(names[names.count - 1]).partial")
        )
        let writer = try BundleWriter.open(at: path, volumeSize: 10_000)
        try await writer.begin(sample.contents)
        for piece in sample.contents.pieces { #expect(try await writer.holds(piece.blob.digest)) }
        try await writer.finish()
        try await writer.shutdown()
        #expect(volumes(in: folder) == names)
    }

    @Test func `a name that is one of a volume is refused, as is a folder in the way`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.below("week.042")
        #expect(throws: ArchiveError.volumeName(path: path)) { try BundleWriter.open(at: path) }
        try FileManager.default.createDirectory(atPath: folder.below("x.tar.002"), withIntermediateDirectories: true)
        await #expect(throws: StoreError.unexpectedFile(path: folder.below("x.tar.002"))) {
            try await write(try await BundleSample(), 10_000, to: folder.below("x.tar"))
        }
    }

    @Test func `more volumes than can be numbered are refused`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        await #expect(throws: ArchiveError.self) { try await write(sample, 10, to: folder.below("x.tar")) }
        #expect(folder.files().isEmpty)
    }

    @Test(arguments: ["x.tar", "x.001", "a/b.tar.999"])
    func `a path that is not there stays what it is`(_ path: String) {
        #expect((try? VolumeSet(at: path).files) ?? [path] == [path])
    }
}
