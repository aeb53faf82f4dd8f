// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import OCIRegistry

@Suite struct RealmPolicyTests {
    /// A registry, the realm that it names, and what becomes of it without and with a credential; `nil` where the token
    /// server is asked.
    struct Row: Sendable, CustomTestStringConvertible {
        let registry: String
        let realm: String
        var anonymous: OutboundRefusal.Reason?
        var withCredential: OutboundRefusal.Reason?
        var tokenServers: [String] = []
        var reached: Set<IPAddress.Kind> = []

        init(_ registry: String, _ realm: String, _ refusal: OutboundRefusal.Reason? = nil) {
            self.init(registry, realm, anonymous: refusal, withCredential: refusal)
        }

        init(
            _ registry: String,
            _ realm: String,
            anonymous: OutboundRefusal.Reason? = nil,
            withCredential: OutboundRefusal.Reason?,
            tokenServers: [String] = [],
            reached: Set<IPAddress.Kind> = []
        ) {
            self.registry = registry
            self.realm = realm
            self.anonymous = anonymous
            self.withCredential = withCredential
            self.tokenServers = tokenServers
            self.reached = reached
        }

        var testDescription: String { "\(registry) \(realm) \(tokenServers)" }
    }

    private func check(_ row: Row) throws {
        let isTLS = row.registry.hasPrefix("https://")
        let host = try RegistryHost(String(row.registry.dropFirst(isTLS ? 8 : 7)))
        let origin = RequestURL.Origin(scheme: isTLS ? .https : .http, host: host)
        let policy = OutboundPolicy(
            origin: origin,
            // Whoever may take uploads is not therefore shown credentials.
            uploadHosts: [try RegistryHost("evil.test")],
            tokenServers: Set(try row.tokenServers.map { try RegistryHost($0) })
        )
        let base = RequestURL(origin: origin, path: "/v2/team/app/tags/list", query: "n=1")
        for (carries, reason) in [(false, row.anonymous), (true, row.withCredential)] {
            let judge = {
                try policy.admitRealm(row.realm, answeredBy: base, carriesCredential: carries, reached: row.reached)
            }
            guard let reason else {
                #expect(throws: Never.self, "credential: \(carries)") { try judge() }
                continue
            }
            let refusal = #expect(throws: OutboundRefusal.self, "credential: \(carries)") { try judge() }
            #expect(refusal?.reason == reason)
            #expect(refusal?.purpose == .token)
            #expect(refusal?.target.contains("secret") == false)
        }
    }

    @Test(arguments: [
        Row("https://registry.example", "https://evil.test/token?secret", withCredential: .otherDomain),
        Row("https://registry.corp.example", "https://corp.example.evil.test/token", withCredential: .otherDomain),
        Row("https://registry.corp.example", "https://evilcorp.example/token", withCredential: .otherDomain),
        Row("https://one.azurecr.io", "https://two.azurecr.io/oauth2/token", withCredential: .otherDomain),
        Row("https://one.github.io", "https://two.github.io/", withCredential: .otherDomain),
        Row("https://1.dkr.ecr.eu-west-1.amazonaws.com", "https://x.s3.amazonaws.com/", withCredential: .otherDomain),
        Row("https://a.co.uk", "https://b.co.uk/", withCredential: .otherDomain),
        Row("https://192.0.2.1", "https://192.0.2.2/token", withCredential: .otherDomain),
        Row("http://127.0.0.1:5000", "http://127.0.0.2:5000/token", withCredential: .otherDomain),
        Row("http://127.0.0.1:5000", "http://localhost:5001/token", withCredential: .otherDomain),
        Row("http://localhost:5000", "http://a.localhost:5000/token", withCredential: .otherDomain),
        Row("http://registry.example", "http://evil.test/token", withCredential: .otherDomain),
        Row("http://10.0.0.1", "http://10.0.0.2/token", withCredential: .otherDomain),
    ])
    func `S01 a credential is not shown to another domain, which anonymous users may ask`(_ row: Row) throws {
        try check(row)
    }

    @Test(arguments: [
        Row("https://registry.example", "https://registry.example/token"),
        Row("https://registry.example", "https://registry.example:8443/token"),
        Row("https://registry.example", "/token"),
        Row("https://registry.corp.example", "https://auth.corp.example/token"),
        Row("https://registry.gitlab.com", "https://gitlab.com/jwt/auth"),
        Row("https://corp.example", "https://a.b.corp.example/token"),
        Row("https://a.corp.co.uk", "https://b.corp.co.uk/token"),
        Row("https://corp.azurecr.io", "https://corp.azurecr.io/oauth2/token"),
        Row("https://192.0.2.1", "https://192.0.2.1:8443/token"),
        Row("http://127.0.0.1:5000", "http://127.0.0.1:5001/token"),
        Row("http://localhost:5000", "http://localhost:5001/token"),
        Row("http://10.0.0.1", "https://10.0.0.1/token"),
        Row("http://registry.example", "https://registry.example/token"),
    ])
    func `the own host and the own domain are shown the credential`(_ row: Row) throws { try check(row) }

    @Test(arguments: [
        Row("https://registry.example", "http://169.254.169.254/latest?secret", .downgrade),
        Row("https://registry.example", "https://169.254.169.254/latest?secret", .addressClass(.linkLocal)),
        Row("https://registry.example", "https://[::ffff:169.254.169.254]/", .addressClass(.linkLocal)),
        Row("https://registry.example", "https://[fd00:ec2::254]/", .addressClass(.linkLocal)),
        Row("https://registry.example", "https://localhost:1/", .addressClass(.loopback)),
        Row("https://registry.example", "https://127.0.0.1/", .addressClass(.loopback)),
        Row("https://registry.example", "https://10.0.0.1/", .addressClass(.private)),
        Row("https://registry.example", "https://0.0.0.0/", .addressClass(.unspecified)),
        Row("http://registry.example", "http://169.254.169.254/", .addressClass(.linkLocal)),
        Row("http://registry.example", "http://[::ffff:169.254.169.254]/", .addressClass(.linkLocal)),
        Row("http://registry.example", "http://localhost:1/", .addressClass(.loopback)),
        Row("http://127.0.0.1:5000", "http://169.254.169.254/", .addressClass(.linkLocal)),
        Row("http://10.0.0.1", "http://127.0.0.1/", .addressClass(.loopback)),
        Row("http://registry.example", "http://0x7f000001/", .malformed),
        Row("http://registry.example", "http://127.1/?secret", .malformed),
        Row("http://registry.example", "http://2130706433/", .malformed),
        Row("https://registry.example", "https://user@registry.example/?secret", .malformed),
        Row("https://registry.example", "https://registry.example\\@evil.test/", .malformed),
        Row("https://registry.example", "ftp://registry.example/", .malformed),
        Row("https://registry.example", "https://registry.example/#x", .malformed),
        Row("https://registry.example", "a realm of words?secret", .malformed),
        Row("https://registry.example", "", .malformed),
    ])
    func `S02 nobody asks a realm in another part of the address space, or one that is read in two ways`(
        _ row: Row
    ) throws {
        try check(row)
    }

    @Test(arguments: [
        Row("https://registry.example", "http://registry.example/token", .downgrade),
        Row("https://registry.example", "http://auth.registry.example/token", .downgrade),
        Row("https://registry-1.docker.io", "http://auth.docker.io/token", .downgrade),
        Row(
            "https://registry.example",
            "http://auth.test/token",
            anonymous: .downgrade,
            withCredential: .downgrade,
            tokenServers: ["auth.test"]
        ),
    ])
    func `S04 no realm leads from TLS to plain HTTP, not even one that the user allowed`(_ row: Row) throws {
        try check(row)
    }

    @Test(arguments: [
        Row("https://registry-1.docker.io", "https://auth.docker.io/token"),
        Row("https://registry-1.docker.io", "https://auth.docker.com/token", withCredential: .otherDomain),
        Row("http://registry-1.docker.io", "http://auth.docker.io/token", withCredential: .otherDomain),
        Row("https://registry.example", "https://auth.docker.io/token", withCredential: .otherDomain),
        Row("https://auth.docker.io", "https://docker.io/token"),
    ])
    func `S01 Docker Hub's token server is known for Docker Hub alone, and by TLS alone`(_ row: Row) throws {
        try check(row)
    }

    @Test(arguments: [
        Row("https://registry.example", "https://auth.test/token", withCredential: nil, tokenServers: ["auth.test"]),
        Row(
            "https://registry.example",
            "https://auth.test/token",
            withCredential: nil,
            tokenServers: ["auth.test:443"]
        ),
        Row(
            "https://registry.example",
            "https://auth.test:8443/token",
            withCredential: nil,
            tokenServers: ["auth.test"]
        ),
        Row(
            "https://registry.example",
            "https://auth.test:8443/token",
            withCredential: .otherDomain,
            tokenServers: ["auth.test:443"]
        ),
        Row(
            "https://registry.example",
            "https://a.auth.test/token",
            withCredential: .otherDomain,
            tokenServers: ["auth.test"]
        ),
        Row("https://registry.example", "https://10.0.0.1/token", withCredential: nil, tokenServers: ["10.0.0.1"]),
        Row("http://127.0.0.1:5000", "http://127.0.0.2:1/token", withCredential: nil, tokenServers: ["127.0.0.2"]),
    ])
    func `S01 a host that the user allowed is shown the credential, and no other`(_ row: Row) throws { try check(row) }

    @Test(arguments: [
        Row("https://registry.example", "https://10.0.0.9/token", withCredential: .otherDomain, reached: [.private]),
        Row(
            "https://registry.example",
            "https://127.0.0.1/token",
            anonymous: .addressClass(.loopback),
            withCredential: .addressClass(.loopback),
            reached: [.private]
        ),
    ])
    func `S03 the kind of address at which the registry was reached may be asked, without a credential`(
        _ row: Row
    ) throws {
        try check(row)
    }

    @Test func `S07 an upload may lead to a host that the user allowed, and to no other`() throws {
        let origin = RequestURL.Origin(scheme: .https, host: try RegistryHost("registry.example"))
        let policy = OutboundPolicy(
            origin: origin,
            uploadHosts: [try RegistryHost("uploads.test"), try RegistryHost("other.test:8443")],
            tokenServers: [try RegistryHost("auth.test")]
        )
        let base = RequestURL(origin: origin, path: "/v2/team/app/blobs/uploads/")
        for (location, reason) in [
            ("https://uploads.test/x?secret", nil), ("https://uploads.test:8443/x", nil),
            ("https://other.test:8443/x", nil), ("/x", nil),
            ("https://other.test/x?secret", .otherOrigin), ("https://a.uploads.test/x", .otherOrigin),
            ("https://auth.test/x", .otherOrigin), ("https://registry.example:8443/x", .otherOrigin),
            ("https://127.0.0.1/x", .otherOrigin), ("http://uploads.test/x", .downgrade),
        ] as [(String, OutboundRefusal.Reason?)] {
            if let reason {
                let refusal = #expect(throws: OutboundRefusal.self, "\(location)") {
                    try policy.admit(location, answeredBy: base, for: .upload)
                }
                #expect(refusal?.reason == reason)
            } else {
                #expect(throws: Never.self, "\(location)") {
                    try policy.admit(location, answeredBy: base, for: .upload)
                }
            }
            // Neither pages nor the rest go there for that.
            if location.hasPrefix("https://") {
                #expect(throws: OutboundRefusal.self) { try policy.admit(location, answeredBy: base, for: .page) }
            }
        }
    }
}
