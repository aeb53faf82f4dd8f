// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    @Suite struct ListingTests {
        private func page(_ tags: [String], next: String? = nil) -> PeerReply {
            let list = tags.map { "\"\($0)\"" }.joined(separator: ",")
            let link = next.map { [("Link", "<\($0)>; rel=\"next\"")] } ?? []
            return .text(200, #"{"name":"team/app","tags":[\#(list)]}"#, headers: link)
        }

        private func tags(_ registry: RemoteRegistry) async throws -> [String] {
            try await registry.app().tags().all().map(\.tag.text)
        }

        /// Follows links in one form; an absolute one needs the name of the peer, which the request says.
        @Test(arguments: [
            "/v2/team/app/tags/list?n=1000&last=", "?n=1000&last=", "list?n=1000&last=",
            "//HOST/v2/team/app/tags/list?last=", "http://HOST/v2/team/app/tags/list?last=",
        ])
        func `follows links, relative and absolute`(_ form: String) async throws {
            try await withRegistry { request in
                let form = form.replacing("HOST", with: request.header("host") ?? "")
                return switch request.query("last") {
                case nil: page(["a", "b"], next: "\(form)b")
                case "b": page(["c"], next: "\(form)c")
                default: page(["d", "e"])
                }
            } _: { registry, peer in
                let found = try await tags(registry)
                #expect(found == ["a", "b", "c", "d", "e"])
                #expect(peer.requests.map { $0.query("last") } == [nil, "b", "c"])
                #expect(peer.requests.allSatisfy { $0.path == "/v2/team/app/tags/list" })
            }
        }

        @Test func `a link is followed as it is written`() async throws {
            let target = "/v2/team/app/tags/list?last=b%2Fc+d&n=1000&opaque=%7B%22x%22%3A1%7D=="
            try await withRegistry { request in
                request.query("last") == nil ? page(["a"], next: target) : page(["b"])
            } _: { registry, peer in
                let found = try await tags(registry)
                #expect(found == ["a", "b"])
                #expect(peer.requests.last?.uri == target)
            }
        }

        @Test func `a page with fewer names than asked for is not the end, nor is an empty one`() async throws {
            try await withRegistry { request in
                switch request.query("last") {
                case nil: page([], next: "?last=1")
                case "1": page(["a"], next: "?last=2")
                default: page([])
                }
            } _: { registry, peer in
                let found = try await tags(registry)
                #expect(found == ["a"])
                #expect(peer.requests.count == 3)
            }
        }

        @Test(arguments: [
            #"{"name":"team/app","tags":null}"#, #"{"name":"team/app"}"#, #"{"tags":[]}"#,
            #"{"tags":[null,null]}"#,
        ])
        func `a repository without tags has none`(_ body: String) async throws {
            try await withRegistry { _ in
                .text(200, body)
            } _: { registry, _ in
                let found = try await tags(registry)
                #expect(found.isEmpty)
            }
        }

        @Test func `a repository that is not there has no tags`() async throws {
            try await withRegistry { _ in
                .error(404, "NAME_UNKNOWN")
            } _: { registry, _ in
                let found = try await tags(registry)
                #expect(found.isEmpty)
            }
        }

        @Test func `F27 a listing whose next page is not there is not taken for complete`() async throws {
            try await withRegistry { request in
                request.query("last") == nil ? page(["a"], next: "?last=a") : .error(404, "NAME_UNKNOWN")
            } _: { registry, _ in
                let error = try await #require(throws: RegistryError.self) { try await tags(registry) }
                #expect(error.status == 404)
                #expect(error.action == .listTags)
            }
        }

        @Test func `nulls among the names are left out`() async throws {
            try await withRegistry { _ in
                .text(200, #"{"tags":[null,"a",null,"b"]}"#)
            } _: { registry, _ in
                let found = try await tags(registry)
                #expect(found == ["a", "b"])
            }
        }

        @Test func `P01 names that break the grammar are left out and told`() async throws {
            let long = String(repeating: "a", count: 129)
            let body = #"{"tags":["ok","../x","a/b","-rm","","a b","\u001b[31m","a\nb","ä","\#(long)","also-ok"]}"#
            let skipped = Shared<[SkippedName]>([])
            try await withRegistry { _ in
                .text(200, body)
            } _: { registry, _ in
                let app =
                    registry.endpoint(skipped: { name in skipped.change { $0.append(name) } })[
                        try RepositoryName("team/app")
                    ]
                #expect(try await app.tags().all().map(\.tag.text) == ["ok", "also-ok"])
            }
            #expect(
                skipped.value.map(\.error.text) == ["../x", "a/b", "-rm", "", "a b", "\u{1B}[31m", "a\nb", "ä", long]
            )
            #expect(skipped.value.allSatisfy { $0.repository?.text == "team/app" && $0.error.kind == .tag })
        }

        @Test func `P01 repositories that break the grammar are left out and told`() async throws {
            let names = [
                "a", "../x", "a//b", "A/b", "a/..", "/a", "a/", "a?b", "a%2Fb", String(repeating: "a", count: 256),
            ]
            let list = names.map { "\"\($0)\"" }.joined(separator: ",")
            let skipped = Shared<[SkippedName]>([])
            try await withRegistry { _ in
                .text(200, #"{"repositories":[\#(list),null,"b/c"]}"#)
            } _: { registry, _ in
                let endpoint = registry.endpoint(skipped: { name in skipped.change { $0.append(name) } })
                let found = try await endpoint.catalog().all()
                #expect(found.map(\.text) == ["a", "b/c"])
            }
            #expect(skipped.value.map(\.error.text) == Array(names.dropFirst()))
            #expect(skipped.value.allSatisfy { $0.repository == nil && $0.error.kind == .repository })
        }

        @Test func `S09 a link back to a page ends the listing with an error`() async throws {
            for next in ["/v2/team/app/tags/list?n=1000", "?n=1000", "list?n=1000"] {
                try await withRegistry { _ in
                    page(["a"], next: next)
                } _: { registry, peer in
                    let error = try await #require(throws: RegistryError.self) { try await tags(registry) }
                    #expect(error.complaint?.contains("leads back") == true)
                    #expect(peer.requests.count == 1)
                }
            }
        }

        @Test func `S09 pages that bring nothing new end the listing with an error`() async throws {
            let count = Shared(0)
            try await withRegistry { _ in
                page(["a", "b"], next: "?last=\(count.change { $0 += 1; return $0 })")
            } _: { registry, peer in
                let error = try await #require(throws: RegistryError.self) { try await tags(registry) }
                #expect(error.complaint?.contains("nothing new") == true)
                #expect(peer.requests.count == 2)
            }
        }

        @Test func `S07 a link to another origin is refused, and nobody is asked there`() async throws {
            try await withScriptedPeer(address: "127.0.0.2") { _ in
                PeerReply(200)
            } _: { other in
                try await withRegistry { _ in
                    page(["a"], next: "http://\(other.host)/v2/team/app/tags/list?last=a")
                } _: { registry, _ in
                    let error = try await #require(throws: RegistryError.self) { try await tags(registry) }
                    #expect(error.refusal?.reason == .otherOrigin)
                    #expect(error.refusal?.purpose == .page)
                    #expect(!error.isTransient)
                }
                #expect(other.connections == 0)
            }
        }

        @Test(arguments: [404, 405, 501])
        func `a registry without a catalog says so`(_ status: Int) async throws {
            try await withRegistry { _ in
                .error(status, "UNSUPPORTED")
            } _: { registry, peer in
                await #expect(throws: CatalogUnavailable(place: peer.host)) {
                    try await registry.endpoint().catalog().all()
                }
            }
        }

        @Test(arguments: [400, 401, 403, 429, 500])
        func `a listing that is refused is not an empty one`(_ status: Int) async throws {
            try await withRegistry { _ in
                .error(status, "DENIED", headers: [("Retry-After", "0")])
            } _: { registry, _ in
                let error = try await #require(throws: RegistryError.self) { try await tags(registry) }
                #expect(error.status == status)
                #expect(error.codes == ["DENIED"])
                #expect(error.subject == "team/app")
                let catalog = try await #require(throws: RegistryError.self) {
                    try await registry.endpoint().catalog().all()
                }
                #expect(catalog.status == status)
                #expect(catalog.action == .listRepositories)
            }
        }

        @Test(arguments: [
            "", "<html>", "[]", "null", #"{"tags":["a""#, #"{"tags":[1]}"#, #"{"tags":{"a":1}}"#, #"{"tags":"a"}"#,
        ])
        func `a body that is no listing is an error`(_ body: String) async throws {
            try await withRegistry { _ in
                .text(200, body)
            } _: { registry, _ in
                let error = try await #require(throws: RegistryError.self) { try await tags(registry) }
                #expect(error.complaint != nil)
            }
        }

        @Test func `a page that is too long is given up before it is read`() async throws {
            let length = Int64(RegistryAPI.maximumListingPage) + 1
            let pulled = Shared<Int64>(0)
            let body = ByteStream(range: 0..<length) {
                var iterator = ByteStream.repeating(32, count: length).makeAsyncIterator()
                return {
                    let buffer = try await iterator.next()
                    pulled.change { $0 += Int64(buffer?.readableBytes ?? 0) }
                    return buffer
                }
            }
            try await withRegistry { _ in
                PeerReply(body: .stream(body))
            } _: { registry, _ in
                let error = try await #require(throws: RegistryError.self) { try await tags(registry) }
                #expect(error.complaint?.contains("longer than") == true)
            }
            #expect(pulled.value < length)
        }

        @Test func `a page of unstated length is given up when it is too long`() async throws {
            let length = Int64(RegistryAPI.maximumListingPage) + 1
            try await withRegistry { _ in
                PeerReply(body: .stream(.repeating(32, count: length)), framing: .chunked)
            } _: { registry, _ in
                let error = try await #require(throws: RegistryError.self) { try await tags(registry) }
                #expect(error.complaint?.contains("longer than") == true)
            }
        }

        @Test(arguments: [PeerReply.Cut.reset, .finish])
        func `a page that is cut is an error, and can be asked for again`(_ cut: PeerReply.Cut) async throws {
            let count = Shared(0)
            try await withRegistry { request in
                guard request.query("last") != nil else { return page(["a", "b"], next: "?last=b") }
                let isFirst = count.change {
                    $0 += 1; return $0 == 1
                }
                return isFirst ? page(["c"]).failing(.cut(afterBodyBytes: 5, by: cut)) : page(["c"])
            } _: { registry, peer in
                let app = try registry.app()
                var pages = app.tags().makeAsyncIterator()
                #expect(try await pages.next()?.count == 2)
                let error = try await #require(throws: RegistryError.self) { try await pages.next() }
                #expect(error.failure == .closed)
                #expect(error.isTransient)
                #expect(try await pages.next()?.map(\.tag.text) == ["c"])
                #expect(try await pages.next() == nil)
                #expect(peer.requests.count == 3)
            }
        }

        @Test func `a listing that is cancelled in its middle throws`() async throws {
            let isAsked = Shared(false)
            try await withRegistry { request in
                guard request.query("last") != nil else { return page(["a"], next: "?last=a") }
                isAsked.change { $0 = true }
                return page(["b"]).failing(.hang(afterBodyBytes: nil))
            } _: { registry, _ in
                let app = try registry.app()
                let listing = Task { try await app.tags().all() }
                try await waitUntil { isAsked.value }
                listing.cancel()
                await #expect(throws: CancellationError.self) { try await listing.value }
            }
        }
    }
}
