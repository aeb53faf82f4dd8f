// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import OCIRegistry

@Suite struct OutboundPolicyTests {
    /// A reference that an origin answered with, and what becomes of it; `nil` where it may be requested.
    struct Row: Sendable, CustomTestStringConvertible {
        let origin: String
        let purpose: OutboundPolicy.Purpose
        let reference: String
        var refusal: OutboundRefusal.Reason?

        init(
            _ origin: String,
            _ purpose: OutboundPolicy.Purpose,
            _ reference: String,
            _ refusal: OutboundRefusal.Reason? = nil
        ) {
            self.origin = origin
            self.purpose = purpose
            self.reference = reference
            self.refusal = refusal
        }

        var testDescription: String { "\(origin) \(purpose.rawValue) \(reference)" }
    }

    private func url(_ text: String) throws -> RequestURL {
        let isTLS = text.hasPrefix("https://")
        let origin = RequestURL.Origin(
            scheme: isTLS ? .https : .http,
            host: try RegistryHost(String(text.dropFirst(isTLS ? 8 : 7)))
        )
        return RequestURL(origin: origin, path: "/v2/team/app/blobs/uploads/", query: "n=1")
    }

    private func check(_ row: Row) throws {
        let base = try url(row.origin)
        let policy = OutboundPolicy(origin: base.origin)
        guard let reason = row.refusal else {
            #expect(throws: Never.self) { try policy.admit(row.reference, answeredBy: base, for: row.purpose) }
            return
        }
        let refusal = #expect(throws: OutboundRefusal.self) {
            try policy.admit(row.reference, answeredBy: base, for: row.purpose)
        }
        #expect(refusal?.reason == reason)
        #expect(refusal?.purpose == row.purpose)
        #expect(refusal?.origin == base.origin)
        #expect(refusal?.target.contains("secret") == false)
    }

    @Test(arguments: [OutboundPolicy.Purpose.redirect, .page, .upload])
    func `S04 nothing leads from TLS to plain HTTP, be it the same host`(_ purpose: OutboundPolicy.Purpose) throws {
        for reference in [
            "http://registry.example/x", "http://registry.example:443/x", "http://cdn.example/x?secret",
            "http://127.0.0.1/x", "HTTP://registry.example/x",
        ] {
            try check(Row("https://registry.example", purpose, reference, .downgrade))
        }
    }

    @Test(arguments: [OutboundPolicy.Purpose.redirect, .page, .upload])
    func `the same origin may be requested, however it is written`(_ purpose: OutboundPolicy.Purpose) throws {
        for reference in [
            "/x", "x", "?x", "//registry.example/x", "https://registry.example/x", "https://REGISTRY.example:443/x",
        ] {
            try check(Row("https://registry.example", purpose, reference))
        }
        for reference in ["/x", "http://10.0.0.1:5000/x"] { try check(Row("http://10.0.0.1:5000", purpose, reference)) }
        for reference in ["/x", "http://localhost:5000/x"] {
            try check(Row("http://localhost:5000", purpose, reference))
        }
    }

    @Test(arguments: [
        Row("https://registry.example", .redirect, "https://cdn.example/x?secret"),
        Row("https://registry.example", .redirect, "https://registry.example:8443/x"),
        Row("https://registry.example", .redirect, "https://192.0.2.7/x"),
        Row("https://registry.example", .redirect, "https://[2001:db8::7]/x"),
        Row("http://registry.example", .redirect, "https://cdn.example/x"),
        Row("http://registry.example", .redirect, "http://cdn.example/x"),
        Row("http://10.0.0.1", .redirect, "http://10.0.0.2/x"),
        Row("http://10.0.0.1", .redirect, "http://192.168.0.1/x"),
        Row("http://127.0.0.1:5000", .redirect, "http://127.0.0.1:5001/x"),
        Row("http://127.0.0.1:5000", .redirect, "http://localhost:5001/x"),
        Row("http://localhost:5000", .redirect, "http://127.0.0.2:5001/x"),
        Row("http://localhost:5000", .redirect, "http://[::1]:5001/x"),
        Row("http://127.0.0.1:5000", .redirect, "https://cdn.example/x"),
    ])
    func `S05 a redirect may lead to another origin of the same part of the address space`(_ row: Row) throws {
        try check(row)
    }

    @Test(arguments: [
        Row("https://registry.example", .redirect, "https://169.254.169.254/latest?secret", .addressClass(.linkLocal)),
        Row("https://registry.example", .redirect, "https://[::ffff:169.254.169.254]/", .addressClass(.linkLocal)),
        Row("https://registry.example", .redirect, "https://[::ffff:a9fe:a9fe]/", .addressClass(.linkLocal)),
        Row("https://registry.example", .redirect, "https://[64:ff9b::a9fe:a9fe]/", .addressClass(.linkLocal)),
        Row("https://registry.example", .redirect, "https://[fd00:ec2::254]/", .addressClass(.linkLocal)),
        Row("https://registry.example", .redirect, "https://100.100.100.200/", .addressClass(.linkLocal)),
        Row("https://registry.example", .redirect, "https://[fe80::1]/", .addressClass(.linkLocal)),
        Row("https://registry.example", .redirect, "https://localhost/", .addressClass(.loopback)),
        Row("https://registry.example", .redirect, "https://LOCALHOST:5000/", .addressClass(.loopback)),
        Row("https://registry.example", .redirect, "https://a.localhost/", .addressClass(.loopback)),
        Row("https://registry.example", .redirect, "https://127.0.0.1/", .addressClass(.loopback)),
        Row("https://registry.example", .redirect, "https://[::1]/", .addressClass(.loopback)),
        Row("https://registry.example", .redirect, "https://[::ffff:127.0.0.1]/", .addressClass(.loopback)),
        Row("https://registry.example", .redirect, "https://0.0.0.0/", .addressClass(.unspecified)),
        Row("https://registry.example", .redirect, "https://[::]/", .addressClass(.unspecified)),
        Row("https://registry.example", .redirect, "https://10.0.0.1/", .addressClass(.private)),
        Row("https://registry.example", .redirect, "https://192.168.1.1/", .addressClass(.private)),
        Row("https://registry.example", .redirect, "https://172.16.0.1/", .addressClass(.private)),
        Row("https://registry.example", .redirect, "https://100.64.0.1/", .addressClass(.private)),
        Row("https://registry.example", .redirect, "https://[fd00::1]/", .addressClass(.private)),
        Row("https://registry.example", .redirect, "https://224.0.0.1/", .addressClass(.multicast)),
        Row("https://registry.example", .redirect, "//169.254.169.254/", .addressClass(.linkLocal)),
        Row("https://192.0.2.7", .redirect, "https://10.0.0.1/", .addressClass(.private)),
        Row("http://10.0.0.1", .redirect, "http://127.0.0.1/", .addressClass(.loopback)),
        Row("http://10.0.0.1", .redirect, "http://169.254.169.254/", .addressClass(.linkLocal)),
        Row("http://127.0.0.1:5000", .redirect, "http://10.0.0.1/", .addressClass(.private)),
        Row("http://localhost:5000", .redirect, "http://169.254.169.254/", .addressClass(.linkLocal)),
    ])
    func `S02 a redirect does not lead into a part of the address space that the origin is not in`(_ row: Row) throws {
        try check(row)
    }

    @Test(arguments: [
        "http://0x7f000001/", "http://127.1/", "http://2130706433/", "http://user@registry.example/?secret",
        "http://registry.example\\@evil.example/", "ftp://registry.example/", "/x#y", "/x y?secret", "",
    ])
    func `S02 a form that resolvers read as another address is refused for every purpose`(_ reference: String) throws {
        for purpose in [OutboundPolicy.Purpose.redirect, .page, .upload] {
            try check(Row("http://registry.example", purpose, reference, .malformed))
        }
    }

    @Test(arguments: [
        ("https://registry.example", "https://evil.example/x?secret"),
        ("https://registry.example", "https://registry.example:8443/x"),
        ("https://registry.example", "//evil.example/x"),
        ("https://registry.example", "https://a.registry.example/x"),
        ("https://registry.example", "https://127.0.0.1/x"),
        ("http://registry.example", "https://registry.example/x"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5001/x"),
        ("http://127.0.0.1:5000", "http://127.0.0.2:5000/x"),
        ("http://127.0.0.1:5000", "http://localhost:5000/x"),
    ])
    func `S07 uploads and pages stay with the origin`(_ origin: String, _ reference: String) throws {
        try check(Row(origin, .upload, reference, .otherOrigin))
        try check(Row(origin, .page, reference, .otherOrigin))
    }

    @Test func `judges by the registry, not by the host that answered last`() throws {
        let policy = OutboundPolicy(origin: try url("https://registry.example").origin)
        let elsewhere = RequestURL(origin: try url("https://cdn.example").origin, path: "/a/b")
        #expect(try policy.admit("c", answeredBy: elsewhere, for: .redirect).text == "https://cdn.example/a/c")
        #expect(throws: OutboundRefusal.self) { try policy.admit("c", answeredBy: elsewhere, for: .page) }
        #expect(throws: OutboundRefusal.self) { try policy.admit("c", answeredBy: elsewhere, for: .upload) }
        #expect(throws: Never.self) { try policy.admit("//registry.example/c", answeredBy: elsewhere, for: .page) }
    }

    @Test func `a refusal tells where it led without what can be a secret`() throws {
        let base = try url("https://registry.example")
        let policy = OutboundPolicy(origin: base.origin)
        let other = try #require(throws: OutboundRefusal.self) {
            try policy.admit("https://evil.example/path?token=secret", answeredBy: base, for: .upload)
        }
        #expect(other.target == "https://evil.example")
        let long = "https://evil example/" + String(repeating: "a", count: 1000) + "?token=secret"
        let malformed = try #require(throws: OutboundRefusal.self) {
            try policy.admit(long, answeredBy: base, for: .upload)
        }
        #expect(malformed.target == long.prefix(200))
    }

    @Test func `S03 a redirect may lead to an address of a kind at which the registry was reached`() throws {
        let base = try url("https://registry.example")
        let policy = OutboundPolicy(origin: base.origin)
        func admit(_ reference: String, for purpose: OutboundPolicy.Purpose = .redirect) throws {
            _ = try policy.admit(reference, answeredBy: base, for: purpose, reached: [.private])
        }
        #expect(throws: Never.self) { try admit("https://10.0.0.9/x") }
        #expect(throws: OutboundRefusal.self) { try admit("https://127.0.0.1/x") }
        #expect(throws: OutboundRefusal.self) { try admit("https://169.254.169.254/x") }
        #expect(throws: OutboundRefusal.self) { try admit("https://10.0.0.9/x", for: .upload) }
        #expect(throws: OutboundRefusal.self) { try admit("http://10.0.0.9/x") }
    }

    @Test func `S03 only public addresses, and those of the kind of the registry's own, may be dialled elsewhere`()
        throws
    {
        let policy = OutboundPolicy(origin: try url("https://registry.example").origin)
        let kinds: [IPAddress.Kind] = [.loopback, .unspecified, .linkLocal, .private, .multicast, .public]
        for kind in kinds {
            for own in kinds + [nil] {
                #expect(
                    policy.mayReach(kind, from: own) == (kind == .public || kind == own),
                    "\(kind) from \(own as Any)"
                )
            }
        }
    }
}
