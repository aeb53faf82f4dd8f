// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Testing
@testable import mirror

@Suite struct JobMemoryTests {
    private let folder = TemporaryFolder()
    private let app: RepositoryName
    private let tag: TagName

    init() throws {
        app = try RepositoryName("team/app")
        tag = try TagName("1")
    }

    private func open(remembersEqual: Bool = true, now: Int64 = 1000) -> JobMemory {
        JobMemory(in: folder.file("job"), remembersEqual: remembersEqual, now: now)
    }

    @Test func `what was equal last is remembered from run to run`() throws {
        let memory = open()
        #expect(memory.lastEqual(tag, in: app) == nil)
        memory.noteEqual(tag, in: app, Sample.digest(1))
        memory.noteEqual(tag, in: app, Sample.digest(2))
        memory.noteEqual(tag, in: try RepositoryName("other"), Sample.digest(3))
        #expect(open().lastEqual(tag, in: app) == Sample.digest(2))
        #expect(open().lastEqual(.latest, in: app) == nil)
    }

    @Test func `what differs is still known as it was when it was equal`() {
        let memory = open()
        memory.noteEqual(tag, in: app, Sample.digest(1))
        memory.noteDifferent(tag, in: app)
        #expect(open().lastEqual(tag, in: app) == Sample.digest(1))
    }

    @Test func `a job that overwrites everything keeps no line for each tag`() throws {
        let memory = open(remembersEqual: false)
        memory.noteEqual(tag, in: app, Sample.digest(1))
        #expect(memory.lastEqual(tag, in: app) == nil)
        #expect(open().lastEqual(tag, in: app) == nil)
        #expect(try folder.text("job/different").isEmpty)
    }

    @Test func `since when a tag differs is kept from the first time on that it was seen`() {
        #expect(lag(at: 100) == 100)
        #expect(lag(at: 200) == 100)
    }

    @Test func `a tag that a run does not meet does not count for ever`() {
        #expect(lag(at: 100) == 100)
        #expect(open(now: 200).oldestDifference == nil)
    }

    /// Since when a tag differs, as a run says that sees it differ.
    private func lag(at now: Int64) -> Int64? {
        let memory = open(now: now)
        memory.noteDifferent(tag, in: app)
        return memory.oldestDifference
    }

    @Test func `a tag that is equal again differs no more, and later from then on`() {
        #expect(lag(at: 100) == 100)
        open(now: 200).noteEqual(tag, in: app, Sample.digest(1))
        #expect(lag(at: 300) == 300)
    }

    @Test func `the tag that has differed longest counts`() throws {
        open(now: 300).noteDifferent(.latest, in: app)
        open(now: 100).noteDifferent(tag, in: app)
        let memory = open(now: 200)
        memory.noteDifferent(tag, in: try RepositoryName("other"))
        memory.noteDifferent(tag, in: app)
        #expect(memory.oldestDifference == 100)
        memory.noteEqual(tag, in: app, Sample.digest(1))
        #expect(memory.oldestDifference == 200)
    }

    @Test func `without its folder everything is unknown`() throws {
        open(now: 100).noteEqual(tag, in: app, Sample.digest(1))
        open(now: 100).noteDifferent(tag, in: app)
        try FileManager.default.removeItem(at: folder.file("job"))
        #expect(open().lastEqual(tag, in: app) == nil)
        #expect(open().oldestDifference == nil)
    }

    @Test func `a spoilt file is as good as none`() throws {
        try folder.write([0xFF, 0, 0x0A, 0x20], to: "job/equal")
        try folder.write("team/app:1 yesterday\nteam/app:1 -5\n", to: "job/different")
        #expect(open().lastEqual(tag, in: app) == nil)
        #expect(lag(at: 100) == 100)
    }
}
