// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Testing

@Suite struct ContentErrorTests {
    static let digest = Digester.digest(of: [])

    @Test(
        arguments: [
            (.missing(digest), false),
            (.tooLong(digest, expected: 1), false),
            (.tooShort(digest, expected: 2, received: 1), true),
            (.wrongDigest(expected: digest, actual: digest), true),
            (.wrongSize(digest, expected: 1, stated: 2), false),
        ] as [(ContentError, Bool)]
    )
    func `says whether another try can help`(_ error: ContentError, isTransient: Bool) {
        #expect(error.isTransient == isTransient)
        #expect(error.retryAfter == nil)
    }

    @Test func `a side is written on an error once, and never on cancellation`() throws {
        let once = SideFailure.wrapping(Fault(), side: .source)
        let failure = try #require(once as? SideFailure)
        #expect(failure.side == .source)
        #expect(failure.underlying as? Fault == Fault())
        let twice = try #require(SideFailure.wrapping(once, side: .destination) as? SideFailure)
        #expect(twice.side == .source)
        #expect(twice.underlying is Fault)
        #expect(SideFailure.wrapping(CancellationError(), side: .source) is CancellationError)
    }

    @Test func `an error with a side is not transient`() {
        #expect(!(SideFailure.wrapping(Fault(), side: .source) is any TransientError))
    }
}
