// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// Registries in which a repository must be there before something is pushed to it.
    @Suite struct RepositoryCreationTests {
        /// Makes repositories of a double, and writes down which.
        private struct Creation: RepositoryCreation {
            let peer: ProductRegistry
            let made = Shared<[String]>([])
            /// What is thrown in place of that, once each.
            let failures = Shared<[RegistryError]>([])

            func create(_ repository: RepositoryName) async throws {
                made.change { $0.append(repository.text) }
                if let failure = failures.change({ $0.popLast() }) { throw failure }
                peer.create(repository.text)
            }
        }

        private struct Keyring: CredentialStore {
            let password: String

            func credential(for host: RegistryHost, repository: RepositoryName?) async throws -> Credential? {
                Credential(.password(username: "admin", Secret(password)), origin: "a test")
            }
        }

        private func withRemote(
            _ peer: ProductRegistry,
            _ creation: CreationWay?,
            password: String = "Harbor12345",
            _ body: (RemoteRegistry) async throws -> Void
        ) async throws {
            let registry = RemoteRegistry(
                host: try RegistryHost(peer.host),
                scheme: .http,
                limits: .patient,
                access: RegistryAccess(credentials: Keyring(password: password), creation: creation)
            )
            do {
                try await body(registry)
                try await registry.shutdown()
            } catch {
                try? await registry.shutdown()
                throw error
            }
        }

        private func refusal(_ status: Int, _ host: String) throws -> RegistryError {
            RegistryError(
                action: .createRepository,
                subject: "team/app",
                host: try RegistryHost(host),
                cause: .status(status, []),
                retryAfter: nil
            )
        }

        @Test func `a repository that is missing is made once, however many blobs are on their way to it`() async throws
        {
            try await withProductRegistry(.ecr) { peer in
                let creation = Creation(peer: peer)
                try await withRemote(peer, .other(creation)) { registry in
                    let contents = try await (1...8).asyncMap { try await BlobContent.repeating($0, count: 1000) }
                    let app = try registry.app()
                    try await withThrowingTaskGroup(of: Arrival.self) { group in
                        for content in contents {
                            group.addTask { try await app.write(content, heldBy: nil) }
                        }
                        for try await arrival in group { #expect(arrival == .copied) }
                    }
                    #expect(creation.made.value == ["team/app"])
                    for content in contents { #expect(peer.has(content.descriptor.digest, in: "team/app")) }
                    let other = registry.endpoint()[try RepositoryName("team/other")]
                    let sibling = try RepositoryName("team/app")
                    #expect(try await other.write(contents[0], heldBy: sibling) == .copied)
                    #expect(creation.made.value == ["team/app", "team/other"])
                }
            }
        }

        @Test func `a manifest that comes first makes its repository, too`() async throws {
            let image = try ImageBuilder.index([])
            try await withProductRegistry(.ecr) { peer in
                let creation = Creation(peer: peer)
                try await withRemote(peer, .other(creation)) { registry in
                    try await registry.app().publish(image, as: .latest)
                    #expect(peer.digest(of: "latest", in: "team/app") == image.descriptor.digest)
                    #expect(creation.made.value == ["team/app"])
                }
            }
        }

        @Test func `what cannot be made is not tried for each blob, and what may be later is`() async throws {
            try await withProductRegistry(.ecr) { peer in
                let creation = Creation(peer: peer)
                let (busy, denied) = try (refusal(503, peer.host), refusal(403, peer.host))
                creation.failures.change { $0 = [denied, busy] }
                try await withRemote(peer, .other(creation)) { registry in
                    for status in [503, 403, 403] {
                        let content = try await BlobContent.repeating(1, count: 10)
                        let error = try await #require(throws: RegistryError.self) {
                            try await registry.app().write(content, heldBy: nil)
                        }
                        #expect(error.action == .createRepository)
                        #expect(error.status == status)
                    }
                    #expect(creation.made.value.count == 2)
                }
            }
        }

        @Test func `without leave nothing is made, and the registry's answer is told`() async throws {
            for quirks in [ProductQuirks.ecr, .harbor] {
                try await withProductRegistry(quirks) { peer in
                    try await withRemote(peer, nil) { registry in
                        let content = try await BlobContent.repeating(1, count: 10)
                        let error = try await #require(throws: RegistryError.self) {
                            try await registry.app().write(content, heldBy: nil)
                        }
                        #expect(error.isAboutMissingRepository, "\(error)")
                        #expect(peer.projects.isEmpty)
                    }
                }
            }
        }

        @Test(arguments: [true, false])
        func `a project of Harbor is made with the registry's password`(isPublic: Bool) async throws {
            try await withProductRegistry(.harbor) { peer in
                try await withRemote(peer, .harborProjects(isPublic: isPublic)) { registry in
                    for name in ["team/app", "team/x/other"] {
                        let content = try await BlobContent.repeating(1, count: 10)
                        let repository = registry.endpoint()[try RepositoryName(name)]
                        #expect(try await repository.write(content, heldBy: nil) == .copied)
                    }
                    #expect(peer.projects == ["team": isPublic])
                    #expect(peer.exchanges.count { $0.path == "/api/v2.0/projects" } == 1)
                }
            }
        }

        @Test func `a user who may make no projects is told so`() async throws {
            try await withProductRegistry(.harbor) { peer in
                try await withRemote(peer, .harborProjects(isPublic: false), password: "wrong") { registry in
                    let content = try await BlobContent.repeating(1, count: 10)
                    let error = try await #require(throws: RegistryError.self) {
                        try await registry.app().write(content, heldBy: nil)
                    }
                    #expect(error.action == .createRepository)
                    #expect(error.subject == "team")
                    #expect(error.status == 401)
                }
            }
        }
    }
}

extension Sequence {
    /// The results of something asynchronous, in order.
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
