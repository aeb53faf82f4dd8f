// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import OCIRegistry

@Suite struct RequestURLTests {
    private static let digest = "sha256:" + String(repeating: "ab", count: 32)

    /// The URL whose answer holds the references: `https://registry.example:5000/v2/team/app/tags/list?n=1000`.
    private let base: RequestURL

    init() throws {
        let origin = RequestURL.Origin(scheme: .https, host: try RegistryHost("registry.example:5000"))
        base = RequestURL(origin: origin, path: "/v2/team/app/tags/list", query: "n=1000")
    }

    @Test(arguments: [
        // An absolute URL stands for itself.
        ("https://cdn.example/blob", "https://cdn.example/blob"),
        ("HTTPS://CDN.Example:8443/Blob", "https://cdn.example:8443/Blob"),
        ("http://cdn.example/blob", "http://cdn.example/blob"),
        ("https://cdn.example", "https://cdn.example/"),
        ("https://cdn.example?a=b", "https://cdn.example/?a=b"),
        ("https://cdn.example:443/blob", "https://cdn.example/blob"),
        ("http://cdn.example:443/blob", "http://cdn.example:443/blob"),
        ("https://[2001:db8::1]:5000/blob", "https://[2001:db8::1]:5000/blob"),
        ("https://[::1]/blob", "https://[::1]/blob"),
        ("https://cdn.example/a/../b/./c", "https://cdn.example/b/c"),
        // The scheme is taken over.
        ("//cdn.example/blob?x", "https://cdn.example/blob?x"),
        ("//cdn.example", "https://cdn.example/"),
        // The origin is taken over.
        ("/v2/", "https://registry.example:5000/v2/"),
        ("/", "https://registry.example:5000/"),
        (
            "/v2/a/blobs/uploads/1?_state=x%3D%3D&y",
            "https://registry.example:5000/v2/a/blobs/uploads/1?_state=x%3D%3D&y"
        ),
        ("/v2/a:b@c", "https://registry.example:5000/v2/a:b@c"),
        // The folder is taken over.
        ("next", "https://registry.example:5000/v2/team/app/tags/next"),
        ("list?n=1000&last=b", "https://registry.example:5000/v2/team/app/tags/list?n=1000&last=b"),
        ("a/b:c", "https://registry.example:5000/v2/team/app/tags/a/b:c"),
        ("./a:b", "https://registry.example:5000/v2/team/app/tags/a:b"),
        // Only the query is another one.
        ("?n=1000&last=b", "https://registry.example:5000/v2/team/app/tags/list?n=1000&last=b"),
        ("?", "https://registry.example:5000/v2/team/app/tags/list?"),
        ("?a?b=/../c", "https://registry.example:5000/v2/team/app/tags/list?a?b=/../c"),
        // Dots (RFC 3986, 5.4).
        (".", "https://registry.example:5000/v2/team/app/tags/"),
        ("./", "https://registry.example:5000/v2/team/app/tags/"),
        ("..", "https://registry.example:5000/v2/team/app/"),
        ("../", "https://registry.example:5000/v2/team/app/"),
        ("../blobs/uploads/1", "https://registry.example:5000/v2/team/app/blobs/uploads/1"),
        ("../../../../../../etc", "https://registry.example:5000/etc"),
        ("/../../etc", "https://registry.example:5000/etc"),
        ("/a/b/..", "https://registry.example:5000/a/"),
        ("/a/./b/.", "https://registry.example:5000/a/b/"),
        ("/a/.b/..c/...", "https://registry.example:5000/a/.b/..c/..."),
        ("/a//b", "https://registry.example:5000/a//b"),
        // What is encoded stays encoded.
        ("/a%2F..%2Fb?c=%20%26", "https://registry.example:5000/a%2F..%2Fb?c=%20%26"),
        (
            "/v2/a/blobs/\(digest)?digest=\(digest)",
            "https://registry.example:5000/v2/a/blobs/\(digest)?digest=\(digest)"
        ),
    ])
    func `resolves what a server wrote against the URL that was asked`(_ reference: String, _ expected: String) throws {
        #expect(try base.resolving(reference).text == expected)
    }

    @Test(arguments: [
        "", " ", "/a b", "/a\tb", "/a\r\nX: y", "/a\u{0}", "/a\u{7F}", "/ä", "https://bücher.example/",
        "https:\\\\evil.example/", "/\\evil.example", "\\\\evil.example",
        "/a#b", "#", "https://evil.example/#x",
        "https://user@evil.example/", "https://user:secret@evil.example/",
        "https://registry.example:5000@evil.example/",
        "https://@evil.example/", "//user@evil.example/",
        "https://", "https:///a", "//", "///a", "https://:443/", "https://?a",
        "https://evil.example:0/", "https://evil.example:65536/", "https://evil.example:/", "https://evil.example:8a/",
        "ftp://evil.example/", "file:///etc/passwd", "javascript:alert(1)", "data:,x", "gopher://evil.example/",
        "unix:/run/docker.sock", "http+unix://x/", "https:/evil.example/", "https:evil.example", "http:a", "mailto:a@b",
        "http://0x7f000001/", "http://0x7F.1/", "http://127.1/", "http://2130706433/", "http://0177.0.0.1/",
        "http://127.0.0.1.2/", "http://1.2.3/", "http://256.0.0.1/", "http://127.0.0.01/",
        "https://evil..example/", "https://.evil.example/", "https://evil.example./", "https://-evil.example/",
        "https://[::1/", "https://[::1]x/", "https://[fe80::1%25eth0]/", "https://[127.0.0.1]/", "https://::1/",
        "https://evil%2Eexample/", "https://evil.example%00/", "https://a;b/", "https://a,b/",
        "/" + String(repeating: "a", count: 16384),
    ])
    func `refuses what readers could read differently`(_ reference: String) {
        #expect(throws: OutboundRefusal.Reason.malformed) { try base.resolving(reference) }
    }

    @Test func `reads a reference of the greatest length`() throws {
        let path = "/" + String(repeating: "a", count: 16383)
        #expect(try base.resolving(path).path == path)
    }

    @Test func `resolves against a path without folders`() throws {
        let root = RequestURL(origin: base.origin, path: "/")
        #expect(try root.resolving("a").path == "/a")
        #expect(try root.resolving("..").path == "/")
    }

    @Test(arguments: [
        ("/a", "/a?digest=D"), ("/a?", "/a?digest=D"), ("/a?b", "/a?b&digest=D"),
        ("/a?b=c&d=%26", "/a?b=c&d=%26&digest=D"),
        ("/a?digest=E", "/a?digest=E&digest=D"),
    ])
    func `appends to the query and keeps what is there`(_ reference: String, _ expected: String) throws {
        #expect(
            try base.resolving(reference).appending("digest", "D").text == "https://registry.example:5000\(expected)"
        )
    }

    @Test(arguments: [
        ("/a", "/a"), ("/a?", "/a"), ("/a?n=5&last=b", "/a?n=5&last=b"), ("/a?mount=D&from=b/c", "/a?mount=D&from=b/c"),
        ("/a?_state=geheim&digest=D", "/a?_state=…&digest=D"),
        ("/a?X-Amz-Signature=geheim&X-Amz-Date=2026", "/a?X-Amz-Signature=…&X-Amz-Date=…"),
        ("/a?token", "/a?token=…"), ("/a?sig=a=b", "/a?sig=…"), ("/a?N=geheim", "/a?N=…"),
    ])
    func `leaves out of the text for people what can be a secret`(_ reference: String, _ expected: String) throws {
        #expect(try base.resolving(reference).redacted == "https://registry.example:5000\(expected)")
    }

    @Test(arguments: [
        ("registry.example", Scheme.https, "https://registry.example"),
        ("registry.example:443", .https, "https://registry.example"),
        ("registry.example:80", .https, "https://registry.example:80"),
        ("registry.example:80", .http, "http://registry.example"),
        ("registry.example", .http, "http://registry.example"), ("[::1]:5000", .http, "http://[::1]:5000"),
        ("[::1]", .https, "https://[::1]"),
    ])
    func `an origin is the same with its default port written or not`(
        _ host: String,
        _ scheme: Scheme,
        _ expected: String
    ) throws {
        let origin = RequestURL.Origin(scheme: scheme, host: try RegistryHost(host))
        #expect(origin.description == expected)
        #expect(try base.resolving("\(expected)/a").origin == origin)
    }
}
