// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication
import Testing
@testable import mirror

@Suite struct AddressPairTests {
    private func pair(_ source: String, _ destination: String, allTags: Bool = false) throws -> AddressPair {
        try AddressPair(source: source, destination: destination, allTags: allTags)
    }

    @Test(arguments: [
        ("a.lan/x/app", "b.lan/y", false, "x/app", "y"), ("a.lan/x/app:1", "b.lan/y:2", false, "x/app", "y"),
        ("a.lan/x/app", "b.lan/y", true, "x/app", "y"), ("a.lan/x/**", "b.lan/y", false, "x/deep/app", "y/deep/app"),
        ("a.lan/", "b.lan/m", false, "app", "m/app"),
        ("nginx", "localhost:5000/hub/nginx", false, "library/nginx", "hub/nginx"),
    ])
    func `the destination takes the place of the fixed part of the source`(
        _ source: String,
        _ destination: String,
        _ allTags: Bool,
        _ name: String,
        _ expected: String
    ) throws {
        let pair = try pair(source, destination, allTags: allTags)
        #expect(try pair.mapping.destination(of: RepositoryName(name)).text == expected)
    }

    @Test func `a repository alone means its tag latest, and can be given another`() throws {
        let name = try RepositoryName("x/app")
        #expect(try pair("a.lan/x/app", "b.lan/y").selection == .image(name, .tag(.latest)))
        #expect(try pair("a.lan/x/app", "b.lan/y:2").mapping.tag == TagName("2"))
        #expect(try pair("a.lan/x/app", "b.lan/y", allTags: true).selection == .repository(name))
        #expect(try pair("a.lan/", "b.lan/", allTags: true).selection == .catalog(.registry))
    }

    @Test func `all tags of one image make no sense`() {
        #expect(throws: AllTagsError.self) { try pair("a.lan/x:1", "b.lan/x", allTags: true) }
        #expect(throws: AllTagsError.self) {
            try pair("a.lan/x@\(Sample.digest(1))", "b.lan/x", allTags: true)
        }
    }

    @Test(arguments: [
        ("a.lan/x:1", "b.lan/", MappingError.destinationNeedsRepository),
        ("a.lan/x/**", "b.lan/y:1", .manyToOneTag), ("a.lan/x/**", "b.lan/y/*", .destinationIsPattern),
    ])
    func `addresses that do not fit each other are refused`(
        _ source: String,
        _ destination: String,
        _ error: MappingError
    ) {
        #expect(throws: error) { try pair(source, destination) }
    }

    @Test func `many tags cannot become one`() {
        #expect(throws: MappingError.manyToOneTag) { try pair("a.lan/x", "b.lan/x:1", allTags: true) }
    }

    @Test(arguments: [("", "b.lan/x"), ("a.lan/x", ""), ("a.lan/X", "b.lan/x"), ("a.lan", "b.lan/")])
    func `what is no address is refused`(_ source: String, _ destination: String) {
        #expect(throws: AddressError.self) { try pair(source, destination) }
    }
}
