// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OCI
import OCITestKit
import Testing

@testable import OCIServer

@Suite struct RequestPathTests {
    static let digest = "sha256:" + String(repeating: "a", count: 64)
    static let id = "0123456789abcdef0123456789abcdef"

    private func name(_ text: String) throws -> RepositoryName { try RepositoryName(text) }

    @Test func `every kind of path is told from the others by its end`() throws {
        let digest = try Digest(Self.digest)
        let table: [(String, RequestPath)] = [
            ("/v2", .root), ("/v2/", .root), ("/v2/_catalog", .catalog),
            ("/v2/a/blobs/\(Self.digest)", .blob(try name("a"), digest)),
            ("/v2/a/b/c/blobs/\(Self.digest)", .blob(try name("a/b/c"), digest)),
            ("/v2/a/blobs/uploads/", .uploads(try name("a"))),
            ("/v2/a/blobs/uploads", .uploads(try name("a"))),
            ("/v2/a/b/blobs/uploads/\(Self.id)", .upload(try name("a/b"), id: Self.id)),
            ("/v2/a/manifests/latest", .manifest(try name("a"), .tag(.latest))),
            ("/v2/a/manifests/\(Self.digest)", .manifest(try name("a"), .digest(digest))),
            ("/v2/a/b/tags/list", .tags(try name("a/b"))),
            ("/v2/a/referrers/\(Self.digest)", .referrers(try name("a"), digest)),
        ]
        for (path, expected) in table { #expect(try RequestPath(path[...]) == expected, "\(path)") }
    }

    @Test func `names that contain the words of paths stay names`() throws {
        let table: [(String, RequestPath)] = [
            ("/v2/blobs/uploads/manifests/latest", .manifest(try name("blobs/uploads"), .tag(.latest))),
            ("/v2/manifests/tags/list", .tags(try name("manifests"))),
            ("/v2/tags/list/tags/list", .tags(try name("tags/list"))),
            ("/v2/tags/manifests/list", .manifest(try name("tags"), .tag(try TagName("list")))),
            ("/v2/a/blobs/uploads/blobs/uploads/", .uploads(try name("a/blobs/uploads"))),
            ("/v2/a/manifests/blobs/uploads/\(Self.id)", .upload(try name("a/manifests"), id: Self.id)),
            ("/v2/v2/manifests/v2", .manifest(try name("v2"), .tag(try TagName("v2")))),
            (
                "/v2/referrers/blobs/uploads/manifests/1",
                .manifest(try name("referrers/blobs/uploads"), .tag(try TagName("1")))
            ),
        ]
        for (path, expected) in table { #expect(try RequestPath(path[...]) == expected, "\(path)") }
    }

    @Test func `escapes are resolved once, and never make a separator`() throws {
        let digest = try Digest(Self.digest)
        let escaped = Self.digest.replacing(":", with: "%3A")
        #expect(try RequestPath("/v2/a/blobs/\(escaped)"[...]) == .blob(try name("a"), digest))
        #expect(try RequestPath("/v2/%61/manifests/%6Catest"[...]) == .manifest(try name("a"), .tag(.latest)))
        for path in ["/v2/a%2Fb/manifests/x", "/v2/a%252Fb/manifests/x", "/v2/a%2/tags/list", "/v2/a%GG/tags/list"] {
            #expect(throws: RegistryFault.self, "\(path)") { try RequestPath(path[...]) }
        }
    }

    @Test(arguments: [
        ("/", 404, "NOT_FOUND"),
        ("/v1/", 404, "NOT_FOUND"),
        ("/v22/a/tags/list", 404, "NOT_FOUND"),
        ("/v2/a", 404, "NOT_FOUND"),
        ("/v2/a/b", 404, "NOT_FOUND"),
        ("/v2/a/tags/other", 404, "NOT_FOUND"),
        ("/v2//tags/list", 400, "NAME_INVALID"),
        ("/v2/a//b/tags/list", 400, "NAME_INVALID"),
        ("/v2/A/tags/list", 400, "NAME_INVALID"),
        ("/v2/../tags/list", 400, "NAME_INVALID"),
        ("/v2/a/../../b/tags/list", 400, "NAME_INVALID"),
        ("/v2/a/_oci/tags/list", 400, "NAME_INVALID"),
        ("/v2/a%00/tags/list", 400, "NAME_INVALID"),
        ("/v2/a%0d%0a/tags/list", 400, "NAME_INVALID"),
        ("/v2/a/manifests/sha256:baddigeststring", 400, "DIGEST_INVALID"),
        ("/v2/a/manifests/sha256:", 400, "DIGEST_INVALID"),
        ("/v2/a/manifests/md5:d41d8cd98f00b204e9800998ecf8427e", 400, "DIGEST_INVALID"),
        ("/v2/a/manifests/-x", 400, "TAG_INVALID"),
        ("/v2/a/manifests/x%0Ay", 400, "TAG_INVALID"),
        ("/v2/a/blobs/latest", 400, "DIGEST_INVALID"),
        ("/v2/a/blobs/sha256:..%2F..%2Fetc%2Fpasswd", 400, "DIGEST_INVALID"),
        ("/v2/a/referrers/latest", 400, "DIGEST_INVALID"),
    ])
    func `what is no path of a registry is refused by name`(_ path: String, status: Int, code: String) throws {
        let fault = try #require(throws: RegistryFault.self) { try RequestPath(path[...]) }
        #expect(fault.status.code == status)
        #expect(fault.code == code)
    }

    @Test func `long names are refused before anything is made of them`() throws {
        for count in [256, 5000] {
            let path = "/v2/\(String(repeating: "a", count: count))/tags/list"
            let fault = try #require(throws: RegistryFault.self) { try RequestPath(path[...]) }
            #expect(fault.code == "NAME_INVALID")
        }
    }

    /// What is accepted is always a name, digest or tag by its own grammar, whatever the bytes are.
    @Test func `random paths are read or refused, never anything else`() throws {
        let parts = [
            "v2", "a", "b", "blobs", "uploads", "manifests", "tags", "list", "referrers", "_catalog", "", "..", "%2F",
            "%3A",
            "%", Self.digest, "sha256:zz", Self.id, "é", "%ff", "A",
        ]
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...7, using: &random)
            let path =
                "/v2/" + (0..<count).compactMap { _ in parts.randomElement(using: &random) }.joined(separator: "/")
            guard let read = try? RequestPath(path[...]), let repository = read.repository else { continue }
            #expect((try? RepositoryName(repository.text)) == repository, "seed \(seed), \(path)")
            #expect(!repository.text.contains(".."), "seed \(seed), \(path)")
        }
    }
}
