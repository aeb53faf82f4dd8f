// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import Synchronization
import Testing

@testable import OCILayout

@Suite struct UploadJournalTests {
    private let folder: TemporaryFolder
    private let disk = StepCount()
    private let clock = Clock()
    private let app = repository("team/app")

    /// The time of a test, in seconds.
    private final class Clock: Sendable {
        let now = Atomic<Int64>(1_000_000)
    }

    init() throws { folder = try TemporaryFolder() }

    private var path: String { folder.below("uploads/r.lan") }

    private func journal() -> UploadJournal {
        UploadJournal(at: path, observer: disk.observer) { [clock] in clock.now.load(ordering: .relaxed) }
    }

    private func point(_ offset: Int64, _ location: String = "https://r.lan/u?_state=1") -> UploadCheckpoint {
        UploadCheckpoint(location: location, offset: offset)
    }

    private var files: [String] { folder.files("uploads/r.lan") }

    @Test func `what a process left open is known to the next one, with the newest offset`() {
        let first = journal()
        first.note(point(1), of: .of("a"), in: app)
        first.note(point(7), of: .of("b"), in: app)
        first.note(point(2, "next"), of: .of("a"), in: app)
        first.note(nil, of: .of("b"), in: app)
        #expect(first.checkpoint(of: .of("a"), in: app) == point(2, "next"))
        first.close()
        let second = journal()
        #expect(second.checkpoint(of: .of("a"), in: app) == point(2, "next"))
        #expect(second.checkpoint(of: .of("b"), in: app) == nil)
        #expect(second.checkpoint(of: .of("a"), in: repository("other")) == nil)
        #expect(files.count == 1)
    }

    @Test func `a process that lives keeps its uploads to itself`() {
        let (first, second) = (journal(), journal())
        first.note(point(1), of: .of("a"), in: app)
        #expect(second.checkpoint(of: .of("a"), in: app) == nil)
        second.note(point(5), of: .of("a"), in: app)
        #expect(first.checkpoint(of: .of("a"), in: app) == point(1))
        #expect(files.count == 2)
        first.close()
        second.close()
        let third = journal()
        #expect(third.checkpoint(of: .of("a"), in: app) == point(5))
        #expect(files.count == 1)
    }

    @Test func `of many processes that begin at once, one adopts what was left`() async {
        for _ in 0..<20 {
            let first = journal()
            first.note(point(1), of: .of("a"), in: app)
            first.close()
            let journals = (0..<8).map { _ in journal() }
            let count = await withTaskGroup(of: Bool.self) { group in
                for journal in journals {
                    group.addTask { journal.checkpoint(of: .of("a"), in: app) != nil }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(count == 1)
            for journal in journals {
                journal.note(nil, of: .of("a"), in: app)
                journal.close()
            }
            #expect(files == [])
        }
    }

    @Test func `a file is removed when nothing is open any more`() {
        let first = journal()
        first.note(point(1), of: .of("a"), in: app)
        first.note(nil, of: .of("a"), in: app)
        first.close()
        #expect(files == [])
        // What nobody began leaves nothing, either.
        let second = journal()
        second.note(nil, of: .of("a"), in: app)
        second.close()
        #expect(files == [])
    }

    @Test func `the file is its owner's alone, and so are the folders`() throws {
        let first = journal()
        first.note(point(1), of: .of("a"), in: app)
        func mode(_ name: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: folder.below(name))[.posixPermissions] as? Int
        }
        #expect(try mode("uploads/r.lan/\(try #require(files.first))") == 0o600)
        #expect(try mode("uploads/r.lan") == 0o700)
        #expect(try mode("uploads") == 0o700)
    }

    @Test func `after a week an upload is forgotten, also while the process lives`() {
        let first = journal()
        first.note(point(1), of: .of("a"), in: app)
        clock.now.add(UploadTable.maximumAge, ordering: .relaxed)
        #expect(first.checkpoint(of: .of("a"), in: app) == point(1))
        clock.now.add(1, ordering: .relaxed)
        #expect(first.checkpoint(of: .of("a"), in: app) == nil)
        first.close()
        #expect(files == [])
    }

    @Test func `a file that is cut anywhere, or no journal at all, stops nothing`() throws {
        let first = journal()
        first.note(point(1), of: .of("a"), in: app)
        first.note(point(2), of: .of("b"), in: app)
        let name = "uploads/r.lan/\(try #require(files.first))"
        let bytes = try folder.read(name)
        first.close()
        for length in 0...bytes.count {
            try FileManager.default.removeItem(atPath: folder.below("uploads"))
            try folder.write(Array(bytes[..<length]), to: name)
            let second = journal()
            let known = [Digest.of("a"), .of("b")].map { second.checkpoint(of: $0, in: app)?.offset }
            #expect([[nil, nil], [1, nil], [1, 2]].contains(known), "cut at \(length)")
            if length == bytes.count { #expect(known == [1, 2]) }
            second.note(point(9), of: .of("c"), in: app)
            second.close()
            #expect(journal().checkpoint(of: .of("c"), in: app) == point(9), "cut at \(length)")
        }
    }

    @Test func `what does not belong into the folder is left alone`() throws {
        try folder.write([1], to: "uploads/r.lan/README")
        try FileManager.default.createSymbolicLink(
            atPath: folder.below("uploads/r.lan/\(UploadID.random())"),
            withDestinationPath: "/etc/passwd"
        )
        let first = journal()
        first.note(point(1), of: .of("a"), in: app)
        first.note(nil, of: .of("a"), in: app)
        first.close()
        #expect(files.count == 2)
    }

    @Test func `a file that has grown long is written anew`() throws {
        let first = journal()
        first.note(point(5), of: .of("b"), in: app)
        for offset in 0..<5000 { first.note(point(Int64(offset)), of: .of("a"), in: app) }
        let name = try #require(files.first)
        #expect(files.count == 1)
        #expect(try UploadRecord.read(folder.read("uploads/r.lan/\(name)")).count < 1100)
        first.close()
        let second = journal()
        #expect(second.checkpoint(of: .of("a"), in: app) == point(4999))
        #expect(second.checkpoint(of: .of("b"), in: app) == point(5))
    }

    @Test func `a location that is too long for the file is known to the process only`() {
        let long = String(repeating: "x", count: 5000)
        let first = journal()
        first.note(point(1), of: .of("a"), in: app)
        first.note(point(2, long), of: .of("a"), in: app)
        #expect(first.checkpoint(of: .of("a"), in: app) == point(2, long))
        first.close()
        #expect(journal().checkpoint(of: .of("a"), in: app) == nil)
    }

    @Test func `where nothing can be made, the process remembers alone`() throws {
        try folder.write([], to: "uploads")
        let first = journal()
        first.note(point(1), of: .of("a"), in: app)
        #expect(first.checkpoint(of: .of("a"), in: app) == point(1))
        first.close()
        #expect(journal().checkpoint(of: .of("a"), in: app) == nil)
    }

    @Test func `a full disk costs nothing but what it could not take, and is used again when it has room`() {
        let first = journal()
        first.note(point(1), of: .of("a"), in: app)
        disk.fail { step in
            if case .write(let path, _) = step { throw StoreError.system(.write, path: path, errno: ENOSPC) }
        }
        first.note(point(2), of: .of("a"), in: app)
        first.note(point(3), of: .of("b"), in: app)
        first.note(nil, of: .of("b"), in: app)
        first.note(point(4), of: .of("c"), in: app)
        #expect(first.checkpoint(of: .of("a"), in: app) == point(2))
        disk.fail(nil)
        first.note(point(5), of: .of("d"), in: app)
        first.close()
        let second = journal()
        let known = ["a", "b", "c", "d"].map { second.checkpoint(of: .of($0), in: app)?.offset }
        #expect(known == [2, nil, 4, 5])
        #expect(files.count == 1)
    }

    @Test func `what cannot be adopted for want of room stays, and belongs to nobody else meanwhile`() {
        let first = journal()
        first.note(point(1), of: .of("a"), in: app)
        first.close()
        disk.fail { step in
            if case .create(let path) = step { throw StoreError.system(.open, path: path, errno: ENOSPC) }
        }
        let second = journal()
        #expect(second.checkpoint(of: .of("a"), in: app) == point(1))
        #expect(journal().checkpoint(of: .of("a"), in: app) == nil)
        disk.fail(nil)
        second.note(point(2), of: .of("a"), in: app)
        #expect(files.count == 1)
        second.close()
        #expect(journal().checkpoint(of: .of("a"), in: app) == point(2))
    }

    @Test func `a process that is stopped at any step leaves what it had noted before`() throws {
        var steps = 0
        for stop in 1... {
            let place = try TemporaryFolder()
            let left = UploadJournal(at: place.path, observer: nil) { 1000 }
            left.note(point(1), of: .of("a"), in: app)
            left.close()
            let disk = try FailingDisk(stopAt: stop)
            let stopped = UploadJournal(at: place.path, observer: disk.observer) { 1000 }
            let before = stopped.checkpoint(of: .of("a"), in: app)
            stopped.note(point(2), of: .of("a"), in: app)
            stopped.note(point(3), of: .of("b"), in: app)
            stopped.close()
            let next = UploadJournal(at: place.path, observer: nil) { 1000 }
            #expect(before == point(1))
            let known = next.checkpoint(of: .of("a"), in: app)?.offset
            #expect(known == 1 || known == 2, "stopped at \(stop)")
            if !disk.isStopped {
                #expect(next.checkpoint(of: .of("b"), in: app) == point(3))
                steps = stop
                break
            }
        }
        #expect(steps > 5)
    }
}
