// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

#if FAILPOINTS
import OCIContent
import Testing

@testable import mirror

/// What does not arm anything; that a failpoint stops the program is seen from outside.
@Suite struct FailpointTests {
    @Test(arguments: FailpointName.allCases)
    func `every step can be named`(_ name: FailpointName) throws {
        for action in Failpoint.Action.allCases {
            let first = try Failpoint(parsing: "\(name.rawValue):\(action.rawValue)")
            #expect(first.name == name && first.action == action && first.time == 1)
            #expect(try Failpoint(parsing: "\(name.rawValue):\(action.rawValue):12").time == 12)
        }
    }

    @Test(arguments: [
        "", "journal-append", "journal-append:", ":kill", "journal:kill", "journal-append:stop",
        "journal-append:kill:0",
        "journal-append:kill:-1", "journal-append:kill:x", "journal-append:kill:1:1", "journalAppend:kill",
    ])
    func `what is no failpoint is refused`(_ text: String) {
        let mistake = #expect(throws: FailpointMistake.self) { try Failpoint(parsing: text) }
        #expect(mistake?.text == text)
    }

    @Test func `the environment need not name one`() throws {
        try FailpointVariable.arm([:])
        try FailpointVariable.arm(["MIRROR_FAILPOINT": ""])
        #expect(throws: FailpointMistake.self) { try FailpointVariable.arm(["MIRROR_FAILPOINT": "x"]) }
    }
}
#endif
