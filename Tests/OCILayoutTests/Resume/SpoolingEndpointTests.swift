// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct SpoolingEndpointTests {
    private let place: TemporaryFolder
    private let disk = StepCount()
    private static let bytes = bytes(2_000_000, seed: 1)
    private var bytes: [UInt8] { Self.bytes }
    private let base: MeasuredSource

    init() throws {
        place = try TemporaryFolder()
        base = MeasuredSource(Self.bytes, piece: 10_000)
    }

    private static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    private var blob: Descriptor { base.descriptor }
    private var path: String { place.below("spool") }
    private var file: String { "spool/sha256/\(blob.digest.hex)" }

    /// A run: a process of its own, as far as the files can tell.
    @discardableResult
    private func run<Value>(
        limit: Int64 = 1 << 30,
        free: Int64 = 1 << 40,
        over source: MeasuredSource? = nil,
        _ body: (any ContentSource) async throws -> Value
    ) async throws -> Value {
        let folder = SpoolFolder(at: path, limit: limit, sparesDisk: true, observer: disk.observer) { _ in
            DiskSpace(free: free, total: 1 << 30)
        }
        let value = try await body(
            SpoolingEndpoint(source ?? base, in: folder, minimumSize: 1000).source(repository("a"))
        )
        try await folder.shutdown()
        return value
    }

    private func read(_ source: any ContentSource, in range: Range<Int64>? = nil) async throws -> [UInt8] {
        try await source.blob(blob, in: range ?? 0..<blob.size).drain().bytes
    }

    private func expectAll(of source: any ContentSource) async throws {
        let read = try await read(source)
        #expect(read == bytes)
    }

    /// A run that reads all of the blob.
    private func expectWhole(limit: Int64 = 1 << 30, free: Int64 = 1 << 40) async throws {
        let read = try await run(limit: limit, free: free) { source in try await self.read(source) }
        #expect(read == bytes)
    }

    @Test func `a copy that was cut is gone on with where it was cut, also by another process`() async throws {
        base.cut(at: 700_000)
        try await run { source in
            let (read, isWhole) = try await source.blob(blob, in: 0..<blob.size).drain()
            #expect(!isWhole)
            #expect(read == Array(bytes[..<700_000]))
            #expect(await source.kept(of: blob) == 700_000)
        }
        #expect(try place.read(file) == Array(bytes[..<700_000]))
        try await run { source in
            #expect(await source.kept(of: blob) == 700_000)
            try await expectAll(of: source)
            #expect(await source.kept(of: blob) == blob.size)
            try await expectAll(of: source)
        }
        #expect(base.ranges == [0..<2_000_000, 700_000..<2_000_000])
        try await run { source in
            await source.release(blob)
            #expect(await source.kept(of: blob) == 0)
        }
        #expect(place.files("spool") == [])
    }

    @Test(
        arguments: [
            (0..<100_000, []), (50_000..<300_000, []), (299_999..<300_000, []),
            (299_999..<300_001, [300_000..<300_001]),
            (300_000..<400_000, [300_000..<400_000]), (0..<2_000_000, [300_000..<2_000_000]),
            (300_001..<400_000, [300_001..<400_000]), (1_999_999..<2_000_000, [1_999_999..<2_000_000]),
        ] as [(Range<Int64>, [Range<Int64>])]
    )
    func `of a range, only what is not kept is asked for`(_ range: Range<Int64>, asked: [Range<Int64>]) async throws {
        base.cut(at: 300_000)
        try await run { source in
            _ = try await read(source)
            let stream = try await source.blob(blob, in: range)
            #expect(stream.range == range)
            #expect(await stream.drain().bytes == Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
            #expect(Array(base.ranges.dropFirst()) == asked)
            // What follows the kept bytes is kept, and nothing else.
            let kept = range.lowerBound <= 300_000 ? max(300_000, range.upperBound) : 300_000
            #expect(await source.kept(of: blob) == kept)
        }
        let kept = try place.read(file)
        #expect(kept == Array(bytes[..<kept.count]))
    }

    @Test(arguments: [Int64(1), 5000, 1_000_000])
    func `a place that begins too early spoils nothing`(_ lead: Int64) async throws {
        base.cut(at: 300_000)
        try await run { source in
            _ = try await read(source)
            base.begin(before: lead)
            try await expectAll(of: source)
        }
        #expect(try place.read(file) == bytes)
    }

    @Test(arguments: UInt64(1)...6)
    func `however often and wherever a copy is cut, no byte is asked for twice`(_ seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        var offset: Int64 = 0
        for _ in 0..<6 {
            offset += Int64(random.next(in: 0...300_000))
            base.cut(at: offset)
            let read = try await run { source in try await self.read(source) }
            #expect(read == Array(bytes[..<Int(offset)]), "seed \(seed)")
        }
        try await expectWhole()
        for (before, after) in zip(base.ranges, base.ranges.dropFirst()) {
            #expect(before.lowerBound <= after.lowerBound)
        }
        #expect(base.ranges.last == offset..<blob.size, "seed \(seed)")
    }

    @Test func `small blobs, and those that are missing, leave nothing`() async throws {
        let small = MeasuredSource(Self.bytes(999, seed: 2))
        try await run(over: small) { source in
            let read = try await source.blob(small.descriptor, in: 0..<999).collect()
            #expect(read == small.blob)
        }
        base.vanish()
        await #expect(throws: MeasuredSource.Cut.self) {
            try await run { source in _ = try await source.blob(blob, in: 0..<blob.size) }
        }
        #expect(place.files("spool") == [])
    }

    @Test func `a disk that is full while it is written to costs the copy nothing`() async throws {
        disk.fail { step in
            if case .write(let path, _) = step, self.disk.bytes(to: path) > 1_000_000 {
                throw StoreError.system(.write, path: path, errno: ENOSPC)
            }
        }
        try await run { source in
            try await expectAll(of: source)
            #expect(await source.kept(of: blob) == 0)
        }
        #expect(place.files("spool") == [])
        #expect(base.ranges.count == 1)
    }

    @Test func `a file that was cut by somebody is not missed`() async throws {
        base.cut(at: 1_500_000)
        try await run { source in
            _ = try await read(source)
            let stream = try await source.blob(blob, in: 0..<blob.size)
            try #require(truncate(place.below(file), 600_000) == 0)
            #expect(await stream.drain().bytes == bytes)
        }
        #expect(place.files("spool") == [])
    }

    @Test func `a file that is longer than the blob is none of it`() async throws {
        try place.write(bytes + [1], to: file)
        try await run { source in
            #expect(await source.kept(of: blob) == 0)
            #expect(!place.exists(file))
            try await expectAll(of: source)
        }
        #expect(try place.read(file) == bytes)
    }

    @Test func `more bytes than the blob has are passed on, and not kept`() async throws {
        let short = Descriptor(mediaType: .ociLayerGzip, digest: blob.digest, size: blob.size - 1)
        let stream = try await run { try await $0.blob(short, in: 0..<blob.size).drain() }
        #expect(stream.bytes == bytes)
        #expect(place.files("spool") == [])
    }

    @Test func `the newest reading writes, and an older one only passes on`() async throws {
        try await run { source in
            var older = try await source.blob(blob, in: 0..<blob.size).makeAsyncIterator()
            var passed: [UInt8] = []
            while passed.count < 800_000, let next = try await older.next() { passed += next.readableBytesView }
            try await expectAll(of: source)
            while let next = try await older.next() { passed += next.readableBytesView }
            #expect(passed == bytes)
        }
        #expect(try place.read(file) == bytes)
        // At least the one write that was under way when the second reading began did not have to be fetched again.
        #expect(base.ranges.count == 2)
        #expect(try #require(base.ranges.last).lowerBound >= Int64(StoreFiles.chunkSize))
    }

    @Test func `many readings of one blob at once all read it, and the file is right`() async throws {
        try await run { source in
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 {
                    group.addTask { [bytes] in (try? await read(source)) == bytes }
                }
                for await isRight in group { #expect(isRight) }
            }
        }
        let kept = try place.read(file)
        #expect(kept == Array(bytes[..<kept.count]))
    }

    @Test func `a blob that another process reads is passed on`() async throws {
        try await run { source in
            var iterator = try await source.blob(blob, in: 0..<blob.size).makeAsyncIterator()
            _ = try await iterator.next()
            try await run { other in
                #expect(await other.kept(of: blob) == 0)
                try await expectAll(of: other)
                await other.release(blob)
            }
            while try await iterator.next() != nil {}
        }
        #expect(try place.read(file) == bytes)
    }

    @Test func `the oldest files go first when the bound is reached, and a blob that is too large stays out`()
        async throws
    {
        for (name, size, age) in [("a", 500_000, 300), ("b", 500_000, 100), ("c", 500_000, 200)] {
            let path = "spool/sha256/\(Digest.of(name).hex)"
            try place.write([UInt8](repeating: 0, count: size), to: path)
            let date = Date(timeIntervalSinceNow: -TimeInterval(age))
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: place.below(path))
        }
        try await expectWhole(limit: 1_999_999)
        #expect(place.files("spool").count == 3)
        try await expectWhole(limit: 2_500_000)
        #expect(place.files("spool") == ["sha256/\(Digest.of("b").hex)", "sha256/\(blob.digest.hex)"].sorted())
    }

    @Test func `a disk that is nearly full is left to others`() async throws {
        try await expectWhole(free: (1 << 30) + blob.size - 1)
        #expect(place.files("spool") == [])
        try await expectWhole(free: (1 << 30) + blob.size)
        #expect(place.exists(file))
    }

    @Test func `what nobody touched for a week is removed`() async throws {
        for (name, age) in [("old", 604_900), ("new", 604_700)] {
            let path = "spool/sha512/\(Digester.digest(of: Array(name.utf8), algorithm: .sha512).hex)"
            try place.write([1], to: path)
            let date = Date(timeIntervalSinceNow: -TimeInterval(age))
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: place.below(path))
        }
        try await run { source in await source.kept(of: blob) }
        #expect(place.files("spool").count == 1)
    }

    @Test func `the files are their owner's alone`() async throws {
        try await expectWhole()
        func mode(_ name: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: place.below(name))[.posixPermissions] as? Int
        }
        #expect(try mode("spool") == 0o700)
        #expect(try mode("spool/sha256") == 0o700)
        #expect(try mode(file) == 0o600)
    }

    @Test func `where no folder can be made, blobs are passed on`() async throws {
        try place.write([], to: "spool")
        try await run { source in
            #expect(await source.kept(of: blob) == 0)
            try await expectAll(of: source)
            await source.release(blob)
        }
    }

    @Test func `wrong bytes that are kept fail the copy once, and are gone when they are let go of`() async throws {
        try place.write([UInt8](repeating: 0, count: 1000), to: file)
        try await run { source in
            let reading = try await BlobContent(blob, from: source).open()
            #expect(await !reading.stream.drain().isWhole)
            await source.release(blob)
            let again = try await BlobContent(blob, from: source).open()
            #expect(await again.stream.drain().bytes == bytes)
        }
    }
}
