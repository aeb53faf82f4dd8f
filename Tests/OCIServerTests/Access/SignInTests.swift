// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIServer

/// Who is let in, to do what, on a server with users.
@Suite struct SignInTests {
    /// The hash of the password `secret`, at the lowest cost.
    private static let hash = HtpasswdTests.hash

    private static func users(_ rules: String...) throws -> (inout RegistryServer.Settings) throws -> Void {
        let users = try Htpasswd(["ci", "dev", "ops"].map { "\($0):\(hash)" }.joined(separator: "\n"))
        let rules = try rules.map { try AccessRules.Rule($0) }
        return { settings in
            settings.users = users
            settings.rules = rules.isEmpty ? .users : AccessRules(rules)
        }
    }

    private func header(_ user: String, _ password: String = "secret") -> [(name: String, value: String)] {
        [("Authorization", "Basic \(Data("\(user):\(password)".utf8).base64EncodedString())")]
    }

    @Test func `who has no password, or a wrong one, is asked for it`() async throws {
        try await withServer(Self.users()) { server in
            let digest = Digester.digest(of: [1])
            for fields in [
                [], header("ci", "wrong"), header("nobody"), header("ci", ""), [("Authorization", "Bearer x")],
            ] {
                for (method, path) in [
                    ("GET", "/v2/"), ("GET", "/v2/a/tags/list"), ("GET", "/v2/a/blobs/\(digest)"),
                    ("GET", "/v2/_catalog"),
                    ("POST", "/v2/a/blobs/uploads/"), ("DELETE", "/v2/a/manifests/x"),
                ] {
                    let reply = try await server.request(method, path, fields)
                    #expect(reply.status == 401, "\(method) \(path) \(fields)")
                    #expect(reply.codes == ["UNAUTHORIZED"])
                    #expect(reply.header("WWW-Authenticate")?.hasPrefix("Basic realm=") == true)
                }
            }
            #expect(try await server.request("GET", "/v2/", header("ci")).status == 200)
            #expect(try await server.request("POST", "/v2/a/blobs/uploads/", header("ci")).status == 202)
        }
    }

    @Test func `rights are those of the rules, by what a request does`() async throws {
        let change = try Self.users(
            "ci:pull,push:team/**",
            "dev:pull:**",
            "ops:pull,push,delete:**",
            "anonymous:pull:public/*"
        )
        try await withServer(change) { server in
            let image = try await BuiltImage.random(seed: 5)
            for name in ["team/app", "public/app", "secret/app"] {
                for blob in image.blobs {
                    let uri = "/v2/\(name)/blobs/uploads/?digest=\(blob.descriptor.digest)"
                    #expect(try await server.request("POST", uri, header("ops"), body: blob.bytes).status == 201)
                }
                let uri = "/v2/\(name)/manifests/1"
                #expect(try await server.request("PUT", uri, header("ops"), body: image.manifest.bytes).status == 201)
            }
            let table: [(String?, String, String, Int)] = [
                (nil, "GET", "/v2/public/app/manifests/1", 200), (nil, "GET", "/v2/team/app/manifests/1", 401),
                (nil, "GET", "/v2/public/deep/app/manifests/1", 401), (nil, "PUT", "/v2/public/app/manifests/2", 401),
                ("ci", "GET", "/v2/team/app/manifests/1", 200), ("ci", "GET", "/v2/secret/app/manifests/1", 403),
                ("ci", "POST", "/v2/secret/app/blobs/uploads/", 403),
                ("ci", "POST", "/v2/team/app/blobs/uploads/", 202),
                ("ci", "DELETE", "/v2/team/app/manifests/1", 403), ("dev", "GET", "/v2/secret/app/manifests/1", 200),
                ("dev", "HEAD", "/v2/secret/app/manifests/1", 200), ("dev", "PUT", "/v2/team/app/manifests/2", 403),
                ("dev", "PATCH", "/v2/team/app/blobs/uploads/0123456789abcdef0123456789abcdef", 403),
                ("dev", "GET", "/v2/public/app/manifests/1", 200), ("ci", "GET", "/v2/public/app/manifests/1", 200),
                ("ops", "DELETE", "/v2/team/app/manifests/1", 202),
            ]
            for (user, method, path, status) in table {
                let reply = try await server.request(method, path, user.map { header($0) } ?? [])
                #expect(reply.status == status, "\(user ?? "-") \(method) \(path)")
                if status == 403, method != "HEAD" { #expect(reply.codes == ["DENIED"]) }
            }
        }
    }

    @Test func `a mount needs the right to read what is mounted`() async throws {
        try await withServer(Self.users("ci:pull,push:team/**", "ops:pull,push:**")) { server in
            let bytes = someBytes(100)
            let digest = Digester.digest(of: bytes)
            let uri = "/v2/secret/app/blobs/uploads/?digest=\(digest)"
            let pushed = try await server.request("POST", uri, header("ops"), body: bytes)
            #expect(pushed.status == 201)
            for query in ["mount=\(digest)&from=secret/app", "mount=\(digest)"] {
                let path = "/v2/team/app/blobs/uploads/?\(query)"
                #expect(try await server.request("POST", path, header("ci")).status == 202, "\(query)")
                #expect(try await server.request("GET", "/v2/team/app/blobs/\(digest)", header("ci")).status == 404)
            }
            let path = "/v2/team/app/blobs/uploads/?mount=\(digest)&from=secret/app"
            #expect(try await server.request("POST", path, header("ops")).status == 201)
            #expect(try await server.request("GET", "/v2/team/app/blobs/\(digest)", header("ci")).body == bytes)
        }
    }

    @Test func `an upload belongs to who began it`() async throws {
        try await withServer(Self.users()) { server in
            let begun = try await server.request("POST", "/v2/a/blobs/uploads/", header("ci"))
            let location = try #require(begun.header("Location"))
            for method in ["GET", "PATCH", "PUT", "DELETE"] {
                let uri = "\(location)?digest=\(Digester.digest(of: [1]))"
                #expect(try await server.request(method, uri, header("dev"), body: [1]).status == 404, "\(method)")
            }
            #expect(try await server.request("GET", location, header("ci")).header("Range") == "0-0")
        }
    }

    @Test func `the catalog shows what its reader may read, in whole pages`() async throws {
        try await withServer(Self.users("ci:pull,push:team/**", "ops:pull,push:**")) { server in
            let manifest = #"{"schemaVersion":2,"manifests":[]}"#
            for place in 0..<12 {
                let name = "\(place % 3 == 0 ? "team" : "other")/app-\(place < 10 ? "0" : "")\(place)"
                let type = [(name: "Content-Type", value: MediaType.ociIndex.text)]
                let path = "/v2/\(name)/manifests/x"
                let reply = try await server.request("PUT", path, header("ops") + type, body: Array(manifest.utf8))
                #expect(reply.status == 201)
            }
            let all = try await server.request("GET", "/v2/_catalog", header("ops")).json["repositories"] as? [String]
            #expect(all?.count == 12)
            let first = try await server.request("GET", "/v2/_catalog?n=2", header("ci"))
            #expect(try first.json["repositories"] as? [String] == ["team/app-00", "team/app-03"])
            let next = try #require(first.header("Link")).split(separator: ">")[0].dropFirst().description
            let second = try await server.request("GET", next, header("ci"))
            #expect(try second.json["repositories"] as? [String] == ["team/app-06", "team/app-09"])
            #expect(second.header("Link") == nil)
        }
    }

    @Test func `a refused body is not asked for`() async throws {
        try await withServer(Self.users()) { server in
            let answer = try await server.raw(
                "PUT /v2/a/manifests/x HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 500\r\n\r\n"
            )
            #expect(answer.hasPrefix("HTTP/1.1 401 "))
        }
    }

    @Test func `nothing secret stands in a log, and a name only once it was proved`() async throws {
        let lines = LogLines()
        try await withServer {
            try Self.users()(&$0)
            $0.log = AccessLog(.common) { lines.add($0) }
        } _: { server in
            _ = try await server.request("GET", "/v2/", header("ci", "canary-password"))
            let begun = try await server.request("POST", "/v2/a/blobs/uploads/", header("ci"))
            let location = try #require(begun.header("Location"))
            _ = try await server.request("PUT", "\(location)?digest=sha256:canary-query", header("ci"), body: [1])
        }
        let text = lines.all.joined(separator: "\n")
        #expect(lines.all.count == 3, "\(text)")
        #expect(text.contains(" - - ["))
        #expect(text.contains(" - ci ["))
        for secret in ["canary", "secret", Data("ci:secret".utf8).base64EncodedString()] {
            #expect(!text.contains(secret), "\(text)")
        }
    }
}
