// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OCIRegistry

@Suite struct RateFloorTests {
    /// How many steps a stream lasts of which each brings as many bytes after as many seconds; `nil` for all of them.
    private static func end(of steps: [(bytes: Int, seconds: Int)], window: Int = 60) -> Int? {
        var floor = RateFloor(window: .seconds(window))
        for (index, step) in steps.enumerated() {
            do { try floor.moved(step.bytes, after: .seconds(step.seconds)) } catch {
                #expect(error.limit == .seconds(window))
                return index + 1
            }
        }
        return nil
    }

    @Test(
        arguments: [
            (1, 1, 60), (0, 1, 60), (1023, 1, 60), (1024, 1, nil), (1 << 20, 59, nil), (61_440, 60, nil),
            (61_439, 60, 1),
            (1, 0, nil),
        ] as [(Int, Int, Int?)]
    )
    func `F14 ends what brings too little for too long`(_ bytes: Int, _ seconds: Int, _ end: Int?) {
        #expect(Self.end(of: Array(repeating: (bytes, seconds), count: 200)) == end)
    }

    @Test func `F14 a good beginning does not last for ever`() {
        let steps = [(1 << 30, 60)] + Array(repeating: (1, 1), count: 100)
        #expect(Self.end(of: steps) == 61)
    }

    @Test func `a pause in the middle of a stream that is fast otherwise is none`() {
        #expect(Self.end(of: [(1 << 20, 1), (1, 58), (1 << 20, 1), (1, 50)]) == nil)
    }
}
