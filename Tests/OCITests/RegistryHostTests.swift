// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@Suite struct RegistryHostTests {
    struct Accepted: Sendable, CustomTestStringConvertible {
        let text: String
        let name: String
        var port: Int?
        var printed: String?
        var isLoopback = false

        var testDescription: String { text }
    }

    @Test(arguments: [
        Accepted(text: "docker.io", name: "docker.io"),
        Accepted(text: "index.docker.io", name: "docker.io", printed: "docker.io"),
        Accepted(text: "INDEX.DOCKER.IO", name: "docker.io", printed: "docker.io"),
        Accepted(text: "registry-1.docker.io", name: "registry-1.docker.io"),
        Accepted(text: "Registry.LAN:5000", name: "registry.lan", port: 5000, printed: "registry.lan:5000"),
        Accepted(text: "registry", name: "registry"),
        Accepted(text: "registry:1", name: "registry", port: 1),
        Accepted(text: "registry:65535", name: "registry", port: 65535),
        Accepted(text: "registry:00443", name: "registry", port: 443, printed: "registry:443"),
        Accepted(text: "my_registry.svc", name: "my_registry.svc"),
        Accepted(text: "_a.b", name: "_a.b"),
        Accepted(text: "xn--bcher-kva.example", name: "xn--bcher-kva.example"),
        Accepted(text: "1password.example", name: "1password.example"),
        Accepted(text: "0xcafe.example", name: "0xcafe.example"),
        Accepted(text: "host.0xyz", name: "host.0xyz"),
        Accepted(text: "localhost", name: "localhost", isLoopback: true),
        Accepted(text: "LocalHost:5000", name: "localhost", port: 5000, printed: "localhost:5000", isLoopback: true),
        Accepted(text: "localhost.example", name: "localhost.example"),
        Accepted(text: "127.0.0.1", name: "127.0.0.1", isLoopback: true),
        Accepted(text: "127.255.0.9:80", name: "127.255.0.9", port: 80, isLoopback: true),
        Accepted(text: "10.0.0.5:5000", name: "10.0.0.5", port: 5000),
        Accepted(text: "[::1]", name: "::1", isLoopback: true),
        Accepted(text: "[::1]:5000", name: "::1", port: 5000, isLoopback: true),
        Accepted(text: "[0:0:0:0:0:0:0:1]", name: "0:0:0:0:0:0:0:1", isLoopback: true),
        Accepted(text: "[FD00::A]:443", name: "fd00::a", port: 443, printed: "[fd00::a]:443"),
        Accepted(text: "[::ffff:127.0.0.1]", name: "::ffff:127.0.0.1", isLoopback: true),
    ])
    func `reads a host and prints it in one form`(_ row: Accepted) throws {
        let host = try RegistryHost(row.text)
        #expect(host.name == row.name)
        #expect(host.port == row.port)
        #expect(host.description == row.printed ?? row.text)
        #expect(host.isLoopback == row.isLoopback)
        #expect(try RegistryHost(host.description) == host)
    }

    @Test(arguments: ["user@r.io", "user:secret@r.io:5000", "https://user:secret@r.io/", "user:sec@secret@r.io"])
    func `does not keep what may be a password`(_ text: String) {
        let error = #expect(throws: NameError.self) { try RegistryHost(text) }
        #expect(error?.reason == .userInformation)
        #expect(error?.text.hasPrefix("…@r.io") == true)
    }

    @Test(
        arguments: [
            ("", .empty),
            (String(repeating: "a", count: 262), .tooLong(261)),
            (".", .character(at: 0)), ("..", .character(at: 0)), ("a..b", .character(at: 2)), (".a", .character(at: 0)),
            ("a.", .character(at: 2)), ("-a", .character(at: 0)), ("a.-b", .character(at: 2)),
            ("a b", .character(at: 1)), ("a/b", .character(at: 1)),
            ("a\0", .character(at: 1)),
            ("a\r\nX: y", .character(at: 1)), ("a%00", .character(at: 1)), ("a\\b", .character(at: 1)),
            ("a?b", .character(at: 1)),
            ("a#b", .character(at: 1)), ("bücher.example", .character(at: 1)), ("re\u{301}.lan", .character(at: 2)),
            ("\u{FF11}27.0.0.1", .character(at: 0)), ("127。0。0。1", .character(at: 3)), ("a*", .character(at: 1)),
            (":5000", .character(at: 0)),
            ("[", .character(at: 1)), ("[]", .character(at: 1)), ("[::1", .character(at: 4)),
            ("[::1]x", .character(at: 5)),
            ("[::1]\u{301}", .character(at: 7)), ("[fe80::1%eth0]", .character(at: 1)),
            ("[127.0.0.1]", .character(at: 1)),
            ("[localhost]", .character(at: 1)), ("[1.2.3.4::]", .character(at: 1)),
            ("::1", .character(at: 0)),
            ("a:", .port), ("a:0", .port), ("a:65536", .port), ("a:99999", .port), ("a:123456", .port),
            ("a:+80", .port),
            ("a:-1", .port), ("a:8a", .port), ("a:80:80", .port), ("a: 80", .port), ("a:\u{661}", .port),
            ("[::1]:", .port),
            ("[::1]:x", .port), ("fd00::1", .port), ("layout:", .port),
            ("2130706433", .ambiguousAddress), ("0x7f000001", .ambiguousAddress), ("0x", .ambiguousAddress),
            ("127.1", .ambiguousAddress), ("127.0.0", .ambiguousAddress), ("0177.0.0.1", .ambiguousAddress),
            ("127.0.0.01", .ambiguousAddress), ("127.0.0.0x1", .ambiguousAddress), ("0x7f.1", .ambiguousAddress),
            ("256.0.0.1", .ambiguousAddress), ("1.2.3.4.5", .ambiguousAddress), ("example.0", .ambiguousAddress),
            ("a.0XFF", .ambiguousAddress), ("1:80", .ambiguousAddress),
        ] as [(String, NameError.Reason)]
    )
    func `refuses what is not a host`(_ text: String, reason: NameError.Reason) {
        let error = #expect(throws: NameError.self) { try RegistryHost(text) }
        #expect(error?.kind == .host)
        #expect(error?.text == text)
        #expect(error?.reason == reason)
    }

    @Test func `stands in a URL with brackets only where it is an IPv6 address`() throws {
        #expect(try RegistryHost("[::1]:5000").urlName == "[::1]")
        #expect(try RegistryHost("10.0.0.5:5000").urlName == "10.0.0.5")
        #expect(try RegistryHost("Registry.lan").urlName == "registry.lan")
    }

    @Test func `orders by name, then by port`() throws {
        let hosts = try ["b", "a:90", "a:100", "a"].map { try RegistryHost($0) }
        #expect(hosts.sorted().map(\.description) == ["a", "a:90", "a:100", "b"])
    }

    @Test func `mutations never trap, and what is accepted can stand in a URL`() throws {
        let corpus = [
            "registry.lan:5000", "localhost", "127.0.0.1:80", "[::1]:5000", "[fe80::1.2.3.4]", "index.docker.io",
            "0x7f.1",
        ]
        let pieces = [
            ":", "[", "]", "::", ".", "..", "@", "/", "\0", "\r\n", "é", "\u{301}", "\u{661}", "%", "0x", "-", "_",
        ]
        var mutator = Mutator(seed: 3, corpus: corpus, pieces: pieces)
        var accepted = 0
        for _ in 0..<20_000 {
            let text = mutator.text()
            guard let host = try? RegistryHost(text) else { continue }
            accepted += 1
            #expect(try RegistryHost(host.description) == host)
            #expect(!host.name.contains("..") && !host.name.isEmpty)
            let allowed = "abcdefghijklmnopqrstuvwxyz0123456789._-:"
            #expect(host.name.utf8.allSatisfy { allowed.utf8.contains($0) })
        }
        #expect(accepted > 1000)
    }
}
