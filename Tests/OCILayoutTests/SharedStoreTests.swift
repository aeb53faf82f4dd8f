// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import OCI
import OCIContent
import OCITestKit
import Synchronization
import Testing

@testable import OCILayout

/// Several processes on one store, each played by a store object of its own.
@Suite(.timeLimit(.minutes(5))) struct SharedStoreTests {
    private static let name = repository("team/app")
    private static let record = "repositories/team/app/_mirror/record"
    private static let index = "repositories/team/app/_oci/index.json"

    @Test func `writers of two processes never lose an entry, while both fold all the time`() async throws {
        try await withStore { first, folder in
            try await withStore(in: folder) { second in
                let image = try await BuiltImage.random(seed: 1)
                try await image.write(to: first.repository(Self.name))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<100 {
                        let store = number % 2 == 0 ? first : second
                        group.addTask {
                            try await store.repository(Self.name).put(image.manifest, as: [tag("t\(number)")])
                            if number % 10 == 0 { try await store.finish() }
                        }
                    }
                    try await group.waitForAll()
                }
                for store in [first, second] {
                    #expect(try await store.repository(Self.name).tags(after: nil, limit: 200).count == 100)
                }
            }
            let bytes = try folder.read(Self.index)
            #expect(try RepositoryIndex(parsing: bytes).tags.count == 100)
        }
    }

    @Test func `what a process that was killed left unfolded is folded by the next run that meets it`() async throws {
        try await withStore { killed, folder in
            let image = try await BuiltImage.random(seed: 1)
            try await image.write(to: killed.repository(Self.name), as: tag("a"))
            func indexed() throws -> Int { try RepositoryIndex(parsing: folder.read(Self.index)).tags.count }
            // Looking is not enough, as in a plan that is only to be read.
            let looking = try await LayoutStore.open(at: folder.path)
            #expect(try await looking.repository(Self.name).resolve(.tag(tag("a"))) == image.manifest.descriptor)
            try await looking.shutdown()
            #expect((try? indexed()) != 1)
            let next = try await LayoutStore.open(at: folder.path)
            #expect(try await next.repository(Self.name).resolve(.tag(tag("a"))) == image.manifest.descriptor)
            try await next.finish()
            #expect(try indexed() == 1)
            try await next.shutdown()
        }
    }

    @Test func `a reader sees what another process writes, folds and removes`() async throws {
        try await withStore { writer, folder in
            let image = try await BuiltImage.random(seed: 1)
            try await image.write(to: writer.repository(Self.name), as: tag("a"))
            let reader = try await LayoutStore.open(at: folder.path, for: .reading)
            let (read, write) = (reader.repository(Self.name), writer.repository(Self.name))
            func tags() async throws -> [String] { try await read.tags(after: nil, limit: 10).map(\.text) }
            #expect(try await tags() == ["a"])
            try await write.put(image.manifest, as: [tag("b")])
            #expect(try await tags() == ["a", "b"])
            try await writer.finish()
            #expect(try await tags() == ["a", "b"])
            _ = try await write.remove(tag("a"))
            #expect(try await tags() == ["b"])
            await #expect(throws: StoreError.self) { try await read.put(image.manifest, as: [tag("c")]) }
            await #expect(throws: StoreError.self) { try await read.beginUpload() }
            #expect(try await tags() == ["b"])
            try await reader.shutdown()
        }
    }

    @Test func `what another tool writes into the index is seen, and kept when it is folded`() async throws {
        try await withStore { store, folder in
            let image = try await BuiltImage.random(seed: 1)
            let target = store.repository(Self.name)
            try await image.write(to: target, as: tag("a"))
            try await store.finish()
            let text = String(decoding: try folder.read(Self.index), as: UTF8.self)
            let entry = IndexEntry(
                ManifestEntry(mediaType: .ociManifest, digest: image.manifest.descriptor.digest, size: 1),
                tag: tag("theirs"),
                extras: IndexExtras(members: #""platform":{"os":"plan9"}"#)
            )
            let changed = text.replacing("\"manifests\":[", with: "\"manifests\":[\(entry.text),")
            try folder.write(Array(changed.utf8), to: Self.index)
            #expect(try await target.tags(after: nil, limit: 10) == [tag("a"), tag("theirs")])
            try await target.put(image.manifest, as: [tag("b")])
            try await store.finish()
            #expect(String(decoding: try folder.read(Self.index), as: UTF8.self).contains("plan9"))
            #expect(try await target.tags(after: nil, limit: 10).count == 3)
        }
    }

    @Test func `a repository that somebody deletes is gone, and can be made again`() async throws {
        try await withStore { store, folder in
            let image = try await BuiltImage.random(seed: 1)
            let target = store.repository(Self.name)
            try await image.write(to: target, as: .latest)
            try FileManager.default.removeItem(atPath: folder.below("repositories/team"))
            #expect(try await target.tags(after: nil, limit: 10).isEmpty)
            #expect(try await !target.exists())
            try await image.write(to: target, as: tag("again"))
            #expect(try await target.tags(after: nil, limit: 10) == [tag("again")])
        }
    }

    @Test func `changes that wait for the lock together are saved together`() async throws {
        let folder = try TemporaryFolder()
        let count = StepCount()
        try await withStore(in: folder, observer: count.observer) { store in
            let image = try await BuiltImage.random(seed: 1)
            let target = store.repository(Self.name)
            try await image.write(to: target)
            let state = try #require(try await store.files.run { try store.states.state(of: Self.name, making: false) })
            let own = try OwnFiles(in: state.folder)
            #expect(try own.lock.tryLock())
            count.forget()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask { try await target.put(image.manifest, as: [tag("t\(number)")]) }
                }
                while state.queue.withLock({ $0.count }) < 50 {
                    try Task.checkCancellation()
                    await Task.yield()
                }
                own.lock.unlock()
                try await group.waitForAll()
            }
            let saved = count.steps.count { $0 == .sync(folder.below(Self.record)) }
            #expect(saved == 1)
            #expect(try await target.tags(after: nil, limit: 100).count == 50)
        }
    }

    @Test func `one bad change among those that wait together harms no other`() async throws {
        try await withStore { store, _ in
            let good = try await BuiltImage.random(seed: 1)
            let target = store.repository(Self.name)
            try await good.write(to: target)
            let state = try #require(try await store.files.run { try store.states.state(of: Self.name, making: false) })
            let own = try OwnFiles(in: state.folder)
            #expect(try own.lock.tryLock())
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await target.put(good.manifest, as: [tag("good")]) }
                group.addTask {
                    await #expect(throws: StoreError.self) {
                        try await state.change { session in
                            session.stage(.put(.sample("bad"), tags: [tag("bad")]))
                            throw StoreError.readingOnly(path: "")
                        }
                    }
                }
                while state.queue.withLock({ $0.count }) < 2 {
                    try Task.checkCancellation()
                    await Task.yield()
                }
                own.lock.unlock()
                try await group.waitForAll()
            }
            #expect(try await target.tags(after: nil, limit: 100) == [tag("good")])
        }
    }

    @Test func `after a shutdown everything throws`() async throws {
        let folder = try TemporaryFolder()
        let store = try await LayoutStore.open(at: folder.path)
        let image = try await BuiltImage.random(seed: 1)
        try await image.write(to: store.repository(Self.name), as: .latest)
        try await store.shutdown()
        try await store.shutdown()
        await #expect(throws: StoreError.shutDown) { try await store.repository(Self.name).resolve(.tag(.latest)) }
        await #expect(throws: StoreError.shutDown) { try await store.repository(Self.name).remove(.latest) }
    }

    @Test(arguments: [#"{"version":2}"#, "{}", "x"])
    func `a store of a later version, or with a broken marker, is refused`(marker: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write(Array(marker.utf8), to: LayoutPaths.marker)
        await #expect(throws: StoreError.self) { try await LayoutStore.open(at: folder.path) }
        #expect(folder.files() == [LayoutPaths.marker])
    }

    @Test func `a folder with something else is refused, and stays as it is`() async throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "letter.txt")
        for purpose in [LayoutStore.Purpose.writing, .reading] {
            await #expect(throws: StoreError.notAStore(path: folder.path)) {
                try await LayoutStore.open(at: folder.path, for: purpose)
            }
        }
        #expect(folder.files() == ["letter.txt"])
        await #expect(throws: StoreError.self) {
            try await LayoutStore.open(at: folder.below("missing"), for: .reading)
        }
        #expect(!folder.exists("missing"))
    }

    @Test func `processes that make the same store at once all open it`() async throws {
        let folder = try TemporaryFolder()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { try await LayoutStore.open(at: folder.below("deep/store")).shutdown() }
            }
            try await group.waitForAll()
        }
        #expect(folder.files("deep/store") == [LayoutPaths.marker])
    }
}
