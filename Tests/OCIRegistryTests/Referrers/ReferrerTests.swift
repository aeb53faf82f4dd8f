// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// The list of referrers of registries that have one, and the tag that stands for it at the others.
    @Suite struct ReferrerTests {
        private static let subject = Digester.digest(of: Array("subject".utf8))

        private func entry(_ number: Int, _ type: String = "application/vnd.example.sig") -> String {
            let digest = Digester.digest(of: Array("\(number)".utf8))
            return """
                {"mediaType":"\(MediaType.ociManifest)","digest":"\(digest)","size":\(number),"artifactType":"\(type)",\
                "annotations":{"n":"\(number)"}}
                """
        }

        private func list(_ entries: [String], next: String? = nil) -> PeerReply {
            let link = next.map { [(name: "Link", value: "<\($0)>; rel=\"next\"")] } ?? []
            let text =
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[\#(entries.joined(separator: ","))]}"#
            return .text(200, text, contentType: "\(MediaType.ociIndex)", headers: link)
        }

        /// A manifest that refers to the subject.
        private func referrer(_ number: Int) throws -> ManifestDocument {
            try ImageBuilder.document(
                """
                {"schemaVersion":2,"mediaType":"\(MediaType.ociIndex)","manifests":[],"artifactType":\
                "application/vnd.example.sig","annotations":{"n":"\(number)"},"subject":{"mediaType":\
                "\(MediaType.ociManifest)","digest":"\(Self.subject)","size":7}}
                """
            )
        }

        @Test func `a list is read page by page`() async throws {
            try await withRegistry { request in
                switch request.query("last") {
                case nil: list([entry(1), entry(2)], next: "?last=2")
                // A page whose entries a filter has left out.
                case "2": list([], next: "?last=3")
                default: list([entry(4)])
                }
            } _: { registry, peer in
                let found = try await registry.app().referrers(of: Self.subject, type: nil)
                #expect(found?.map(\.descriptor.size) == [1, 2, 4])
                #expect(found?.first?.artifactType == "application/vnd.example.sig")
                #expect(found?.first?.annotations == ["n": "1"])
                #expect(peer.requests.allSatisfy { $0.path == "/v2/team/app/referrers/\(Self.subject)" })
                #expect(peer.requests.first?.header("accept") == "\(MediaType.ociIndex)")
            }
        }

        private struct Memory: RegistryMemory {
            let notes = Shared(0)
            var lacksReferrers: Bool { notes.value > 0 }
            func noteLackOfReferrers() { notes.change { $0 += 1 } }
        }

        /// A page for people is what a host sends that is being mended, too.
        @Test(arguments: [(404, "404 page not found", 1), (400, "no", 0), (200, "<html></html>", 0)])
        func `only an answer that is clear is remembered, and saves the question of the next run`(
            _ status: Int,
            _ text: String,
            _ notes: Int
        ) async throws {
            let memory = Memory()
            try await withScriptedPeer { _ in
                .text(status, text, contentType: "text/html")
            } _: { peer in
                for run in 1...2 {
                    let registry = RemoteRegistry(
                        host: try RegistryHost(peer.host),
                        scheme: .http,
                        limits: .patient,
                        memory: memory
                    )
                    for _ in 1...2 {
                        let found = try await registry.app().referrers(of: Self.subject, type: nil)
                        #expect(found == nil)
                    }
                    #expect(peer.requests.count == (notes == 1 ? 1 : run))
                    try await registry.shutdown()
                }
                #expect(memory.notes.value == notes)
            }
        }

        @Test func `one kind is asked for by a filter`() async throws {
            try await withRegistry { _ in
                list([entry(1)])
            } _: { registry, peer in
                _ = try await registry.app().referrers(of: Self.subject, type: "application/vnd.a+b")
                #expect(
                    peer.requests.map(\.uri) == [
                        "/v2/team/app/referrers/\(Self.subject)?artifactType=application%2Fvnd.a%2Bb"
                    ]
                )
            }
        }

        @Test func `a list that leads back to itself, and one without end, are given up`() async throws {
            try await withRegistry { _ in
                list([entry(1)], next: "?")
            } _: { registry, peer in
                await #expect(throws: RegistryError.self) {
                    try await registry.app().referrers(of: Self.subject, type: nil)
                }
                #expect(peer.requests.count <= 3)
            }
            let many = (0..<2000).map { entry($0) }
            try await withRegistry { request in
                list(many, next: "?last=\(request.query("last") ?? "")1")
            } _: { registry, peer in
                await #expect(throws: RegistryError.self) {
                    try await registry.app().referrers(of: Self.subject, type: nil)
                }
                #expect(peer.requests.count == 6)
            }
        }

        @Test(arguments: [400, 404, 405, 406, 501])
        func `a registry without lists is asked once, by whomever asks at the same time`(_ status: Int) async throws {
            try await withRegistry { _ in
                PeerReply(status)
            } _: { registry, peer in
                try await withThrowingTaskGroup(of: [Referrer]?.self) { group in
                    for _ in 0..<8 {
                        group.addTask { try await registry.app().referrers(of: Self.subject, type: nil) }
                    }
                    for try await found in group { #expect(found == nil) }
                }
                #expect(peer.requests.count == 1)
            }
        }

        @Test func `a repository that is not there has no referrers, and says nothing about the registry`() async throws
        {
            try await withRegistry { _ in
                .error(404, "NAME_UNKNOWN")
            } _: { registry, peer in
                for _ in 0..<2 {
                    let found = try await registry.app().referrers(of: Self.subject, type: nil)
                    #expect(found == [])
                }
                #expect(peer.requests.count == 2)
            }
        }

        @Test(arguments: [401, 403, 500])
        func `an answer that is no list is an error`(_ status: Int) async throws {
            try await withRegistry { _ in
                PeerReply(status)
            } _: { registry, _ in
                await #expect(throws: RegistryError.self) {
                    try await registry.app().referrers(of: Self.subject, type: nil)
                }
            }
        }

        @Test func `a registry that lists referrers gets no tag for them`() async throws {
            try await withProductRegistry(.strict) { peer in
                let registry = try plain(peer)
                let document = try referrer(1)
                try await registry.app().write(document)
                let found = try await registry.app().referrers(of: Self.subject, type: nil)
                #expect(found?.map(\.descriptor) == [document.descriptor])
                #expect(peer.digest(of: CompanionTag(.referrers, of: Self.subject).tag.text, in: "team/app") == nil)
                try await registry.shutdown()
            }
        }

        @Test func `a registry without lists gets a tag, which many writers of a process fill together`() async throws {
            try await withProductRegistry(.distribution2) { peer in
                let registry = try plain(peer)
                let documents = try (0..<20).map { try referrer($0) }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for document in documents { group.addTask { try await registry.app().write(document) } }
                    try await group.waitForAll()
                }
                let list = try await tagged(registry)
                #expect(Set(list.map(\.descriptor)) == Set(documents.map(\.descriptor)))
                #expect(list.count == documents.count)
                #expect(
                    list.allSatisfy { $0.artifactType == "application/vnd.example.sig" && $0.annotations.count == 1 }
                )
                // Each is written once, and the tag far less often.
                let puts = peer.exchanges.count { $0.method == "PUT" }
                #expect(puts < 30)
                try await registry.shutdown()
            }
        }

        @Test func `entries and members of other writers stay`() async throws {
            try await withProductRegistry(.distribution2) { peer in
                let registry = try plain(peer)
                let tag = CompanionTag(.referrers, of: Self.subject).tag
                let other = try referrer(99)
                try await registry.app().write(other)
                let text = """
                    { "schemaVersion": 2, "mediaType": "\(MediaType.ociIndex)", "manifests": [ {"size": \(other.bytes.count), \
                    "digest": "\(other.descriptor.digest)", "mediaType": "\(MediaType.ociIndex)", "x": 1.50 } ], "y": [null] }
                    """
                try await registry.app().publish(try ImageBuilder.document(text), as: tag)
                try await registry.app().write(try referrer(1))
                let document = try #require(try await registry.app().document(at: .tag(tag)))
                let json = String(decoding: document.bytes, as: UTF8.self)
                #expect(json.contains(#""x":1.50"#))
                #expect(json.contains(#""y":[null]"#))
                #expect(document.manifest.children.count == 2)
                try await registry.shutdown()
            }
        }

        @Test func `what another writer writes in between is read again`() async throws {
            let theirs = entry(5)
            let state = Tag()
            try await withRegistry { request in
                guard request.path.hasSuffix(CompanionTag(.referrers, of: Self.subject).tag.text) else {
                    return PeerReply(201)
                }
                if request.method == "GET" { return state.read() }
                // The first time, somebody else is faster; the second time, somebody writes over it.
                return state.write(request, theirs: theirs)
            } _: { registry, _ in
                let document = try referrer(1)
                try await registry.app().write(document)
                #expect(state.text.contains("\(document.descriptor.digest)"))
                #expect(state.text.contains("\(Digester.digest(of: Array("5".utf8)))"))
                #expect(state.conditions == ["\"0\"", "\"1\"", "\"2\""])
            }
        }

        @Test func `a tag that holds something else is left alone`() async throws {
            try await withProductRegistry(.distribution2.with { $0.missingReferenceStatus = nil }) { peer in
                let registry = try plain(peer)
                let tag = CompanionTag(.referrers, of: Self.subject).tag
                let image = try ImageBuilder.document(
                    """
                    {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)","config":{"mediaType":"\(MediaType.ociConfig)",\
                    "digest":"\(Self.subject)","size":7},"layers":[]}
                    """
                )
                try await registry.app().publish(image, as: tag)
                await #expect(throws: RegistryError.self) { try await registry.app().write(try referrer(1)) }
                #expect(peer.digest(of: tag.text, in: "team/app") == image.descriptor.digest)
                try await registry.shutdown()
            }
        }

        private func plain(_ peer: ProductRegistry) throws -> RemoteRegistry {
            RemoteRegistry(host: try RegistryHost(peer.host), scheme: .http, limits: .patient)
        }

        private func tagged(_ registry: RemoteRegistry) async throws -> [Referrer] {
            let tag = CompanionTag(.referrers, of: Self.subject).tag
            let document = try #require(try await registry.app().document(at: .tag(tag)))
            return try #require(Referrer.list(in: document.bytes))
        }

        /// A tag that somebody else changes, too.
        private final class Tag: Sendable {
            private let state = Shared((version: 0, text: list([]), conditions: [String]()))

            var text: String { state.value.text }
            var conditions: [String] { state.value.conditions }

            func read() -> PeerReply {
                let (version, text, _) = state.value
                return .text(200, text, contentType: "\(MediaType.ociIndex)", headers: [("ETag", "\"\(version)\"")])
            }

            func write(_ request: PeerRequest, theirs: String) -> PeerReply {
                let condition = request.header("if-match") ?? "none"
                let body = String(decoding: request.body, as: UTF8.self)
                return state.change { state -> PeerReply in
                    state.conditions.append(condition)
                    state.version += 1
                    switch state.version {
                    case 1:
                        state.text = Self.list([theirs])
                        return PeerReply(412)
                    case 2:
                        // Taken, and lost: whoever wrote last has read before.
                        state.text = Self.list([theirs])
                        return PeerReply(201)
                    default:
                        state.text = body
                        return PeerReply(201)
                    }
                }
            }

            private static func list(_ entries: [String]) -> String {
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[\#(entries.joined(separator: ","))]}"#
            }
        }
    }
}
