// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OCIRegistry

@Suite struct ListingGuardTests {
    private func admit(_ pages: [[String]]) throws -> [[String]] {
        var listing = ListingGuard()
        return try pages.enumerated()
            .map { place, names in
                try listing.admitPage("/page/\(place)")
                return try listing.admit(names, by: { $0 }, isLast: place == pages.count - 1)
            }
    }

    @Test func `lets names pass in the order of the registry`() throws {
        #expect(try admit([["b", "a"], ["a/b", "a-b"], ["c"]]) == [["b", "a"], ["a/b", "a-b"], ["c"]])
    }

    @Test func `leaves out names that came before`() throws {
        #expect(try admit([["a", "a", "b"], ["b", "c"], ["a"]]) == [["a", "b"], ["c"], []])
    }

    @Test func `S09 refuses a page that was asked for before`() throws {
        var listing = ListingGuard()
        try listing.admitPage("/a")
        try listing.admitPage("/b")
        #expect(throws: ListingGuard.Violation.repeatedPage) { try listing.admitPage("/a") }
    }

    @Test func `S09 refuses a page that brings nothing new and yet leads on`() throws {
        var listing = ListingGuard()
        _ = try listing.admit(["a", "b"], by: { $0 }, isLast: false)
        #expect(throws: ListingGuard.Violation.nothingNew) { try listing.admit(["b", "a"], by: { $0 }, isLast: false) }
    }

    @Test func `lets an empty page pass, and a last one with nothing new`() throws {
        #expect(try admit([[], ["a"], [], ["a"]]) == [[], ["a"], [], []])
    }

    @Test func `S09 gives up after very many pages`() throws {
        var listing = ListingGuard(pages: 100)
        for page in 0..<100 { try listing.admitPage("\(page)") }
        #expect(throws: ListingGuard.Violation.tooManyPages) { try listing.admitPage("one more") }
    }

    @Test func `S09 gives up after very many names`() throws {
        var listing = ListingGuard(names: 1000)
        #expect(try listing.admit(Array(0..<500), by: { $0 }, isLast: false).count == 500)
        #expect(try listing.admit(Array(500..<1000), by: { $0 }, isLast: false).count == 500)
        #expect(try listing.admit(Array(0..<1000), by: { $0 }, isLast: true).isEmpty)
        #expect(throws: ListingGuard.Violation.tooManyNames) { try listing.admit([-1], by: { $0 }, isLast: true) }
    }
}
