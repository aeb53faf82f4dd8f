// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCIServer
import Testing

@testable import mirror

@Suite struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:5000", "127.0.0.1", 5000, true), ("localhost:0", "localhost", 0, true),
        ("localhost", "localhost", 5000, true),
        ("[::1]:80", "::1", 80, true), ("[::1]", "::1", 5000, true), ("[::]:80", "::", 80, false),
        (":5000", "0.0.0.0", 5000, false),
        ("0.0.0.0:1", "0.0.0.0", 1, false), ("127.0.0.2:1", "127.0.0.2", 1, true),
        ("registry.lan", "registry.lan", 5000, false),
        ("127.0.0.1.evil.test:1", "127.0.0.1.evil.test", 1, false),
    ])
    func `addresses are read`(_ text: String, host: String, port: Int, isLoopback: Bool) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.isLoopback == isLoopback)
    }

    @Test(arguments: [
        "", "a:b", "a:70000", "::1:80", "::1", "[::1", "[::1]x", "[a]:1", "a b:1", "http://a", "a:-1", "a:1:2", "a:+1",
    ])
    func `anything else is none`(_ text: String) { #expect(ListenAddress(text) == nil) }
}

@Suite struct StoreLocationTests {
    @Test(arguments: [
        (["XDG_DATA_HOME": "/data", "HOME": "/home/a"], "/data/mirror/store"),
        (["HOME": "/home/a"], "/home/a/.local/share/mirror/store"),
        (["XDG_DATA_HOME": "relative", "HOME": "/home/a"], "/home/a/.local/share/mirror/store"),
        (["XDG_DATA_HOME": "", "HOME": "/home/a"], "/home/a/.local/share/mirror/store"),
    ])
    func `the usual place of the store`(_ environment: [String: String], path: String) {
        #expect(StoreLocation.usual(environment: environment) == path)
    }
}

@Suite struct ServePolicyTests {
    private func wishes(
        _ address: String,
        users: Bool = false,
        tls: Bool = false,
        anonymous: Bool = false,
        readOnly: Bool = false,
        _ rules: String...
    ) throws -> ServePolicy.Wishes {
        ServePolicy.Wishes(
            address: try #require(ListenAddress(address)),
            hasUsers: users,
            hasCertificate: tls,
            allowsAnonymous: anonymous,
            isReadOnly: readOnly,
            rules: try rules.map { try AccessRules.Rule($0) }
        )
    }

    @Test func `on loopback everybody may do everything, without a warning`() throws {
        let policy = try ServePolicy(wishes("127.0.0.1:5000"))
        #expect(policy.rules.rules == AccessRules.open.rules)
        #expect(policy.warnings.isEmpty)
    }

    @Test func `elsewhere nobody gets in by mistake`() throws {
        for rules in [[], ["anonymous:pull:**"]] {
            let wishes = ServePolicy.Wishes(
                address: try #require(ListenAddress(":5000")),
                hasUsers: false,
                hasCertificate: true,
                allowsAnonymous: false,
                isReadOnly: true,
                rules: try rules.map { try AccessRules.Rule($0) }
            )
            #expect(throws: ServePolicyError.self) { try ServePolicy(wishes) }
        }
        let open = try ServePolicy(wishes(":5000", anonymous: true))
        #expect(open.rules.rules == AccessRules.open.rules)
        #expect(open.warnings == ["everybody who can reach 0.0.0.0:5000 may read and write everything"])
        let readOnly = try ServePolicy(wishes(":5000", anonymous: true, readOnly: true))
        #expect(readOnly.warnings == ["everybody who can reach 0.0.0.0:5000 may read everything"])
    }

    @Test func `users may do everything unless rules say what`() throws {
        let policy = try ServePolicy(wishes(":5000", users: true, tls: true))
        #expect(policy.rules.rules == AccessRules.users.rules)
        #expect(policy.warnings.isEmpty)
        let ruled = try ServePolicy(wishes(":5000", users: true, tls: true, "ci:pull:**", "anonymous:pull:public/**"))
        #expect(ruled.rules.rules.count == 2)
        #expect(try ServePolicy(wishes(":5000", users: true)).warnings.count == 1)
        #expect(try ServePolicy(wishes("127.0.0.1:5000", users: true)).warnings.isEmpty)
    }

    @Test func `what does not go together is refused`() throws {
        #expect(throws: ServePolicyError.usersWithoutFile) { try ServePolicy(wishes("localhost", "ci:pull:**")) }
        #expect(throws: ServePolicyError.usersWithoutFile) { try ServePolicy(wishes("localhost", "*:pull:**")) }
        #expect(throws: ServePolicyError.anonymousWithoutRule) {
            try ServePolicy(wishes(":5000", users: true, anonymous: true))
        }
    }
}

@Suite struct ServeCommandTests {
    @Test(arguments: [
        ["--listen", "x:y"], ["--tls-key", "a"], ["--grace", "-1"], ["--access-log", "other"],
        ["x.tar", "--store", "a"],
        ["x.tar", "--allow-delete"], ["--map", "a=b"], ["/"],
    ])
    func `wrong options are wrong usage`(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try ServeCommand.parse(arguments) }
    }

    @Test func `the usual options`() throws {
        let command = try ServeCommand.parse([])
        #expect(command.listen == "127.0.0.1:5000")
        #expect(!command.allowDelete)
        #expect(!command.allowAnonymous)
        #expect(command.accessLog.form == nil)
    }
}
