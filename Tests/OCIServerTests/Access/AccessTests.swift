// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OCI
import Testing

@testable import OCIServer

@Suite struct RepositoryPatternTests {
    @Test(arguments: [
        ("**", "a", true), ("**", "a/b/c", true),
        ("*", "a", true), ("*", "a/b", false),
        ("team/app", "team/app", true), ("team/app", "team/app/x", false), ("team/app", "team", false),
        ("team/*", "team/app", true), ("team/*", "team/a/b", false), ("team/*", "team", false),
        ("team/*", "teams/app", false),
        ("team/**", "team/app", true), ("team/**", "team/a/b", true), ("team/**", "team", false),
        ("team/**", "teamx/a", false),
    ])
    func `patterns as in addresses`(_ pattern: String, name: String, contains: Bool) throws {
        #expect(try RepositoryPattern(pattern).contains(RepositoryName(name)) == contains)
    }

    @Test(arguments: ["", "/", "a/***", "a*", "*/a", "a/*/b", "A", "/**", "**/", "a//**"])
    func `a star stands only at the end, as a part of its own`(_ text: String) {
        #expect(throws: NameError.self) { try RepositoryPattern(text) }
    }
}

@Suite struct AccessRulesTests {
    @Test func `what no rule allows is forbidden`() throws {
        let rules = AccessRules([
            try AccessRules.Rule("ci:pull,push:team/**"), try AccessRules.Rule("*:pull:**"),
            try AccessRules.Rule("anonymous:pull:public/*"), try AccessRules.Rule("admin:delete:**"),
        ])
        let table: [(Principal, AccessRules.Action, String, Bool)] = [
            (.user("ci"), .push, "team/app", true), (.user("ci"), .push, "other", false),
            (.user("ci"), .pull, "other", true), (.user("ci"), .delete, "team/app", false),
            (.user("bob"), .pull, "team/app", true), (.user("bob"), .push, "team/app", false),
            (.anonymous, .pull, "public/a", true), (.anonymous, .pull, "public/a/b", false),
            (.anonymous, .push, "public/a", false), (.user("admin"), .delete, "x", true),
            (.user("anonymous"), .push, "x", false), (.user("*"), .push, "team/app", false),
        ]
        for (principal, action, name, allowed) in table {
            #expect(
                rules.allows(principal, action, in: try RepositoryName(name)) == allowed,
                "\(principal) \(action) \(name)"
            )
        }
        #expect(rules.readsEverything(.user("bob")))
        #expect(!rules.readsEverything(.anonymous))
        #expect(rules.admits(.anonymous))
    }

    @Test(arguments: [
        ("", AccessRuleError.Reason.form), ("a", .form), ("a:pull", .form), (":pull:**", .form),
        ("a:read:**", .action("read")), ("a::**", .action("")), ("a:pull,:**", .action("")),
        ("a:pull:", .pattern("")), ("a:pull:A", .pattern("A")), ("a:pull:x:y", .pattern("x:y")),
    ])
    func `what is no rule says why`(_ text: String, reason: AccessRuleError.Reason) throws {
        let error = try #require(throws: AccessRuleError.self) { try AccessRules.Rule(text) }
        #expect(error.reason == reason)
    }
}

@Suite struct HtpasswdTests {
    /// `htpasswd -nbB -C 4 user secret`, in the three spellings of bcrypt.
    static let hash = "$2y$04$Faj9IBSQZiMbmii66vlNResChG8nUty1oTNHkkQExuCV4xx64DmAG"

    @Test(arguments: [
        ("a:\(hash)", ["a"]), ("# x\n\na:\(hash)\r\nb:\(hash)\n", ["a", "b"]),
        ("a:$2a\(hash.dropFirst(3))", ["a"]), ("a:$2b\(hash.dropFirst(3))", ["a"]),
    ])
    func `users are read`(_ text: String, names: [String]) throws {
        #expect(try Htpasswd(text).hashes.keys.sorted() == names)
    }

    @Test(arguments: [
        ("", 1, HtpasswdError.Reason.empty), ("# only\n", 1, .empty), ("a", 1, .form), (":\(hash)", 1, .form),
        ("a:b:\(hash)", 1, .form), ("a:secret", 1, .hash), ("a:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", 1, .hash),
        ("a:$apr1$x$y", 1, .hash), ("a:\(hash)\nb:\(hash.dropLast())", 2, .hash),
        ("a:$2x\(hash.dropFirst(3))", 1, .hash), ("a:$2y$99\(hash.dropFirst(6))", 1, .hash),
        ("a:\(hash)\na:\(hash)", 2, .duplicate),
    ])
    func `other lines are refused with their number`(_ text: String, line: Int, reason: HtpasswdError.Reason) throws {
        let error = try #require(throws: HtpasswdError.self) { try Htpasswd(text) }
        #expect(error == HtpasswdError(line: line, reason: reason))
    }

    @Test(arguments: [
        ("secret", true), ("Secret", false), ("", false), ("secret\0", false), ("secret\0x", false),
        (String(repeating: "x", count: 1000), false),
    ])
    func `a password has its hash and no other one`(_ password: String, matches: Bool) {
        for spelling in ["$2y", "$2a", "$2b"] {
            #expect(BcryptHash.matches(Array(password.utf8), spelling + Self.hash.dropFirst(3)) == matches)
        }
    }

    @Test func `who is right is remembered, and who is wrong is not`() async throws {
        let check = PasswordCheck(try Htpasswd("user:\(Self.hash)"))
        for _ in 0..<3 {
            #expect(try await check.user("user", Array("secret".utf8)) == .user("user"))
            #expect(try await check.user("user", Array("wrong".utf8)) == nil)
            #expect(try await check.user("nobody", Array("secret".utf8)) == nil)
        }
        try await check.shutDown()
        // What is remembered takes no thread any more.
        #expect(try await check.user("user", Array("secret".utf8)) == .user("user"))
    }

    @Test func `the decoy costs as much as the dearest hash`() throws {
        let dear = "$2y$05\(Self.hash.dropFirst(6))"
        #expect(try Htpasswd("a:\(Self.hash)\nb:\(dear)").decoy == dear)
    }
}

@Suite struct BasicCredentialTests {
    @Test(arguments: [
        ("Basic dXNlcjpwYXNz", "user", "pass"), ("basic dXNlcjpwYXNz", "user", "pass"),
        ("Basic dXNlcjo=", "user", ""), ("Basic dTphOmI=", "u", "a:b"), ("Basic  dXNlcjpwYXNz", "user", "pass"),
    ])
    func `names and passwords`(_ header: String, name: String, password: String) throws {
        let credential = try #require(BasicCredential(header))
        #expect(credential.name == name)
        #expect(credential.password == Array(password.utf8))
        #expect("\(credential)" == name)
    }

    @Test(arguments: [
        "", "Basic", "Bearer dXNlcjpwYXNz", "Basic dXNlcg==", "Basic OnBhc3M=", "Basic dXNlcjpwYXN", "Basic ====",
        "Basic d=Nl", "Basic dXNl cjpwYXNz", "Basic YQo6Yg==", "Basic " + String(repeating: "A", count: 4000),
    ])
    func `anything else is none`(_ header: String) { #expect(BasicCredential(header) == nil) }
}

@Suite struct HostCheckTests {
    @Test(arguments: [
        ("localhost", true), ("localhost:5000", true), ("LOCALHOST:1", true), ("127.0.0.1:5000", true),
        ("127.1.2.3", true), ("[::1]:5000", true), ("[::1]", true), ("evil.test", false),
        ("localhost.evil.test", false),
        ("127.0.0.1.evil.test", false), ("10.0.0.1", false), ("127.1", false), ("0x7f000001", false), ("", false),
        ("a b", false), ("[::1", false), ("::1", false), ("user@localhost", false), ("localhost:5:6", false),
    ])
    func `a server on loopback answers to names of loopback`(_ host: String, isAdmitted: Bool) {
        let check = HostCheck(names: [], isLoopback: true)
        #expect(((try? check.admit(authority: host, headers: [:])) != nil) == isAdmitted)
    }

    @Test func `names can be added, and elsewhere any name is answered unless some are given`() {
        let named = HostCheck(names: ["Registry.lan"], isLoopback: false)
        #expect((try? named.admit(authority: "registry.lan:5000", headers: [:])) != nil)
        #expect((try? named.admit(authority: "other.lan", headers: [:])) == nil)
        let anyName = HostCheck(names: [], isLoopback: false)
        #expect((try? anyName.admit(authority: "other.lan", headers: [:])) != nil)
        #expect((try? anyName.admit(authority: nil, headers: [:])) == nil)
    }

    @Test(
        arguments: [
            ([.origin: "http://localhost:5000"], true), ([.origin: "https://localhost:5000"], true),
            ([.origin: "http://evil.test"], false), ([.origin: "null"], false), ([.origin: "http://localhost"], false),
            ([.secFetchSite: "cross-site"], false), ([.secFetchSite: "same-site"], false),
            ([.secFetchSite: "same-origin"], true), ([.secFetchSite: "none"], true),
        ] as [(HTTPFields, Bool)]
    )
    func `pages from elsewhere are refused`(_ headers: HTTPFields, isAdmitted: Bool) {
        let check = HostCheck(names: [], isLoopback: true)
        #expect(((try? check.admit(authority: "localhost:5000", headers: headers)) != nil) == isAdmitted)
    }
}

@Suite struct AccessLogTests {
    private func entry(_ target: String, _ principal: Principal = .anonymous) -> AccessLog.Entry {
        AccessLog.Entry(
            client: "127.0.0.1",
            principal: principal,
            method: .get,
            target: target,
            status: 200,
            sent: 12,
            received: 3,
            duration: .milliseconds(1.25),
            time: 1_795_518_420
        )
    }

    @Test func `a line of the common form`() {
        #expect(
            AccessLog.line(entry("/v2/a/tags/list?n=5", .user("bob smith\"")), .common)
                == #"127.0.0.1 - bobsmith [24/Nov/2026:11:07:00 +0000] "GET /v2/a/tags/list?n=5 HTTP/1.1" 200 12"#
        )
    }

    @Test func `a line of JSON`() {
        #expect(
            AccessLog.line(entry("/v2/", .user("bob")), .json)
                == #"{"time":"2026-11-24T11:07:00Z","client":"127.0.0.1","user":"bob","method":"GET","target":"/v2/","#
                + #""status":200,"sent":12,"received":3,"ms":1.3}"#
        )
    }

    @Test(arguments: [AccessLog.Form.common, .json])
    func `what would let somebody go on with an upload is left out`(_ form: AccessLog.Form) {
        let id = "0123456789abcdef0123456789abcdef"
        let line = AccessLog.line(entry("/v2/a/blobs/uploads/\(id)?digest=sha256:abc&_state=secret"), form)
        #expect(line.contains("/v2/a/blobs/uploads/012345…"))
        #expect(!line.contains("secret"))
        #expect(!line.contains(id))
    }

    @Test(arguments: [AccessLog.Form.common, .json])
    func `a request cannot write a line of its own`(_ form: AccessLog.Form) {
        let line = AccessLog.line(entry("/v2/\"\n\u{1B}[2J\u{9B}\r/tags/list"), form)
        #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x9B })
    }
}
