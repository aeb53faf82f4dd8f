// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// The API of Elastic Container Registry (Amazon ECR API Reference), and a registry without what nobody has created.
    @Suite struct ECRListingTests {
        private static let keys = ["AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "env-secret"]

        private struct Scene {
            let peer: ProductRegistry
            let aws: CloudDouble<AWSBehaviour>
            let registry: RemoteRegistry
            let notices = Shared<[RegistryNotice]>([])

            var endpoint: RemoteEndpoint {
                registry.endpoint(noted: { notice in notices.change { $0.append(notice) } })
            }

            func entries(_ name: String) async throws -> [TagEntry] {
                try await endpoint[RepositoryName(name)].tags().all()
            }

            /// The calls, in their order.
            var calls: [String] {
                aws.peer.requests.map { request in
                    let target = request.header("x-amz-target") ?? ""
                    return String(target.drop { $0 != "." }.dropFirst())
                }
            }
        }

        private func withECR(
            _ content: [String: [ECRContent.Image]],
            pageSize: Int = 1000,
            creation: CreationWay? = nil,
            variables: [String: String] = keys,
            isNamed: Bool = true,
            _ change: (inout AWSBehaviour) -> Void = { _ in },
            _ body: (Scene) async throws -> Void
        ) async throws {
            try await withProductRegistry(.ecr) { peer in
                var behaviour = AWSBehaviour()
                behaviour.content = ECRContent(content, pageSize: pageSize) { peer.create($0) }
                change(&behaviour)
                try await withAWSDouble(behaviour) { aws in
                    let api = RequestURL.Origin(scheme: .http, host: try RegistryHost(aws.peer.host))
                    try await CloudScene.with(variables.merging(["AWS_REGION": "eu-west-1"]) { $1 }) { scene in
                        let registry = RemoteRegistry(
                            host: try RegistryHost(peer.host),
                            scheme: .http,
                            limits: .patient,
                            access: RegistryAccess(
                                api: isNamed ? api : nil,
                                creation: creation,
                                clouds: scene.credentials()
                            ),
                            product: .ecr
                        )
                        try await body(Scene(peer: peer, aws: aws, registry: registry))
                        try await registry.shutdown()
                    }
                }
            }
        }

        private func images() throws -> [ECRContent.Image] {
            let letters: [Character] = ["a", "b", "c"]
            let digests = try letters.map { "\(try Digest.of($0))" }
            return [
                .init(digest: digests[0], tags: ["1.0", "latest"], size: 100),
                .init(digest: digests[1], tags: ["1.1"], size: 200),
                .init(digest: digests[2], tags: ["2.0"], size: 3, mediaType: "\(MediaType.ociIndex)"),
            ]
        }

        @Test func `tags come with digests, sizes and dates, in pages by signed calls`() async throws {
            try await withECR(["team/app": try images()], pageSize: 2) { scene in
                let entries = try await scene.entries("team/app")
                #expect(entries.map(\.tag.text) == ["1.0", "latest", "1.1", "2.0"])
                let letters: [Character] = ["a", "a", "b", "c"]
                let digests = try letters.map { try Digest.of($0) }
                #expect(entries.map(\.digest) == digests)
                let pushed: Int64 = 1_767_225_600
                #expect(entries[0].details == TagEntry.Details(size: 100, manifests: 1, pushed: pushed))
                #expect(entries[3].details == TagEntry.Details(pushed: pushed))
                #expect(scene.calls == ["DescribeImages", "DescribeImages"])
                #expect(scene.peer.exchanges.isEmpty)
                let first = try #require(scene.aws.peer.requests.first)
                #expect(
                    String(decoding: first.body, as: UTF8.self)
                        == #"{"filter":{"tagStatus":"TAGGED"},"maxResults":1000,"repositoryName":"team/app"}"#
                )
                let signature = try #require(first.header("authorization"))
                #expect(signature.contains("/eu-west-1/ecr/aws4_request, SignedHeaders="))
                #expect(scene.aws.peer.requests.last?.body.contains(Array(#""nextToken":"after-2""#.utf8)) == true)
            }
        }

        @Test func `repositories are listed in pages`() async throws {
            let names = ["a/x", "b/y", "c/z"]
            try await withECR(Dictionary(uniqueKeysWithValues: names.map { ($0, []) }), pageSize: 2) { scene in
                let found = try await scene.endpoint.catalog().all()
                #expect(found.map(\.text) == names)
                #expect(scene.calls == ["DescribeRepositories", "DescribeRepositories"])
            }
        }

        @Test func `where the policy does not allow the call, the registry's own list takes its place, said once`()
            async throws
        {
            try await withECR(["team/app": try images()]) {
                $0.denied = ["DescribeImages"]
            } _: { scene in
                for name in ["team/app", "team/other"] {
                    let entries = try await scene.entries(name)
                    #expect(entries.isEmpty)
                }
                #expect(scene.calls == ["DescribeImages"])
                let notice = try #require(scene.notices.value.first)
                #expect(scene.notices.value.count == 1)
                if case .status(403, let errors) = notice.error.cause {
                    #expect(errors.map(\.code) == ["AccessDeniedException"])
                } else {
                    Issue.record("\(notice)")
                }
                #expect(scene.peer.exchanges.count == 2)
            }
        }

        @Test(arguments: [true, false])
        func `without keys, or for a name of which nobody says whose it is, nothing is called`(_ isNamed: Bool)
            async throws
        {
            let variables = isNamed ? [:] : Self.keys
            try await withECR(["team/app": try images()], variables: variables, isNamed: isNamed) { scene in
                for name in ["team/app", "team/other"] {
                    let entries = try await scene.entries(name)
                    #expect(entries.isEmpty)
                }
                #expect(scene.aws.peer.requests.isEmpty)
                #expect(scene.notices.value.isEmpty)
                #expect(scene.peer.exchanges.count == 2)
            }
        }

        @Test func `a repository that is not there has no tags, and others are listed`() async throws {
            try await withECR(["team/app": try images()]) { scene in
                let none = try await scene.entries("team/none")
                let some = try await scene.entries("team/app")
                #expect(none.isEmpty && some.count == 4)
                #expect(scene.calls == ["DescribeImages", "DescribeImages"])
                #expect(scene.notices.value.isEmpty)
            }
        }

        @Test func `a repository that a push needs is made from the template, once`() async throws {
            let template = ECRTemplate(hasImmutableTags: true, scansOnPush: true)
            try await withECR([:], creation: .ecrRepositories(template)) { scene in
                let image = try await BuiltImage.random(seed: 3)
                let sink = scene.endpoint[try RepositoryName("team/app")]
                try await image.write(to: sink, as: TagName("1"))
                #expect(scene.peer.digest(of: "1", in: "team/app") == image.manifest.descriptor.digest)
                #expect(scene.calls == ["CreateRepository"])
                let body = String(decoding: scene.aws.peer.requests.first?.body ?? [], as: UTF8.self)
                #expect(
                    body
                        == #"{"imageScanningConfiguration":{"scanOnPush":true},"imageTagMutability":"IMMUTABLE","#
                        + #""repositoryName":"team/app"}"#
                )
            }
        }

        @Test func `a repository that may not be made is an error that says so`() async throws {
            try await withECR([:], creation: .ecrRepositories(ECRTemplate())) {
                $0.denied = ["CreateRepository"]
            } _: { scene in
                let image = try await BuiltImage.random(seed: 4)
                let sink = scene.endpoint[try RepositoryName("team/app")]
                let error = await #expect(throws: RegistryError.self) { try await image.write(to: sink, as: .latest) }
                #expect(error?.action == .createRepository)
            }
        }
    }
}
