// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OCIRegistry

@Suite struct AdaptiveWidthTests {
    /// What happens at a host.
    enum Event: Sendable {
        /// As many answers as may be under way, each after the same time, the round within another.
        case round(head: Duration, within: Duration, bytes: Int = 0)
        case refused
    }

    private static let kind = AdaptiveWidth.Kind(method: "HEAD", purpose: .question)

    /// The widths after each event.
    private static func widths(_ bound: Int, _ events: [Event]) -> [Int] {
        var adaptive = AdaptiveWidth(bound: bound)
        var now = Duration.zero
        return events.map { event in
            switch event {
            case .round(let head, let length, let bytes):
                now += length
                adaptive.moved(bytes)
                for _ in 0..<adaptive.width { adaptive.answered(kind, after: head, at: now) }
            case .refused: adaptive.refused(at: now)
            }
            return adaptive.width
        }
    }

    private static func round(_ head: Int, within length: Int = 10, bytes: Int = 0) -> Event {
        .round(head: .milliseconds(head), within: .milliseconds(length), bytes: bytes)
    }

    @Test(arguments: [(-1, 1), (0, 1), (1, 1), (3, 3), (4, 4), (5, 4), (256, 4)])
    func `begins with few`(_ bound: Int, _ width: Int) {
        #expect(AdaptiveWidth(bound: bound).width == width)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var bound = 16
        let events: [Event]
        let widths: [Int]
    }

    private static let rows: [Row] = [
        Row(
            testDescription: "doubles up to the bound",
            bound: 40,
            events: [round(1), round(1), round(1), round(1), round(1)],
            widths: [8, 16, 32, 40, 40]
        ),
        Row(
            testDescription: "reaches the bound at a host that is quick, whatever the noise",
            events: [round(2, within: 10), round(5, within: 40), round(10, within: 100)],
            widths: [8, 16, 16]
        ),
        Row(
            testDescription: "stays where more brings nothing and takes longer",
            bound: 64,
            events: [round(100, within: 100), round(250, within: 250), round(300, within: 300)],
            widths: [8, 8, 8]
        ),
        Row(
            testDescription: "grows though answers take longer where more bytes pass",
            bound: 64,
            events: [
                round(100, within: 100, bytes: 100), round(300, within: 250, bytes: 1000),
                round(350, within: 600, bytes: 9000),
            ],
            widths: [8, 16, 32]
        ),
        Row(
            testDescription: "halves at each refusal, and then grows by one",
            events: [
                round(1), round(1), .refused, round(1), round(1), .refused, .refused, .refused, .refused, .refused,
            ],
            widths: [8, 16, 8, 9, 10, 5, 2, 1, 1, 1]
        ),
        Row(
            testDescription: "shrinks where answers take much longer and nothing grows",
            bound: 64,
            events: [round(20, within: 20), round(20, within: 20), round(200, within: 400)],
            widths: [8, 16, 12]
        ),
        Row(
            testDescription: "does not shrink for answers that are quick all the same",
            events: [round(1, within: 1), round(1, within: 1), round(39, within: 100)],
            widths: [8, 16, 16]
        ),
        Row(
            testDescription: "takes a slowness that is not of its making for the new measure",
            bound: 64,
            events: [
                round(20, within: 20), round(20, within: 20), round(200, within: 400), round(200, within: 400),
                round(200, within: 500),
            ],
            widths: [8, 16, 12, 13, 14]
        ),
        Row(
            testDescription: "shrinks on as long as that helps, never under one",
            bound: 4,
            events: [
                round(10, within: 10), round(9000, within: 90_000), round(8000, within: 80_000),
                round(7000, within: 70_000), round(6000, within: 60_000),
            ],
            widths: [4, 3, 2, 1, 1]
        ),
    ]

    @Test(arguments: rows)
    func `the width follows what happens`(_ row: Row) {
        #expect(Self.widths(row.bound, row.events) == row.widths)
    }

    @Test func `kinds of requests are compared with themselves`() {
        var adaptive = AdaptiveWidth(bound: 64)
        let slow = AdaptiveWidth.Kind(method: "PUT", purpose: .other)
        for _ in 0..<4 { adaptive.answered(Self.kind, after: .milliseconds(20), at: .milliseconds(20)) }
        for _ in 0..<8 { adaptive.answered(slow, after: .milliseconds(900), at: .seconds(5)) }
        #expect(adaptive.width == 16)
    }

    @Test func `an answer whose time says nothing counts as an answer`() {
        var adaptive = AdaptiveWidth(bound: 64)
        for _ in 0..<4 { adaptive.answered(Self.kind, after: nil, at: .seconds(100)) }
        #expect(adaptive.width == 8)
    }

    @Test func `answers in no time do not trap`() {
        var adaptive = AdaptiveWidth(bound: 256)
        for _ in 0..<1000 { adaptive.answered(Self.kind, after: .zero, at: .zero) }
        adaptive.moved(.max)
        adaptive.moved(.max)
        for _ in 0..<1000 { adaptive.answered(Self.kind, after: .seconds(1_000_000), at: .zero) }
        #expect((1...256).contains(adaptive.width))
    }
}
