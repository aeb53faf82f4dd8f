// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct BlobUploadTests {
    private static let name = repository("team/app")

    private struct Cut: Error {}

    /// Bytes that arrive in pieces, and perhaps break off.
    private static func pieces(_ bytes: [UInt8], of size: Int, breaksOff: Bool = false) -> ByteStream {
        ByteStream(range: 0..<Int64(bytes.count)) {
            var position = 0
            return {
                guard position < bytes.count else {
                    if breaksOff { throw Cut() }
                    return nil
                }
                let end = min(position + size, bytes.count)
                defer { position = end }
                return ByteBuffer(bytes: bytes[position..<end])
            }
        }
    }

    private static func random(_ size: Int, seed: UInt64 = 1) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    private static func read(_ digest: Digest, from repository: LayoutRepository) async throws -> [UInt8]? {
        guard let blob = try await repository.blob(digest) else { return nil }
        var bytes: [UInt8] = []
        for try await buffer in blob.read() { bytes += buffer.readableBytesView }
        return bytes
    }

    @Test(arguments: Digest.Algorithm.allCases, [0, 1, 70_000, 3 << 20])
    func `a blob arrives whole, whatever its size and algorithm`(
        algorithm: Digest.Algorithm,
        size: Int
    ) async throws {
        try await withStore { store, folder in
            let bytes = Self.random(size)
            let digest = Digester.digest(of: bytes, algorithm: algorithm)
            let upload = try await store.repository(Self.name).beginUpload()
            #expect(try await upload.append(Self.pieces(bytes, of: 60_001)) == Int64(size))
            #expect(try await upload.size() == Int64(size))
            #expect(try await upload.commit(as: digest) == Int64(size))
            #expect(try await Self.read(digest, from: store.repository(Self.name)) == bytes)
            #expect(folder.files("uploads").isEmpty)
            await #expect(throws: StoreError.uploadGone(upload.id)) { try await upload.size() }
            await #expect(throws: StoreError.uploadGone(upload.id)) { try await upload.commit(as: digest) }
        }
    }

    @Test func `ranges of a blob are cut to its length`() async throws {
        try await withStore { store, _ in
            for size in [1000, 700_000] {
                let bytes = Self.random(size)
                let digest = Digester.digest(of: bytes)
                let upload = try await store.repository(Self.name).beginUpload()
                try await upload.append(Self.pieces(bytes, of: size))
                try await upload.commit(as: digest)
                let blob = try #require(try await store.repository(Self.name).blob(digest))
                for range in [0..<1, 5..<Int64(size - 1), 10..<Int64.max, Int64(size)..<Int64(size + 5)] {
                    let stream = blob.read(range)
                    #expect(stream.range == range.clamped(to: 0..<Int64(size)))
                    var part: [UInt8] = []
                    for try await buffer in stream { part += buffer.readableBytesView }
                    #expect(part == Array(bytes[Int(stream.range.lowerBound)..<Int(stream.range.upperBound)]))
                }
            }
        }
    }

    @Test func `other bytes than were said are refused, and the upload is gone`() async throws {
        try await withStore { store, folder in
            let repository = store.repository(Self.name)
            let upload = try await repository.beginUpload()
            try await upload.append(Self.pieces([1, 2, 3], of: 2))
            let actual = Digester.digest(of: [1, 2, 3])
            await #expect(throws: StoreError.wrongDigest(expected: .of("x"), actual: actual)) {
                try await upload.commit(as: .of("x"))
            }
            #expect(try await repository.upload(upload.id) == nil)
            #expect(folder.files("blobs").isEmpty)
            #expect(folder.files("uploads").isEmpty)
        }
    }

    @Test func `an upload goes on in another process, from the byte that arrived last`() async throws {
        let folder = try TemporaryFolder()
        let bytes = Self.random(1_500_000)
        let digest = Digester.digest(of: bytes)
        let id = try await withStore(in: folder) { store in
            let upload = try await store.repository(Self.name).beginUpload(owner: "me")
            await #expect(throws: Cut.self) {
                try await upload.append(Self.pieces(Array(bytes[..<700_001]), of: 1000, breaksOff: true))
            }
            #expect(try await upload.size() == 700_001)
            return upload.id
        }
        try await withStore(in: folder) { store in
            let repository = store.repository(Self.name)
            let upload = try #require(try await repository.upload(id, owner: "me"))
            #expect(try await upload.size() == 700_001)
            await #expect(throws: StoreError.uploadOffset(id, size: 700_001)) {
                try await upload.append(Self.pieces([1], of: 1), at: 700_000)
            }
            try await upload.append(Self.pieces(Array(bytes[700_001...]), of: 65_536), at: 700_001)
            try await upload.commit(as: digest)
            #expect(try await Self.read(digest, from: repository) == bytes)
        }
    }

    @Test func `an upload is found by its repository and its owner only`() async throws {
        try await withStore { store, _ in
            let upload = try await store.repository(Self.name).beginUpload(owner: "a \"quoted\" one")
            #expect(try await store.repository(Self.name).upload(upload.id, owner: "a \"quoted\" one") != nil)
            #expect(try await store.repository(Self.name).upload(upload.id, owner: "other") == nil)
            #expect(try await store.repository(Self.name).upload(upload.id) == nil)
            #expect(
                try await store.repository(repository("other")).upload(upload.id, owner: "a \"quoted\" one") == nil
            )
            #expect(try await store.repository(Self.name).upload(.random()) == nil)
        }
    }

    @Test func `one at a time writes to an upload, also from another process`() async throws {
        try await withStore { store, folder in
            try await withStore(in: folder) { other in
                let upload = try await store.repository(Self.name).beginUpload()
                let twin = try #require(try await other.repository(Self.name).upload(upload.id))
                let inside = ByteStream(range: 0..<1) {
                    var isOver = false
                    return {
                        if isOver { return nil }
                        isOver = true
                        await #expect(throws: StoreError.uploadBusy(upload.id)) {
                            try await upload.append(Self.pieces([1], of: 1))
                        }
                        await #expect(throws: StoreError.uploadBusy(upload.id)) { try await upload.commit(as: .of("")) }
                        await #expect(throws: StoreError.uploadBusy(upload.id)) { try await upload.cancel() }
                        await #expect(throws: StoreError.uploadBusy(upload.id)) {
                            try await twin.append(Self.pieces([1], of: 1))
                        }
                        let isRemoved = try await store.removeUpload(upload.id)
                        #expect(!isRemoved)
                        #expect(try await !other.removeUpload(upload.id))
                        #expect(try await store.openUploads().map(\.isBusy) == [true])
                        return ByteBuffer(bytes: [7])
                    }
                }
                #expect(try await upload.append(inside) == 1)
                #expect(try await twin.append(Self.pieces([8], of: 1)) == 2)
                // This process has not seen the other one's byte, and hashes again.
                try await upload.commit(as: Digester.digest(of: [7, 8]))
            }
        }
    }

    @Test func `an upload may not be longer than its limit`() async throws {
        try await withStore { store, _ in
            let upload = try await store.repository(Self.name).beginUpload()
            await #expect(throws: StoreError.uploadTooLarge(upload.id, limit: 10)) {
                try await upload.append(Self.pieces(Self.random(20), of: 3), limit: 10)
            }
            #expect(try await upload.size() == 9)
        }
    }

    @Test func `uploads that stand still are listed, and removed only then`() async throws {
        try await withStore { store, folder in
            let upload = try await store.repository(Self.name).beginUpload(owner: "me")
            try await upload.append(Self.pieces([1, 2], of: 2))
            try folder.write([1], to: "uploads/notes.txt")
            try folder.write([1, 2, 3], to: "uploads/\(UploadID.random()).part")
            let listed = try await store.openUploads()
            #expect(listed.count == 2)
            let found = try #require(listed.first { $0.id == upload.id })
            #expect(found.repository == Self.name)
            #expect(found.owner == "me")
            #expect(found.size == 2)
            #expect(try await !store.removeUpload(upload.id, idleFor: 1000))
            for item in listed { #expect(try await store.removeUpload(item.id)) }
            #expect(try await !store.removeUpload(upload.id))
            #expect(folder.files("uploads") == ["notes.txt"])
            await #expect(throws: StoreError.uploadGone(upload.id)) { try await upload.append(Self.pieces([1], of: 1)) }
        }
    }
}
