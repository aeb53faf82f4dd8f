// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

@testable import OCI
import Testing

/// Places below which repositories are named.
@Suite struct BaseAddressTests {
    @Test(arguments: [
        // Docker Hub's own path is a path here, and no repository in it.
        ("docker.io/library", "docker.io/library"),
        ("docker.io/library/nginx", "docker.io/library/nginx"),
        ("docker.io/acme", "docker.io/acme"),
        ("docker.io/acme/mirror", "docker.io/acme/mirror"),
        ("index.docker.io/library", "docker.io/library"),
        ("docker.io/", "docker.io/"),
        ("acme/mirror", "docker.io/acme/mirror"),
        ("https://docker.io/library", "https://docker.io/library"),
        // Without a slash it is what it is everywhere.
        ("nginx", "docker.io/library/nginx"),
        ("a.lan/", "a.lan/"),
        ("a.lan/x", "a.lan/x"),
        ("a.lan/x/y", "a.lan/x/y"),
        ("localhost:5000/hub", "localhost:5000/hub"),
        ("http://a.lan/x", "http://a.lan/x"),
        ("https://localhost:5000/", "https://localhost:5000/"),
        ("[::1]:5000/x", "[::1]:5000/x"),
    ])
    func `a registry or a path in it is a place`(_ text: String, printed: String) throws {
        let address = try Address.base(text)
        #expect(address.description == printed)
        switch address.scope {
        case .registry: #expect(printed.hasSuffix("/"))
        case .repository(let path): #expect(printed.hasSuffix("/\(path)"))
        default: Issue.record("\(address.scope)")
        }
    }

    @Test(arguments: [
        "a.lan/**", "a.lan/x/**", "a.lan/x/*", "*", "a.lan/x:1", "docker.io/library:3", "nginx:1.27",
        "a.lan/x@\(AddressTests.sha256)", "docker.io/library@\(AddressTests.sha256)",
    ])
    func `what is written with a star, a tag or a digest means what it always does`(_ text: String) throws {
        #expect(try Address.base(text) == Address(text))
    }

    @Test(arguments: [
        AddressTests.Refused("", 0, .empty),
        AddressTests.Refused("a.lan", 0, .bareHost("a.lan")),
        AddressTests.Refused("localhost:5000", 0, .bareHost("localhost:5000")),
        AddressTests.Refused("http://registry", 7, .bareHost("registry")),
        AddressTests.Refused("a.lan/x/", 8, .trailingSlash),
        AddressTests.Refused("docker.io/library/", 18, .trailingSlash),
        AddressTests.Refused("a.lan//x", 6, .repository, "/x", .character(at: 0)),
        AddressTests.Refused("a.lan/X", 6, .repository, "X", .character(at: 0)),
        AddressTests.Refused("a.lan/x/../y", 6, .repository, "x/../y", .character(at: 2)),
        AddressTests.Refused("a.lan/x/*/y", 8, .wildcard),
        AddressTests.Refused("ftp://a.lan/x", 0, .unknownScheme("ftp")),
        AddressTests.Refused("dir:/srv/images", 0, .unknownPlace("dir")),
        AddressTests.Refused("a.lan:0/x", 0, .host, "a.lan:0", .port),
    ])
    func `refuses what is no place, and says where`(_ row: AddressTests.Refused) throws {
        let error = try #require(throws: AddressError.self) { try Address.base(row.text) }
        #expect(error == AddressError(text: row.text, offset: row.offset, reason: row.reason))
    }

    @Test(arguments: [
        "user:c4n4ry@a.lan/x", "https://user:c4n4ry@a.lan/x/y", "https://user:c4n4ry@a.lan/", "c4n4ry@a.lan/x",
        "user:c4n4ry@a.lan/x/**", "user:c4n4ry@a.lan:5000", "user:c4n4ry@a.lan/x:1",
    ])
    func `a password in it is refused, and not kept`(_ text: String) throws {
        let error = try #require(throws: AddressError.self) { try Address.base(text) }
        #expect(error.reason == .userInformation)
        #expect(error.text == "…\(text.drop { $0 != "@" })")
        #expect(!"\(error)".contains("c4n4ry"))
    }

    @Test(arguments: AddressTests.accepted)
    func `every address that was printed reads the same as a place`(_ row: AddressTests.Accepted) throws {
        let address = try Address(row.text)
        #expect(try Address.base(address.description) == address)
    }

    @Test func `a place that was printed reads the same, whatever it is made of`() throws {
        var random = SeededGenerator(seed: 20_261_124)
        func pick(_ words: [String]) -> String { words.randomElement(using: &random) ?? "" }
        for _ in 0..<500 {
            let path = (0..<Int.random(in: 0...3, using: &random))
                .map { _ in pick(["library", "a", "x-1", "y.z", "t_2"]) }
            let address = Address(
                writtenScheme: [nil, .http, .https].randomElement(using: &random) ?? nil,
                host: try RegistryHost(pick(["docker.io", "a.lan", "localhost:5000", "10.0.0.5:5000", "[::1]:5000"])),
                scope: path.isEmpty ? .registry : .repository(try RepositoryName(path.joined(separator: "/")))
            )
            #expect(try Address.base(address.description) == address, "seed 20261124: \(address)")
        }
    }
}
