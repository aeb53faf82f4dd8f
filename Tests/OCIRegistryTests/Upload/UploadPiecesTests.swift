// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Testing

@testable import OCIRegistry

@Suite("UploadMachine, in pieces")
struct UploadPiecesTests {
    typealias Action = UploadMachine.Action

    /// What a registry answers, in order, and what is asked of it.
    struct Row: Sendable, CustomTestStringConvertible {
        let what: String
        var profile = RegistryProfile(goesOn: true, chunk: 10)
        var size: Int64 = 25
        var lessons = UploadLessons()
        var checkpoint: UploadCheckpoint?
        let replies: [UploadReply]
        let actions: [Action]
        var learned: UploadLessons?
        /// The bytes that were lost at the last reply that lost some.
        var setback: Int64?
        /// Where the upload can go on after the last reply.
        var end: UploadCheckpoint?

        var testDescription: String { what }
    }

    private static func piece(_ location: String, _ range: Range<Int64>) -> Action {
        .sendPiece(location: location, range)
    }

    private static func reply(_ status: Int, _ location: String? = nil, _ received: Int64? = nil) -> UploadReply {
        UploadReply(status: status, location: location, received: received)
    }

    /// The refusal of a blob that no PATCH has brought.
    private static let unknown = UploadReply(status: 404, isUnknownBlob: true)
    private static let begun = reply(202, "/u0")
    private static let own: Action = .mount(from: app)
    // swift-format-ignore: NeverUseForceTry
    private static let app = try! RepositoryName("app")
    private static let pieces = RegistryProfile(goesOn: true, chunk: 10)
    private static let single = RegistryProfile(goesOn: false, chunk: 10)

    @Test(arguments: [
        Row(
            what: "each piece goes where the last answer says, and an empty PUT ends the upload",
            replies: [begun, reply(202, "/u1", 10), reply(202, "/u2", 20), reply(202, "/u3", 25), reply(201)],
            actions: [
                own, piece("/u0", 0..<10), piece("/u1", 10..<20), piece("/u2", 20..<25), .close(location: "/u3"),
                .finish(.copied),
            ],
            learned: UploadLessons(chunksProven: true)
        ),
        Row(
            what: "an answer without a Location leaves the place as it is",
            size: 20,
            replies: [begun, reply(202), reply(202), reply(201)],
            actions: [own, piece("/u0", 0..<10), piece("/u0", 10..<20), .close(location: "/u0"), .finish(.copied)]
        ),
        Row(
            what: "a blob below the bound goes whole",
            size: 4,
            replies: [begun, reply(201)],
            actions: [own, .send(location: "/u0"), .finish(.copied)]
        ),
        Row(
            what: "a blob goes whole where an upload cannot go on anyway",
            profile: single,
            replies: [begun, reply(201)],
            actions: [own, .send(location: "/u0"), .finish(.copied)]
        ),
        Row(
            what: "a registry that must have pieces above a size gets them",
            profile: RegistryProfile(goesOn: false, chunk: 20, chunksAbove: 20),
            replies: [begun, reply(202, "/u1", 20), reply(202, "/u2", 25), reply(201)],
            actions: [own, piece("/u0", 0..<20), piece("/u1", 20..<25), .close(location: "/u2"), .finish(.copied)]
        ),
        Row(
            what: "a registry that must have a PATCH before the PUT gets one",
            profile: RegistryProfile(goesOn: false, chunk: .max, chunksAbove: 0),
            size: 4,
            replies: [begun, reply(202, "/u1"), reply(201)],
            actions: [own, piece("/u0", 0..<4), .close(location: "/u1"), .finish(.copied)]
        ),
        Row(
            what: "pieces are as large as the registry wants them at least",
            replies: [
                UploadReply(status: 202, location: "/u0", minimumChunk: 15), reply(202, "/u1", 15),
                reply(202, "/u2", 25),
                reply(201),
            ],
            actions: [own, piece("/u0", 0..<15), piece("/u1", 15..<25), .close(location: "/u2"), .finish(.copied)]
        ),
        Row(
            what: "ECR answers 201 to a piece, and its Range stands still",
            replies: [begun, reply(201, "/u1", 10), reply(201, "/u2", 10), reply(201, "/u3", 10), reply(201)],
            actions: [
                own, piece("/u0", 0..<10), piece("/u1", 10..<20), piece("/u2", 20..<25), .close(location: "/u3"),
                .finish(.copied),
            ]
        ),
        Row(
            what: "a registry that took a part of a piece gets the rest",
            size: 12,
            replies: [begun, reply(202, "/u1", 7), reply(202, "/u2", 12), reply(201)],
            actions: [own, piece("/u0", 0..<10), piece("/u1", 7..<12), .close(location: "/u2"), .finish(.copied)]
        ),
        Row(
            what: "a Range that cannot be is not believed",
            replies: [begun, reply(202, "/u1", 1_000_000), reply(202, "/u2", 3), reply(202, "/u3"), reply(201)],
            actions: [
                own, piece("/u0", 0..<10), piece("/u1", 10..<20), piece("/u2", 20..<25), .close(location: "/u3"),
                .finish(.copied),
            ]
        ),
        Row(
            what: "a confirmation of a registry that is not known to check is checked",
            profile: RegistryProfile(goesOn: true, chunk: 25, checksDigests: false),
            replies: [begun, reply(202, "/u1", 25), reply(201), reply(200)],
            actions: [own, piece("/u0", 0..<25), .close(location: "/u1"), .confirm, .finish(.copied)]
        ),
        Row(
            what: "a blob that was confirmed and is not there has not arrived",
            profile: RegistryProfile(goesOn: false, chunk: 25, checksDigests: false),
            replies: [begun, reply(201), reply(404)],
            actions: [own, .send(location: "/u0"), .confirm, .fail]
        ),
    ])
    func `sends`(_ row: Row) throws { try check(row) }

    @Test(arguments: [
        Row(
            what: "goes on where the session is",
            checkpoint: UploadCheckpoint(location: "/s", offset: 10),
            replies: [reply(204, "/s2", 10), reply(202, "/s3", 20), reply(202, "/s4", 25), reply(201)],
            actions: [
                .ask(location: "/s"), piece("/s2", 10..<20), piece("/s3", 20..<25), .close(location: "/s4"),
                .finish(.copied),
            ]
        ),
        Row(
            what: "goes on in the middle of the piece that was cut",
            checkpoint: UploadCheckpoint(location: "/s", offset: 10),
            replies: [reply(204, "/s2", 17), reply(503)],
            actions: [.ask(location: "/s"), piece("/s2", 17..<25), .fail],
            end: UploadCheckpoint(location: "/s2", offset: 17)
        ),
        Row(
            what: "only closes what has all its bytes",
            checkpoint: UploadCheckpoint(location: "/s", offset: 20),
            replies: [reply(204, "/s2", 25), reply(201)],
            actions: [.ask(location: "/s"), .close(location: "/s2"), .finish(.copied)]
        ),
        Row(
            what: "begins anew where the session is forgotten",
            size: 10,
            checkpoint: UploadCheckpoint(location: "/s", offset: 8),
            replies: [reply(404), reply(202, "/u0"), reply(202, "/u1", 10), reply(201)],
            actions: [
                .ask(location: "/s"), .start, piece("/u0", 0..<10), .close(location: "/u1"), .finish(.copied),
            ],
            setback: 8
        ),
        Row(
            what: "begins anew where the session says nothing of its size, or more than there is",
            size: 10,
            checkpoint: UploadCheckpoint(location: "/s", offset: 8),
            replies: [reply(204, "/s2", 11), reply(202, "/u0"), reply(202, "/u1", 10), reply(201)],
            actions: [
                .ask(location: "/s"), .start, piece("/u0", 0..<10), .close(location: "/u1"), .finish(.copied),
            ],
            setback: 8
        ),
        Row(
            what: "keeps the session when the question failed",
            checkpoint: UploadCheckpoint(location: "/s", offset: 8),
            replies: [reply(503)],
            actions: [.ask(location: "/s"), .fail],
            end: UploadCheckpoint(location: "/s", offset: 8)
        ),
    ])
    func `resumes`(_ row: Row) throws { try check(row) }

    @Test(arguments: [
        Row(
            what: "asks the session that is at another offset, and goes on there",
            size: 20,
            replies: [begun, reply(202, "/u1", 10), reply(416, "/u2"), reply(204, "/u3", 7), reply(202, "/u4", 17)],
            actions: [
                own, piece("/u0", 0..<10), piece("/u1", 10..<20), .ask(location: "/u2"), piece("/u3", 7..<17),
                piece("/u4", 17..<20),
            ],
            end: UploadCheckpoint(location: "/u4", offset: 17)
        ),
        Row(
            what: "GHCR's 416 means smaller, by its text",
            profile: RegistryProfile(goesOn: true, chunk: 8 << 20),
            size: 9 << 20,
            replies: [begun, UploadReply(status: 416, isAboutSize: true), reply(204, nil, 0), reply(202, "/v0")],
            actions: [
                own, piece("/u0", 0..<8 << 20), .ask(location: "/u0"), .start, piece("/v0", 0..<4 << 20),
            ],
            learned: UploadLessons(bodyLimit: 4 << 20),
            end: UploadCheckpoint(location: "/v0", offset: 0)
        ),
        Row(
            what: "a 416 at the offset that the session has stated is about the size",
            profile: RegistryProfile(goesOn: true, chunk: 8 << 20),
            size: 9 << 20,
            checkpoint: UploadCheckpoint(location: "/s", offset: 1 << 20),
            replies: [reply(204, "/s", 1 << 20), reply(416), reply(204, "/s", 1 << 20)],
            actions: [
                .ask(location: "/s"), piece("/s", 1 << 20..<9 << 20), .ask(location: "/s"),
                piece("/s", 1 << 20..<5 << 20),
            ],
            learned: UploadLessons(bodyLimit: 4 << 20),
            end: UploadCheckpoint(location: "/s", offset: 1 << 20)
        ),
        Row(
            what: "413 makes the pieces smaller",
            profile: RegistryProfile(goesOn: true, chunk: 8 << 20),
            size: 9 << 20,
            replies: [begun, UploadReply(status: 413, isAboutSize: true), reply(204, nil, 0), reply(202, "/v0")],
            actions: [
                own, piece("/u0", 0..<8 << 20), .ask(location: "/u0"), .start, piece("/v0", 0..<4 << 20),
            ],
            learned: UploadLessons(bodyLimit: 4 << 20),
            end: UploadCheckpoint(location: "/v0", offset: 0)
        ),
        Row(
            what: "413 to a whole blob makes pieces of it",
            profile: RegistryProfile(goesOn: false, chunk: 16 << 20),
            size: 4 << 20,
            replies: [begun, UploadReply(status: 413, isAboutSize: true), reply(202, "/v0")],
            actions: [own, .send(location: "/u0"), .start, piece("/v0", 0..<2 << 20)],
            learned: UploadLessons(bodyLimit: 2 << 20)
        ),
        Row(
            what: "a session that is lost in the middle begins anew",
            size: 20,
            replies: [begun, reply(202, "/u1", 10), reply(404), reply(202, "/v0"), reply(202, "/v1", 10)],
            actions: [
                own, piece("/u0", 0..<10), piece("/u1", 10..<20), .start, piece("/v0", 0..<10), piece("/v1", 10..<20),
            ],
            setback: 10,
            end: UploadCheckpoint(location: "/v1", offset: 10)
        ),
        Row(
            what: "a registry that takes no pieces gets the blob whole, and all that follow",
            replies: [begun, reply(405), reply(202, "/v0"), reply(201)],
            actions: [own, piece("/u0", 0..<10), .start, .send(location: "/v0"), .finish(.copied)],
            learned: UploadLessons(chunksRefused: true)
        ),
        Row(
            what: "a registry that misses the blob that a PUT brings gets it by PATCH, as do all that follow",
            size: 4,
            replies: [begun, unknown, reply(202, "/v0"), reply(202, "/v1", 4), reply(201)],
            actions: [
                own, .send(location: "/u0"), .start, piece("/v0", 0..<4), .close(location: "/v1"), .finish(.copied),
            ],
            learned: UploadLessons(chunksProven: true, patchFirst: true)
        ),
        Row(
            what: "a blob that would go whole goes by one PATCH where one must come first",
            profile: RegistryProfile(goesOn: false, chunk: 10),
            lessons: UploadLessons(patchFirst: true),
            replies: [begun, reply(202, "/u1", 25), reply(201)],
            actions: [own, piece("/u0", 0..<25), .close(location: "/u1"), .finish(.copied)],
            learned: UploadLessons(chunksProven: true, patchFirst: true)
        ),
        Row(
            what: "a registry that takes a blob neither by PUT nor by PATCH is given up",
            size: 4,
            replies: [begun, unknown, reply(202, "/v0"), reply(405), reply(202, "/w0"), unknown],
            actions: [
                own, .send(location: "/u0"), .start, piece("/v0", 0..<4), .start, .send(location: "/w0"), .fail,
            ],
            learned: UploadLessons(chunksRefused: true, patchFirst: true)
        ),
        Row(
            what: "pieces that were refused are not tried again",
            lessons: UploadLessons(chunksRefused: true),
            replies: [begun, reply(201)],
            actions: [own, .send(location: "/u0"), .finish(.copied)]
        ),
        Row(
            what: "what came in pieces and is refused as a whole goes whole next time",
            size: 10,
            replies: [begun, reply(202, "/u1", 10), reply(400)],
            actions: [own, piece("/u0", 0..<10), .close(location: "/u1"), .fail],
            learned: UploadLessons(chunksRefused: true)
        ),
        Row(
            what: "a registry that always loses its session is given up",
            size: 10,
            replies: [begun] + (0..<7).flatMap { _ in [reply(404), begun] }.prefix(13),
            actions: [own] + (0..<6).flatMap { _ in [piece("/u0", 0..<10), .start] } + [
                piece("/u0", 0..<10), .fail,
            ]
        ),
    ])
    func `copes`(_ row: Row) throws { try check(row) }

    @Test(arguments: [401, 403, 408, 429, 500, 502, 503])
    func `a refusal that may pass ends the attempt, and keeps the session`(_ status: Int) throws {
        try check(
            Row(
                what: "piece",
                replies: [Self.begun, Self.reply(202, "/u1", 10), Self.reply(status)],
                actions: [Self.own, Self.piece("/u0", 0..<10), Self.piece("/u1", 10..<20), .fail],
                end: UploadCheckpoint(location: "/u1", offset: 10)
            )
        )
        try check(
            Row(
                what: "close",
                size: 10,
                replies: [Self.begun, Self.reply(202, "/u1", 10), Self.reply(status)],
                actions: [Self.own, Self.piece("/u0", 0..<10), .close(location: "/u1"), .fail],
                end: UploadCheckpoint(location: "/u1", offset: 10)
            )
        )
    }

    @Test func `a session that cannot go on is not remembered`() throws {
        var machine = try machine(Row(what: "", profile: Self.single, replies: [], actions: []))
        _ = machine.advance(after: Self.begun)
        #expect(machine.checkpoint == nil)
    }

    @Test(
        arguments: [
            ("0-9", 10), ("bytes=0-9", 10), ("0-0", 0), ("0-", 0), ("1-9", nil), ("0-x", nil), ("0--1", nil), ("", nil),
            ("0-9223372036854775807", nil), ("0-99999999999999999999", nil), ("bytes 0-9/10", nil), ("0-9,20-29", nil),
        ] as [(String, Int64?)]
    )
    func `reads how much a session has`(_ text: String, _ count: Int64?) {
        #expect(UploadReply.received(text) == count)
    }

    private func machine(_ row: Row) throws -> UploadMachine {
        UploadMachine(
            UploadMachine.Terms(repository: Self.app, size: row.size, piecesAbove: 4),
            row.profile,
            row.lessons,
            from: row.checkpoint
        )
    }

    private func check(_ row: Row) throws {
        var machine = try machine(row)
        var actions = [machine.action]
        var setback: Int64?
        for reply in row.replies {
            actions.append(machine.advance(after: reply))
            setback = machine.setback ?? setback
        }
        #expect(actions == row.actions)
        #expect(setback == row.setback)
        if let learned = row.learned { #expect(machine.lessons == learned) }
        #expect(machine.checkpoint == row.end || row.actions.last == .fail && row.end == nil)
    }
}
