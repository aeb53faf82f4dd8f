// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

@testable import OCI
import Testing

@Suite struct AddressTests {
    static let sha256 = "sha256:\(DigestTests.hex256)"
    static let sha512 = "sha512:\(DigestTests.hex512)"

    /// A scope in plain texts.
    enum Part: Hashable, Sendable {
        case registry
        case subtree(String?)
        case level(String?)
        case repository(String)
        case tag(String, String)
        case digest(String, String)

        init(_ scope: Address.Scope) {
            self =
                switch scope {
                case .registry: .registry
                case .subtree(let parent): .subtree(parent?.text)
                case .level(let parent): .level(parent?.text)
                case .repository(let name): .repository(name.text)
                case .image(let name, .tag(let tag)): .tag(name.text, tag.text)
                case .image(let name, .digest(let digest)): .digest(name.text, digest.description)
                }
        }
    }

    struct Accepted: Sendable, CustomTestStringConvertible {
        let text: String
        let host: String
        let part: Part
        let scheme: Scheme
        var isWritten = false

        init(_ text: String, _ host: String, _ part: Part, _ scheme: Scheme = .https, isWritten: Bool = false) {
            self.text = text
            self.host = host
            self.part = part
            self.scheme = scheme
            self.isWritten = isWritten
        }

        var testDescription: String { text }
    }

    static let accepted: [Accepted] = [
        // Docker Hub, as docker reads it.
        Accepted("nginx", "docker.io", .repository("library/nginx")),
        Accepted("nginx:1.27", "docker.io", .tag("library/nginx", "1.27")),
        Accepted("redis:7", "docker.io", .tag("library/redis", "7")),
        Accepted("nginx@\(sha256)", "docker.io", .digest("library/nginx", sha256)),
        Accepted("nginx:1.27@\(sha256)", "docker.io", .digest("library/nginx", sha256)),
        Accepted("nginx@\(sha512)", "docker.io", .digest("library/nginx", sha512)),
        Accepted("library/nginx", "docker.io", .repository("library/nginx")),
        Accepted("grafana/grafana", "docker.io", .repository("grafana/grafana")),
        Accepted("grafana/grafana:11.0.0", "docker.io", .tag("grafana/grafana", "11.0.0")),
        Accepted("a/b/c", "docker.io", .repository("a/b/c")),
        Accepted("docker.io/nginx", "docker.io", .repository("library/nginx")),
        Accepted("index.docker.io/nginx:latest", "docker.io", .tag("library/nginx", "latest")),
        Accepted("docker.io/library/nginx", "docker.io", .repository("library/nginx")),
        Accepted("docker.io/", "docker.io", .registry),
        Accepted("docker.io/library/**", "docker.io", .subtree("library")),
        Accepted("library/*", "docker.io", .level("library")),
        Accepted("grafana/**", "docker.io", .subtree("grafana")),
        Accepted("**", "docker.io", .subtree(nil)),
        Accepted("*", "docker.io", .level(nil)),
        // What is a host.
        Accepted("ghcr.io/org/app", "ghcr.io", .repository("org/app")),
        Accepted("ghcr.io/app", "ghcr.io", .repository("app")),
        Accepted("GHCR.io/app", "ghcr.io", .repository("app")),
        Accepted("registry:5000/app", "registry:5000", .repository("app")),
        Accepted("registry/app", "docker.io", .repository("registry/app")),
        Accepted("localhost/app", "localhost", .repository("app"), .http),
        Accepted("localhost:5000/app", "localhost:5000", .repository("app"), .http),
        Accepted("localhost:5000/app:v1", "localhost:5000", .tag("app", "v1"), .http),
        Accepted("localhost.example/app", "localhost.example", .repository("app")),
        Accepted("127.0.0.1/app", "127.0.0.1", .repository("app"), .http),
        Accepted("127.1.2.3:80/app", "127.1.2.3:80", .repository("app"), .http),
        Accepted("10.0.0.5:5000/a/b", "10.0.0.5:5000", .repository("a/b")),
        Accepted("[::1]/app", "[::1]", .repository("app"), .http),
        Accepted("[::1]:5000/app:v1", "[::1]:5000", .tag("app", "v1"), .http),
        Accepted("[fd00::1]:5000/", "[fd00::1]:5000", .registry),
        // What is meant of a registry.
        Accepted("r.io/", "r.io", .registry),
        Accepted("r.io/**", "r.io", .subtree(nil)),
        Accepted("r.io/*", "r.io", .level(nil)),
        Accepted("r.io/a/**", "r.io", .subtree("a")),
        Accepted("r.io/a/*", "r.io", .level("a")),
        Accepted("r.io/a/b/c/**", "r.io", .subtree("a/b/c")),
        Accepted("r.io/a/b", "r.io", .repository("a/b")),
        Accepted("r.io/a/b:t", "r.io", .tag("a/b", "t")),
        Accepted("r.io/a:T.a-g_1", "r.io", .tag("a", "T.a-g_1")),
        Accepted("r.io/a@\(sha256)", "r.io", .digest("a", sha256)),
        Accepted("r.io/a:t@\(sha256)", "r.io", .digest("a", sha256)),
        Accepted("r.io:443/a:1", "r.io:443", .tag("a", "1")),
        // Schemes.
        Accepted("https://r.io/a", "r.io", .repository("a"), .https, isWritten: true),
        Accepted("http://r.io/a", "r.io", .repository("a"), .http, isWritten: true),
        Accepted("http://r.io/", "r.io", .registry, .http, isWritten: true),
        Accepted("http://registry/a", "registry", .repository("a"), .http, isWritten: true),
        Accepted("https://registry/a/**", "registry", .subtree("a"), .https, isWritten: true),
        Accepted("https://localhost:5000/a", "localhost:5000", .repository("a"), .https, isWritten: true),
        Accepted("https://[::1]:5000/a", "[::1]:5000", .repository("a"), .https, isWritten: true),
        Accepted("http://docker.io/nginx", "docker.io", .repository("library/nginx"), .http, isWritten: true),
        Accepted("http/a", "docker.io", .repository("http/a")),
    ]

    @Test func `a tag beside a digest is kept, and stands in the full form`() throws {
        for (text, tag) in [
            ("r.io/a:t@\(Self.sha256)", "t"), ("nginx:1.27@\(Self.sha256)", "1.27"),
            ("layout:/srv//a:t@\(Self.sha512)", "t"), ("r.io/a@\(Self.sha256)", nil), ("r.io/a:t", nil),
            ("r.io/a", nil),
        ] {
            let address = try Address(text)
            #expect(address.writtenTag?.text == tag)
            #expect(try Address(address.description) == address)
            if tag != nil { #expect(address.description.hasSuffix(text)) }
        }
    }

    @Test(arguments: [
        ("nginx", "docker.io/library/nginx:latest"), ("redis:7", "docker.io/library/redis:7"),
        ("registry.k8s.io/pause:3.9", "registry.k8s.io/pause:3.9"), ("localhost:5000/a/b", "localhost:5000/a/b:latest"),
        ("acme/app@\(sha256)", "docker.io/acme/app@\(sha256)"), ("a.io/x:1@\(sha256)", "a.io/x:1@\(sha256)"),
        // What would be folders as addresses are images to a container runtime.
        ("layout:1", "docker.io/library/layout:1"), ("oci:1", "docker.io/library/oci:1"),
    ])
    func `a reference is one image of a registry`(_ text: String, _ expected: String) throws {
        let address = try Address.image(text)
        #expect(address.description == expected)
        guard case .image = address.scope else {
            Issue.record("\(address.scope)")
            return
        }
    }

    @Test(arguments: [
        ("", AddressError.Reason.empty), ("https://a.io/x", .notAnImage), ("http://a.io/x:1", .notAnImage),
        ("a.io/", .notAnImage), ("a.io/x/**", .notAnImage), ("*", .notAnImage), ("a.io", .bareHost("a.io")),
        ("ftp://a.io/x", .unknownScheme("ftp")), (String(repeating: "a", count: 4097), .tooLong),
    ])
    func `what names more or less than one image is no reference`(_ text: String, _ reason: AddressError.Reason) {
        #expect(throws: AddressError.self) { try Address.image(text) }
        do { _ = try Address.image(text) } catch { #expect(error.reason == reason) }
    }

    @Test(arguments: accepted)
    func `reads an address`(_ row: Accepted) throws {
        let address = try Address(row.text)
        #expect(address.host?.description == row.host)
        #expect(Part(address.scope) == row.part)
        #expect(address.scheme == row.scheme)
        #expect(address.writtenScheme == (row.isWritten ? row.scheme : nil))
    }

    @Test(arguments: accepted)
    func `prints an address in a form that reads the same`(_ row: Accepted) throws {
        let address = try Address(row.text)
        #expect(try Address(address.description) == address)
    }

    @Test(arguments: [
        ("nginx", "docker.io/library/nginx"),
        ("nginx:1", "docker.io/library/nginx:1"),
        ("Index.Docker.io/nginx", "docker.io/library/nginx"),
        ("http://R.io:080/a:t", "http://r.io:80/a:t"),
        ("**", "docker.io/**"),
        ("r.io/a/*", "r.io/a/*"),
        ("r.io/", "r.io/"),
        ("r.io/a:t@\(sha256)", "r.io/a:t@\(sha256)"),
    ])
    func `prints the full form`(_ text: String, printed: String) throws {
        #expect(try Address(text).description == printed)
    }

    @Test(arguments: [
        ("layout:/srv/images", Place.layout("/srv/images"), Part.registry),
        ("layout:images", .layout("images"), .registry),
        ("layout:/srv//team/app:1.2", .layout("/srv"), .tag("team/app", "1.2")),
        ("layout:/srv//team/**", .layout("/srv"), .subtree("team")),
        ("layout:/srv//nginx", .layout("/srv"), .repository("nginx")),
        ("layout:/a:b/c", .layout("/a:b/c"), .registry),
        ("bundle:./x.tar", .bundle("./x.tar"), .registry),
        ("bundle:x.tar//team/app:1.2", .bundle("x.tar"), .tag("team/app", "1.2")),
        ("bundle:x.tar//team/**", .bundle("x.tar"), .subtree("team")),
        ("oci:dir", .oci("dir"), .repository("layout")),
        ("oci:/srv/dir:1.2", .oci("/srv/dir"), .tag("layout", "1.2")),
        ("oci:/srv/a:b/dir", .oci("/srv/a:b/dir"), .repository("layout")),
        ("oci:dir@\(sha256)", .oci("dir"), .digest("layout", sha256)),
        ("oci-archive:./x.tar", .archive(.oci, "./x.tar"), .repository("layout")),
        ("oci-archive:/srv/x.tar:1.2", .archive(.oci, "/srv/x.tar"), .tag("layout", "1.2")),
        ("oci-archive:/a@b/x.tar", .archive(.oci, "/a@b/x.tar"), .repository("layout")),
        ("oci-archive:x.tar@\(sha256)", .archive(.oci, "x.tar"), .digest("layout", sha256)),
        ("oci-archive:x.tar:localhost:5000/team/app:1.2", .archive(.oci, "x.tar"), .tag("team/app", "1.2")),
        ("oci-archive:x.tar:registry.lan/app@\(sha256)", .archive(.oci, "x.tar"), .digest("app", sha256)),
        ("oci-archive:x.tar//", .archive(.oci, "x.tar"), .registry),
        ("oci-archive:/a:b/x.tar//team/app:1.2", .archive(.oci, "/a:b/x.tar"), .tag("team/app", "1.2")),
        ("oci-archive:/a:b/x.tar//layout:1.2", .archive(.oci, "/a:b/x.tar"), .tag("layout", "1.2")),
        ("docker-archive:x.tar", .archive(.docker, "x.tar"), .registry),
        ("docker-archive:a:b.tar//", .archive(.docker, "a:b.tar"), .registry),
        ("docker-archive:x.tar//team/app:1.2", .archive(.docker, "x.tar"), .tag("team/app", "1.2")),
        ("docker-archive:/a:b/x.tar//team/**", .archive(.docker, "/a:b/x.tar"), .subtree("team")),
        ("docker-archive:x.tar:localhost:5000/team/app:1.2", .archive(.docker, "x.tar"), .tag("team/app", "1.2")),
        ("oci-archive:a@b/", .archive(.oci, "a@b/"), .repository("layout")),
        ("docker-archive:d/:team/app:1.2", .archive(.docker, "d/"), .tag("team/app", "1.2")),
        ("docker-archive:x.tar:nginx", .archive(.docker, "x.tar"), .tag("library/nginx", "latest")),
    ])
    func `reads the address of a folder`(_ text: String, _ place: Place, _ part: Part) throws {
        let address = try Address(text)
        #expect(address.place == place)
        #expect(Part(address.scope) == part)
        #expect(address.host == nil)
        #expect(address.scheme == nil)
        #expect(try Address(address.description) == address)
    }

    @Test(arguments: ["oci-archive", "docker-archive"])
    func `a tag beside the digest of an image in an archive is kept`(kind: String) throws {
        let address = try Address("\(kind):x.tar:r.io/team/app:1@\(Self.sha256)")
        #expect(Part(address.scope) == .digest("team/app", Self.sha256))
        #expect(address.writtenTag?.text == "1")
        #expect(try Address(address.description) == address)
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let text: String
        let offset: Int
        let reason: AddressError.Reason

        init(_ text: String, _ offset: Int, _ reason: AddressError.Reason) {
            self.text = text
            self.offset = offset
            self.reason = reason
        }

        /// A refusal because of a name, which is the part of the text that begins at the offset.
        init(_ text: String, _ offset: Int, _ kind: NameError.Kind, _ name: String, _ reason: NameError.Reason) {
            self.init(text, offset, .name(NameError(kind: kind, text: name, reason: reason)))
        }

        var testDescription: String { text.count < 100 ? text : "\(text.prefix(20))…" }
    }

    static let refused: [Refused] = [
        Refused("", 0, .empty),
        Refused(String(repeating: "a", count: 4097), 4096, .tooLong),
        // Schemes and places.
        Refused("docker://nginx", 0, .unknownScheme("docker")),
        Refused("ftp://r.io/a", 0, .unknownScheme("ftp")),
        Refused("HTTP://r.io/a", 0, .unknownScheme("HTTP")),
        Refused("https://http://r.io/a", 8, .unknownScheme("http")),
        Refused("://r.io/a", 0, .unknownScheme("")),
        Refused("layout:", 7, .missingFolder),
        Refused("oci:", 4, .missingFolder),
        Refused("layout://team/app", 7, .missingFolder),
        Refused("layout:/srv//team/App", 13, .repository, "team/App", .character(at: 5)),
        Refused("oci:dir:a b", 8, .tag, "a b", .character(at: 1)),
        Refused("oci:dir@sha256:12", 8, .digest(.malformed("sha256:12"))),
        Refused("oci-archive:", 12, .missingFolder),
        Refused("oci-archive:x.tar:a b", 18, .repository, "a b", .character(at: 1)),
        Refused("docker-archive:x.tar:team/App:1", 21, .repository, "team/App", .character(at: 5)),
        Refused("oci-archive::1.2", 12, .missingFolder),
        Refused("oci-archive:@\(sha256)", 12, .missingFolder),
        Refused("docker-archive::team/app:1", 15, .missingFolder),
        Refused("docker-archive:x.tar@\(sha256)", 20, .digestOfNoRepository),
        Refused("docker-archive:x.tar:user:password@r.io/a", 0, .userInformation),
        Refused("oci::1.2", 4, .missingFolder),
        Refused("dir:./x.tar", 0, .unknownPlace("dir")),
        Refused("http:/r.io/a", 0, .unknownPlace("http")),
        Refused("https:///a", 8, .host, "", .empty),
        // Bare hosts.
        Refused("localhost", 0, .bareHost("localhost")),
        Refused("localhost:5000", 0, .bareHost("localhost:5000")),
        Refused("registry.lan", 0, .bareHost("registry.lan")),
        Refused("registry.lan:5000", 0, .bareHost("registry.lan:5000")),
        Refused("ghcr.io@\(sha256)", 0, .bareHost("ghcr.io@\(sha256)")),
        Refused("[::1]", 0, .bareHost("[::1]")),
        Refused("https://r.io", 8, .bareHost("r.io")),
        Refused("http://registry", 7, .bareHost("registry")),
        Refused("https://", 8, .bareHost("")),
        // Hosts.
        Refused("r..io/a", 0, .host, "r..io", .character(at: 2)),
        Refused("../a", 0, .host, "..", .character(at: 0)),
        Refused("./a", 0, .host, ".", .character(at: 0)),
        Refused("user@r.io/a", 0, .userInformation),
        Refused("https://user:password@r.io/a", 0, .userInformation),
        Refused("user:password@r.io:5000/a", 0, .userInformation),
        Refused("user:pass@word@r.io/a", 0, .userInformation),
        Refused("https://user:password@r.io", 0, .userInformation),
        Refused("user:password@r.io:5000", 0, .userInformation),
        Refused("http://-r/a", 7, .host, "-r", .character(at: 0)),
        Refused("r.io:0/a", 0, .host, "r.io:0", .port),
        Refused("r.io:65536/a", 0, .host, "r.io:65536", .port),
        Refused("http://é/a", 7, .host, "é", .character(at: 0)),
        Refused("127.1/a", 0, .host, "127.1", .ambiguousAddress),
        Refused("0x7f.1/a", 0, .host, "0x7f.1", .ambiguousAddress),
        Refused("http://2130706433/a", 7, .host, "2130706433", .ambiguousAddress),
        Refused("[::1/a", 0, .host, "[::1", .character(at: 4)),
        // Repositories.
        Refused("Nginx", 0, .repository, "Nginx", .character(at: 0)),
        Refused("ngINX", 0, .repository, "ngINX", .character(at: 2)),
        Refused("docker.io/ngINX:1", 10, .repository, "ngINX", .character(at: 2)),
        Refused("r.io/A/b", 5, .repository, "A/b", .character(at: 0)),
        Refused("r.io/a//b", 5, .repository, "a//b", .character(at: 2)),
        Refused("r.io//a", 5, .repository, "/a", .character(at: 0)),
        Refused("/a", 0, .repository, "/a", .character(at: 0)),
        Refused("r.io/a/../b", 5, .repository, "a/../b", .character(at: 2)),
        Refused("r.io/..", 5, .repository, "..", .character(at: 0)),
        Refused("https://r.io/a/..", 13, .repository, "a/..", .character(at: 2)),
        Refused("r.io/a b", 5, .repository, "a b", .character(at: 1)),
        Refused("r.io/a\n", 5, .repository, "a\n", .character(at: 1)),
        Refused("r.io/a?x", 5, .repository, "a?x", .character(at: 1)),
        Refused("r.io/a/\u{301}b", 5, .repository, "a/\u{301}b", .character(at: 2)),
        Refused("r.io/:t", 5, .repository, "", .empty),
        Refused(":t", 0, .repository, "", .empty),
        Refused("docker.io/:t", 10, .repository, "", .empty),
        Refused("r.io/@\(sha256)", 5, .repository, "", .empty),
        Refused("r.io/a/:t", 5, .repository, "a/", .character(at: 2)),
        Refused("r.io/A/**", 5, .repository, "A", .character(at: 0)),
        Refused("r.io/a:t/**", 5, .repository, "a:t", .character(at: 1)),
        Refused("r.io//**", 5, .repository, "", .empty),
        // A name of 255 bytes would be allowed, but not with what Docker Hub puts in front.
        Refused(
            String(repeating: "a", count: 250),
            0,
            .repository,
            String(repeating: "a", count: 250),
            .tooLong(255)
        ),
        // Tags and digests.
        Refused("nginx:", 6, .tag, "", .empty),
        Refused("r.io/a:", 7, .tag, "", .empty),
        Refused("r.io/a:-t", 7, .tag, "-t", .character(at: 0)),
        Refused("r.io/a:t\r\nX: y", 12, .tag, " y", .character(at: 0)),
        Refused("r.io/a:t/b", 7, .tag, "t/b", .character(at: 1)),
        Refused("r.io/a:t:u/", 9, .tag, "u/", .character(at: 1)),
        Refused("r.io/a:é@\(sha256)", 7, .tag, "é", .character(at: 0)),
        Refused("http://r.io/a:t ", 14, .tag, "t ", .character(at: 1)),
        Refused("r.io/a@", 7, .digest(.malformed(""))),
        Refused("r.io/a@sha256", 7, .digest(.malformed("sha256"))),
        Refused("nginx:1@sha256:x", 8, .digest(.malformed("sha256:x"))),
        Refused("r.io/a:1@sha256:../x", 9, .digest(.malformed("sha256:../x"))),
        Refused("r.io/a@\(sha256)@\(sha256)", 7, .digest(.malformed("\(sha256)@\(sha256)"))),
        Refused("r.io/a@md5:d41d8cd98f00b204e9800998ecf8427e", 7, .digest(.unsupportedAlgorithm("md5"))),
        // Wildcards and slashes.
        Refused("r.io/a*", 6, .wildcard),
        Refused("r.io/*/b", 5, .wildcard),
        Refused("r.io/**/b", 5, .wildcard),
        Refused("r.io/a/***", 7, .wildcard),
        Refused("r.io/a:*", 7, .wildcard),
        Refused("https://r.io/a/**:t", 15, .wildcard),
        Refused("nginx/", 6, .trailingSlash),
        Refused("r.io/a/", 7, .trailingSlash),
        Refused("/", 1, .trailingSlash),
    ]

    @Test(arguments: refused)
    func `refuses a text and says where and why`(_ row: Refused) {
        let error = #expect(throws: AddressError.self) { try Address(row.text) }
        if row.reason == .userInformation {
            #expect(error?.text.contains("user") == false, "what may be a password is not kept")
        } else {
            #expect(error?.text == row.text)
        }
        #expect(error?.offset == row.offset)
        #expect(error?.reason == row.reason)
    }

    @Test(arguments: refused)
    func `the name in an error stands in the text at the offset`(_ row: Refused) throws {
        let error = #expect(throws: AddressError.self) { try Address(row.text) }
        guard case .name(let name) = error?.reason else { return }
        let offset = try #require(error?.offset)
        #expect(Array(row.text.utf8.dropFirst(offset).prefix(name.text.utf8.count)) == Array(name.text.utf8))
        if case .character(let at) = name.reason { #expect((0...name.text.utf8.count).contains(at)) }
    }

    @Test func `mutations never trap, and what is accepted prints and reads as the same value`() throws {
        let pieces = [
            "/", "//", "..", "/../", ":", "@", "*", "/**", "://", "https://", "http://", "[::1]", "localhost", "\0",
            "\r\n",
            "\u{1B}[2J", "é", "\u{301}", "/\u{301}", "@\u{301}", ":\u{301}", "\u{202E}", "\u{FF11}", "\u{661}", " ",
            "%2e", "0x",
        ]
        var mutator = Mutator(
            seed: 5,
            corpus: Self.accepted.map(\.text) + Self.refused.map(\.text),
            pieces: pieces + [Self.sha256]
        )
        var accepted = 0
        for _ in 0..<40_000 {
            let text = mutator.text()
            let address: Address
            do { address = try Address(text) } catch {
                #expect((0...text.utf8.count).contains(error.offset))
                continue
            }
            accepted += 1
            let printed = address.description
            #expect(try Address(printed) == address, "\(text.debugDescription)")
            // The path of a folder may be anything.
            guard let host = address.host else { continue }
            #expect(printed.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "\(text.debugDescription)")
            let components = printed.utf8.split(separator: UInt8(ascii: "/"))
                .map { String(decoding: $0, as: UTF8.self) }
            #expect(!components.contains { $0 == ".." || $0 == "." }, "\(text.debugDescription)")
            #expect(address.scheme == address.writtenScheme ?? (host.isLoopback ? .http : .https))
        }
        #expect(accepted > 2000)
    }
}
