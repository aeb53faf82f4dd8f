// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Testing

@testable import OCIRegistry

@Suite struct UploadMachineTests {
    typealias Action = UploadMachine.Action

    /// What a registry answers, in order, and what is to be done before, between and after the answers.
    struct Row: Sendable, CustomTestStringConvertible {
        let what: String
        var sibling: String?
        var canMount = true
        let replies: [(status: Int, location: String?)]
        let actions: @Sendable () throws -> [Action]

        var testDescription: String { what }
    }

    private static let mountOwn: @Sendable () throws -> Action = { .mount(from: try RepositoryName("team/app")) }
    private static let mountSibling: @Sendable () throws -> Action = { .mount(from: try RepositoryName("team/base")) }

    @Test(arguments: [
        Row(what: "the repository has it", replies: [(201, nil)]) { [try mountOwn(), .finish(.present)] },
        Row(what: "a sibling has it", sibling: "team/base", replies: [(201, "/b")]) {
            [try mountSibling(), .finish(.mounted)]
        },
        Row(what: "nobody has it, docker-registry", replies: [(202, "/u?s=1"), (201, nil)]) {
            [try mountOwn(), .send(location: "/u?s=1"), .finish(.copied)]
        },
        Row(what: "the sibling has lost it", sibling: "team/base", replies: [(202, "/u"), (201, nil)]) {
            [try mountSibling(), .send(location: "/u"), .finish(.copied)]
        },
        Row(what: "mounts are known to be refused", canMount: false, replies: [(404, nil), (202, "/u"), (201, nil)]) {
            [.find, .start, .send(location: "/u"), .finish(.copied)]
        },
        Row(
            what: "mounts are known to be refused, with a sibling",
            sibling: "team/base",
            canMount: false,
            replies: [(200, nil)]
        ) { [.find, .finish(.present)] },
        Row(what: "a session without a place", replies: [(202, nil)]) { [try mountOwn(), .fail] },
        Row(what: "a session without a place, at last", canMount: false, replies: [(404, nil), (202, nil)]) {
            [.find, .start, .fail]
        },
        Row(what: "a start that is said to have ended", canMount: false, replies: [(404, nil), (201, "/b")]) {
            [.find, .start, .fail]
        },
    ])
    func `goes from answer to answer`(_ row: Row) throws {
        try check(row)
    }

    @Test func `a blob that is to replace another is neither asked for nor mounted`() throws {
        let terms = UploadMachine.Terms(
            repository: try RepositoryName("team/app"),
            sibling: try RepositoryName("team/base"),
            size: 10,
            replaces: true
        )
        var machine = UploadMachine(terms, RegistryProfile(of: .oci))
        #expect(machine.action == .start)
        #expect(machine.advance(after: .init(status: 202, location: "/u")) == .send(location: "/u"))
        #expect(machine.advance(after: .init(status: 201, location: nil)) == .finish(.copied))
    }

    @Test(arguments: [400, 404, 405, 501])
    func `asks and starts the plain way where a mount is refused`(_ status: Int) throws {
        try check(
            Row(what: "absent", replies: [(status, nil), (404, nil), (202, "/u"), (201, nil)]) {
                [try Self.mountOwn(), .find, .start, .send(location: "/u"), .finish(.copied)]
            },
            refusesMounts: true
        )
        try check(
            Row(what: "present", sibling: "team/base", replies: [(status, "/x"), (200, nil)]) {
                [try Self.mountSibling(), .find, .finish(.present)]
            },
            refusesMounts: true
        )
    }

    @Test(arguments: [200, 204, 301, 304, 307, 401, 403, 408, 409, 412, 413, 416, 429, 500, 502, 503, 504, 507, 599])
    func `an answer of no use to a mount ends the attempt and is not held against mounting`(_ status: Int) throws {
        try check(Row(what: "mount", replies: [(status, "/u")]) { [try Self.mountOwn(), .fail] })
    }

    @Test(arguments: [401, 403])
    func `a repository that may not be read is not mounted from, now or later`(_ status: Int) throws {
        let terms = UploadMachine.Terms(
            repository: try RepositoryName("team/app"),
            sibling: try RepositoryName("team/base"),
            size: 10
        )
        var machine = UploadMachine(terms, RegistryProfile(of: .oci))
        #expect(machine.action == (try Self.mountSibling()))
        #expect(machine.advance(after: .init(status: status)) == .find)
        #expect(machine.advance(after: .init(status: 404)) == .start)
        #expect(!machine.lessons.mountRefused)
        #expect(UploadMachine(terms, RegistryProfile(of: .oci), machine.lessons).action == .find)
        var other = terms
        other.sibling = try RepositoryName("team/other")
        #expect(
            UploadMachine(other, RegistryProfile(of: .oci), machine.lessons).action
                == .mount(from: try RepositoryName("team/other"))
        )
    }

    @Test func `without a token for two repositories, only the one that is written to is asked`() throws {
        var terms = UploadMachine.Terms(repository: try RepositoryName("team/app"), size: 10)
        var own = UploadMachine(terms, RegistryProfile(of: .oci))
        let gaveUpOwn = own.giveUpMount()
        #expect(!gaveUpOwn)
        terms.sibling = try RepositoryName("team/base")
        var machine = UploadMachine(terms, RegistryProfile(of: .oci))
        let gaveUp = machine.giveUpMount()
        #expect(gaveUp)
        #expect(machine.action == .find)
        let gaveUpTwice = machine.giveUpMount()
        #expect(!gaveUpTwice)
    }

    @Test(arguments: [201, 202, 204, 301, 400, 401, 403, 405, 416, 429, 500, 501, 503])
    func `a blob is neither there nor absent by an answer that says neither`(_ status: Int) throws {
        try check(Row(what: "find", canMount: false, replies: [(status, "/u")]) { [.find, .fail] })
    }

    @Test(arguments: [200, 201, 204, 400, 401, 403, 404, 405, 413, 429, 500, 501, 503])
    func `an upload is not started by any answer but 202`(_ status: Int) throws {
        try check(
            Row(what: "start", canMount: false, replies: [(404, nil), (status, "/u")]) { [.find, .start, .fail] }
        )
    }

    @Test(arguments: [200, 202, 204, 301, 400, 401, 403, 404, 405, 416, 429, 500, 503])
    func `a blob has not arrived by any answer but 201`(_ status: Int) throws {
        try check(
            Row(what: "send", replies: [(202, "/u"), (status, "/v")]) {
                [try Self.mountOwn(), .send(location: "/u"), .fail]
            }
        )
    }

    private func check(_ row: Row, refusesMounts: Bool = false) throws {
        var machine = UploadMachine(
            UploadMachine.Terms(
                repository: try RepositoryName("team/app"),
                sibling: try row.sibling.map { try RepositoryName($0) },
                size: 10
            ),
            RegistryProfile(of: .oci),
            UploadLessons(mountRefused: !row.canMount)
        )
        var actions = [machine.action]
        for reply in row.replies {
            let action = machine.advance(after: .init(status: reply.status, location: reply.location))
            #expect(machine.action == action)
            actions.append(action)
        }
        #expect(try actions == row.actions())
        #expect(machine.lessons.mountRefused == (refusesMounts || !row.canMount))
    }
}
