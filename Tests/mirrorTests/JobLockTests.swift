// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCITestKit
import Synchronization
import Testing
@testable import mirror

@Suite struct JobLockTests {
    private let folder = TemporaryFolder()

    /// How many runs are at work, and were.
    private final class Counts: Sendable {
        struct Value: Hashable {
            var now = 0
            var most = 0
            var done = 0
        }

        private let state = Mutex(Value())

        var value: Value { state.withLock { $0 } }

        func change(_ body: (inout Value) -> Void) { state.withLock { body(&$0) } }
    }

    private var jobFolder: URL { folder.file("jobs/it") }

    /// Takes the lock as another process would; `nil` if it is held.
    private func takeFromOutside() -> Int32? {
        let descriptor = open(jobFolder.appending(path: "lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private func run(waits: Bool = false, _ work: () async throws -> Int = { 7 }) async throws -> Int? {
        try await JobLock.whileHeld(in: jobFolder, waits: waits, work)
    }

    @Test func `the work is done while the lock is held, and it is free afterwards`() async throws {
        let value = try await run {
            #expect(takeFromOutside() == nil)
            return 3
        }
        #expect(value == 3)
        let descriptor = try #require(takeFromOutside())
        close(descriptor)
        #expect(try folder.names(in: "jobs/it") == ["lock"])
    }

    @Test func `it is free after work that fails`() async throws {
        await #expect(throws: Fault.self) { try await run { throw Fault(description: "it failed") } }
        #expect(try await run() == 7)
    }

    @Test func `a second run is refused at once`() async throws {
        var second: Int? = 0
        let first = try await run {
            second = try await run { 2 }
            return 1
        }
        #expect(first == 1)
        #expect(second == nil)
    }

    @Test func `another job has a lock of its own`() async throws {
        let other = folder.file("jobs/other")
        let value = try await run {
            try await JobLock.whileHeld(in: other, waits: false) { 5 } ?? 0
        }
        #expect(value == 5)
    }

    @Test func `a run that waits begins when the other one has ended`() async throws {
        try FileManager.default.createDirectory(at: jobFolder, withIntermediateDirectories: true)
        let descriptor = try #require(takeFromOutside())
        let counts = Counts()
        let folder = jobFolder
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let done = try await JobLock.whileHeld(in: folder, waits: true) { counts.value.done }
                #expect(done == 1)
            }
            for _ in 0..<100 { await Task.yield() }
            counts.change { $0.done += 1 }
            close(descriptor)
            try await group.waitForAll()
        }
    }

    @Test func `a run that waits can be cancelled`() async throws {
        try FileManager.default.createDirectory(at: jobFolder, withIntermediateDirectories: true)
        let descriptor = try #require(takeFromOutside())
        defer { close(descriptor) }
        let folder = jobFolder
        let task = Task { try await JobLock.whileHeld(in: folder, waits: true) { Issue.record("it ran") } }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }

    @Test func `many runs at once that wait are done one after the other`() async throws {
        let counts = Counts()
        let folder = jobFolder
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    _ = try await JobLock.whileHeld(in: folder, waits: true) {
                        counts.change { $0 = .init(now: $0.now + 1, most: max($0.most, $0.now + 1), done: $0.done) }
                        for _ in 0..<20 { await Task.yield() }
                        counts.change { $0 = .init(now: $0.now - 1, most: $0.most, done: $0.done + 1) }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(counts.value == .init(now: 0, most: 1, done: 4))
    }

    @Test func `a process that holds it and is killed leaves nothing behind`() async throws {
        try FileManager.default.createDirectory(at: jobFolder, withIntermediateDirectories: true)
        let lock = jobFolder.appending(path: "lock").path
        // It says so once it has the lock, and then sleeps without a child that could keep it.
        let child = try await ChildProcess.start(
            "flock",
            ["--no-fork", lock, "sh", "-c", "echo held > \(lock).held; exec sleep 1000"],
            endsWithParent: true
        )
        while !FileManager.default.fileExists(atPath: "\(lock).held"), child.isRunning { await Task.yield() }
        #expect(try await run() == nil)
        child.send(SIGKILL)
        #expect(await child.wait().ending == .signalled(SIGKILL))
        #expect(try await run() == 7)
    }

    @Test func `a program that the run starts does not inherit it`() async throws {
        let child = try await JobLock.whileHeld(in: jobFolder, waits: false) {
            try await ChildProcess.start("sleep", ["1000"], endsWithParent: true)
        }
        let descriptor = takeFromOutside()
        #expect(descriptor != nil)
        if let descriptor { close(descriptor) }
        _ = await child?.stop()
    }

    @Test func `where the lock cannot be kept, the run does not begin`() async throws {
        try folder.write("", to: "jobs")
        await #expect(throws: StateError(path: jobFolder.appending(path: "lock").path, number: ENOTDIR)) {
            try await run {
                Issue.record("it ran"); return 0
            }
        }
    }
}
