// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@Suite struct NameMappingTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let source: String
        let destination: String
        let repository: String
        let result: String
        var tag: String?

        init(_ source: String, _ destination: String, _ repository: String, _ result: String, tag: String? = nil) {
            self.source = source
            self.destination = destination
            self.repository = repository
            self.result = result
            self.tag = tag
        }

        var testDescription: String { "\(source) -> \(destination): \(repository)" }
    }

    @Test(arguments: [
        // One repository: the destination is its name.
        Row("a.io/x/app", "b.io/y/app2", "x/app", "y/app2"),
        Row("a.io/x/app", "b.io/app", "x/app", "app"),
        Row("a.io/x/app", "a.io/x/app", "x/app", "x/app"),
        Row("nginx", "localhost:5000/hub/nginx", "library/nginx", "hub/nginx"),
        Row("a.io/x/app", "nginx", "x/app", "library/nginx"),
        // One image: the destination may ask for another tag.
        Row("a.io/x/app:1", "b.io/y", "x/app", "y"),
        Row("a.io/x/app:1", "b.io/y:2", "x/app", "y", tag: "2"),
        Row("nginx:1.27", "b.io/nginx:stable", "library/nginx", "nginx", tag: "stable"),
        Row("a.io/x/app@\(AddressTests.sha256)", "b.io/y", "x/app", "y"),
        Row("a.io/x/app@\(AddressTests.sha256)", "b.io/y:pinned", "x/app", "y", tag: "pinned"),
        Row("a.io/x/app:1@\(AddressTests.sha256)", "b.io/y", "x/app", "y", tag: "1"),
        Row("a.io/x/app:1@\(AddressTests.sha256)", "b.io/y:2", "x/app", "y", tag: "2"),
        // Everything below: the destination replaces the fixed part.
        Row("a.io/x/**", "b.io/y", "x/app", "y/app"),
        Row("a.io/x/**", "b.io/y", "x/team/app", "y/team/app"),
        Row("a.io/x/**", "b.io/y/z", "x/team/app", "y/z/team/app"),
        Row("a.io/x/**", "b.io/", "x/app", "app"),
        Row("a.io/x/**", "b.io/", "x/team/app", "team/app"),
        Row("a.io/x/y/**", "b.io/z", "x/y/app", "z/app"),
        Row("a.io/x/**", "b.io/x", "x/x/x", "x/x/x"),
        Row("a.io/**", "b.io/m", "x/app", "m/x/app"),
        Row("a.io/**", "b.io/", "x/app", "x/app"),
        // One level below.
        Row("a.io/x/*", "b.io/y", "x/app", "y/app"),
        Row("a.io/x/*", "b.io/", "x/app", "app"),
        Row("a.io/*", "b.io/m", "app", "m/app"),
        // The whole registry: nothing is fixed.
        Row("a.io/", "b.io/m", "x/app", "m/x/app"),
        Row("a.io/", "b.io/m/n", "app", "m/n/app"),
        Row("a.io/", "b.io/", "x/app", "x/app"),
        // Docker Hub's implied namespace is part of the name.
        Row("docker.io/library/**", "localhost:5000/hub", "library/alpine", "hub/alpine"),
        Row("library/*", "b.io/hub", "library/alpine", "hub/alpine"),
        Row("docker.io/", "b.io/hub", "library/alpine", "hub/library/alpine"),
        Row("docker.io/**", "http://registry/", "grafana/grafana", "grafana/grafana"),
        // A destination in Docker Hub has it too.
        Row("a.io/x/**", "docker.io/org/mirror", "x/app", "org/mirror/app"),
    ])
    func `the destination replaces the fixed part of the source`(_ row: Row) throws {
        let mapping = try NameMapping(from: Address(row.source), to: Address(row.destination))
        #expect(try mapping.destination(of: RepositoryName(row.repository)).text == row.result)
        #expect(mapping.tag?.text == row.tag)
    }

    @Test func `an image is tagged as it is called, as is written beside its digest, or by its digest`() throws {
        var mapping = try NameMapping(from: Address("a.io/"), to: Address("b.io/"))
        let digest = Target.digest(try Digest(AddressTests.sha256))
        let tag = try TagName("1")
        #expect(mapping.destinationTag(of: .tag(tag), writtenTag: nil) == tag)
        #expect(mapping.destinationTag(of: digest, writtenTag: tag) == tag)
        let made = "pinned-sha256-\(DigestTests.hex256)"
        #expect(mapping.destinationTag(of: digest, writtenTag: nil)?.text == made)
        mapping.digestTags = .untagged
        #expect(mapping.destinationTag(of: digest, writtenTag: nil) == nil)
        #expect(mapping.destinationTag(of: digest, writtenTag: tag) == tag)
        let one = try NameMapping(from: Address("a.io/x@\(AddressTests.sha256)"), to: Address("b.io/x:2"))
        #expect(one.destinationTag(of: digest, writtenTag: tag)?.text == "2")
    }

    @Test(
        arguments: [
            ("a.io/x", "b.io/y@\(AddressTests.sha256)", .destinationIsDigest),
            ("a.io/", "b.io/y@\(AddressTests.sha256)", .destinationIsDigest),
            ("a.io/x/**", "b.io/y/**", .destinationIsPattern),
            ("a.io/x", "b.io/y/*", .destinationIsPattern),
            ("a.io/", "b.io/**", .destinationIsPattern),
            ("a.io/x", "b.io/", .destinationNeedsRepository),
            ("a.io/x:1", "b.io/", .destinationNeedsRepository),
            ("a.io/x@\(AddressTests.sha256)", "b.io/", .destinationNeedsRepository),
            ("a.io/x", "b.io/y:1", .manyToOneTag),
            ("a.io/x/**", "b.io/y:1", .manyToOneTag),
            ("a.io/x/*", "b.io/y:1", .manyToOneTag),
            ("a.io/", "b.io/y:1", .manyToOneTag),
        ] as [(String, String, MappingError)]
    )
    func `refuses a destination that cannot take the place`(_ source: String, destination: String, error: MappingError)
    {
        #expect(throws: error) { try NameMapping(from: Address(source), to: Address(destination)) }
    }

    @Test func `refuses a name that becomes too long`() throws {
        let mapping = try NameMapping(from: Address("a.io/"), to: Address("b.io/mirror"))
        let long = try RepositoryName(String(repeating: "a", count: 250))
        let error = #expect(throws: NameError.self) { try mapping.destination(of: long) }
        #expect(error?.reason == .tooLong(255))
    }

    @Test func `different repositories below a pattern keep different names`() throws {
        let mapping = try NameMapping(from: Address("a.io/x/**"), to: Address("b.io/y"))
        let names = try ["x/a", "x/b", "x/a/b", "x/a-b", "x/a.b", "x/x/a", "x/y/a"].map { try RepositoryName($0) }
        #expect(try Set(names.map { try mapping.destination(of: $0) }).count == names.count)
    }
}
