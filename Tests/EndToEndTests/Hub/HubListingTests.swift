// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Replication
import Testing

extension EndToEnd {
    /// Docker Hub's own listings (docs.docker.com/reference/api/hub/latest), requests counted at the double.
    @Suite(.serialized) struct HubListingTests {
        /// A source with tags that share a few images.
        private func source(_ repositories: [String], tags: Int) async throws -> MemoryEndpoint {
            let source = MemoryEndpoint()
            for (place, name) in repositories.enumerated() {
                let repository = source[try RepositoryName(name)]
                let image = try await BuiltImage.random(seed: UInt64(5000 + place), layerSizes: [4096])
                try await image.write(to: repository)
                for number in 0..<tags {
                    try await repository.publish(image.manifest, as: TagName("t\(number)"))
                }
            }
            return source
        }

        @Test func `1,000 tags of a repository that are there already cost ten requests, and no pull`() async throws {
            try await withHubScene(of: try await source(["acme/app"], tags: 1000)) {
                $0.pullsLeft = 10
            } _: { scene in
                try await withHome { home in
                    let config = try home.configure(scene.entry())
                    let store = "layout:\(home.directory)/store"
                    let arguments = ["copy", "--config", config, "--all-tags", "\(scene.hub.host)/acme/app", store]
                    let cold = try await home.start(arguments, input: "").wait()
                    #expect(cold.ending == .exited(0), "\(cold.errorText)")
                    // All tags are one image, which is fetched once.
                    #expect(scene.hub.pulls == 1)
                    let before = scene.hub.transcript.count
                    let noOp = try await home.start(arguments, input: "").wait()
                    #expect(noOp.ending == .exited(0), "\(noOp.errorText)")
                    #expect(noOp.outputText.contains("0 published, 1000 equal"), "\(noOp.outputText)")
                    let exchanges = scene.hub.transcript.dropFirst(before)
                    #expect(exchanges.count == 10, "\(exchanges.map(\.description))")
                    #expect(exchanges.allSatisfy { $0.role == .api && $0.method == "GET" && $0.authorization == nil })
                    #expect(
                        exchanges.first?.uri == "/v2/namespaces/acme/repositories/app/tags?page_size=100"
                    )
                    #expect(scene.hub.pulls == 1)
                    #expect(noOp.outputText.contains("requests  10 at the source"), "\(noOp.outputText)")
                }
            }
        }

        @Test func `100 repositories of 100 tags that are there already cost little more than one request each`()
            async throws
        {
            let names = (0..<100).map { "acme/r\($0)" }
            let source = try await source(names, tags: 100)
            try await withHubScene(of: source) { scene in
                let registry = try scene.registry()
                let from = try Address("docker.io/acme/**")
                let log = RunLog()
                let endpoint = registry.endpoint(as: .source)
                let job = Job(
                    source: endpoint,
                    destination: source,
                    selection: Selection(from.scope, allTags: true),
                    mapping: try NameMapping(from: from, to: Address("to.lan/acme")),
                    pulls: RegistryPulls(of: endpoint)
                )
                try await Replicator(job: job, events: log.take).run()
                #expect(log.equal == 10_000)
                #expect(log.failures.isEmpty, "\(log.failures)")
                #expect(scene.requests <= 210, "\(scene.requests)")
                #expect(scene.manifests.isEmpty)
                #expect(scene.hub.pulls == 0)
                try await registry.shutdown()
            }
        }

        @Test func `a plan of 180 repositories and 40,000 tags spends no pull and little memory`() async throws {
            let names = (0..<180).map { "acme/r\($0)" }
            try await withHubScene(of: try await source(names, tags: 223)) {
                $0.pullsLeft = 10
            } _: { scene in
                try await withHome { home in
                    let config = try home.configure(scene.entry())
                    let store = "layout:\(home.directory)/store"
                    let words = ["--config", config, "\(scene.hub.host)/acme/**", store]
                    let plan = try await home.start(["plan", "--open", "none"] + words, input: "").wait()
                    #expect(plan.ending == .exited(0), "\(plan.errorText)")
                    #expect(plan.outputText.contains("plan: 40140 new, 0 moved, 0 equal in 180 repositories"))
                    #expect(scene.hub.pulls == 0)
                    // Two pages of repositories, three of tags for each.
                    let listings = scene.hub.transcript.count { $0.role == .api }
                    #expect(listings == 2 + 180 * 3)
                    #expect(plan.outputText.contains("(\(listings) listings"), "\(plan.outputText)")
                    #expect(plan.outputText.contains("10 of 100 pulls left"))
                    let memory = plan.peakMemory
                    #expect(memory <= 96 << 20, "\(memory)")

                    let some = try await home.start(["plan", "--open", "budget"] + words, input: "").wait()
                    #expect(some.ending == .exited(0), "\(some.errorText)")
                    #expect(scene.hub.pulls <= 10)
                }
            }
        }

        @Test func `a tag without a digest in the listing is asked for by itself`() async throws {
            let source = try await source(["acme/app"], tags: 5)
            try await withHubScene(of: source) {
                $0.tagsWithoutDigest = ["t2"]
            } _: { scene in
                let registry = try scene.registry()
                let repository = registry.endpoint(as: .source)[try RepositoryName("acme/app")]
                let entries = try await repository.tags().all()
                #expect(entries.map(\.tag.text) == ["t0", "t1", "t2", "t3", "t4"])
                #expect(entries.filter { $0.digest == nil }.map(\.tag.text) == ["t2"])
                let size = try #require(entries.first?.details?.size)
                #expect(size > 128)
                #expect(entries.first?.details?.pushed == 1_767_647_213)
                #expect(entries.first?.details?.manifests == 1)
                #expect(scene.requests == 1)
                try await registry.shutdown()
            }
        }

        @Test func `private repositories are listed for whose token may see them, bought once`() async throws {
            let source = try await source(["acme/open", "acme/secret"], tags: 150)
            try await withHubScene(of: source) {
                $0.users = ["ann": "pa\"ss"]
                $0.privateRepositories = ["acme/secret"]
            } _: { scene in
                let nobody = try scene.registry()
                let acme = try RepositoryName("acme")
                let seen = try await nobody.endpoint(as: .source).catalog(below: [acme]).all()
                #expect(seen.map(\.text) == ["acme/open"])
                try await nobody.shutdown()
                let before = scene.hub.transcript.count
                let registry = try scene.registry(credentials: Person(name: "ann", password: "pa\"ss"))
                let endpoint = registry.endpoint(as: .source)
                #expect(try await endpoint.catalog(below: [acme]).all().map(\.text) == ["acme/open", "acme/secret"])
                async let first = endpoint[try RepositoryName("acme/open")].tags().all()
                async let second = endpoint[try RepositoryName("acme/secret")].tags().all()
                let counts = try await [first.count, second.count]
                #expect(counts == [150, 150])
                let exchanges = scene.hub.transcript.dropFirst(before)
                #expect(exchanges.first?.description == "api POST /v2/auth/token - 200")
                #expect(exchanges.count { $0.path == "/v2/auth/token" } == 1)
                #expect(exchanges.dropFirst().allSatisfy { $0.authorization == "Bearer" && $0.role == .api })
                #expect(exchanges.count == 1 + 1 + 4)
                try await registry.shutdown()
            }
        }

        @Test func `where the API refuses, tags are asked for one by one, which is said once`() async throws {
            let source = try await source(["acme/a", "acme/b"], tags: 2)
            try await withHubScene(of: source) {
                $0.apiRefusal = 403
            } _: { scene in
                let registry = try scene.registry()
                let notices = Shared<[RegistryNotice]>([])
                let endpoint = registry.endpoint(as: .source, noted: { notice in notices.change { $0.append(notice) } })
                for name in ["acme/a", "acme/b"] {
                    let entries = try await endpoint[RepositoryName(name)].tags().all()
                    #expect(entries.map(\.tag.text) == ["t0", "t1"])
                    #expect(entries.allSatisfy { $0.digest == nil })
                }
                #expect(notices.value.count == 1)
                #expect(scene.hub.transcript.count { $0.role == .api } == 1)
                try await registry.shutdown()
            }
        }

        @Test func `a limit of the API is waited for`() async throws {
            let source = try await source(["acme/a"], tags: 350)
            try await withHubScene(of: source) {
                $0.apiRequestsLeft = 2
            } _: { scene in
                let clock = ManualClock()
                let registry = try scene.registry(clock: clock)
                let listing = Task {
                    try await registry.endpoint(as: .source)[RepositoryName("acme/a")].tags().all().count
                }
                // The second answer says that nothing is left.
                try await waitUntil { clock.sleepers > 0 }
                #expect(scene.hub.transcript.count == 2)
                scene.hub.change { $0.apiRequestsLeft = 100 }
                clock.advance(by: .seconds(60))
                #expect(try await listing.value == 350)
                #expect(scene.hub.transcript.allSatisfy { $0.status == 200 })
                try await registry.shutdown()
            }
        }

        @Test func `a next page at another host is not asked for, and the listing of the spec takes its place`()
            async throws
        {
            let source = try await source(["acme/a"], tags: 150)
            try await withHubScene(of: source) {
                $0.apiURL = "http://127.0.0.2:1"
            } _: { scene in
                let registry = try scene.registry()
                let notices = Shared<[RegistryNotice]>([])
                let endpoint = registry.endpoint(as: .source, noted: { notice in notices.change { $0.append(notice) } })
                let tags = try await endpoint[RepositoryName("acme/a")].tags().all()
                #expect(tags.count == 150)
                #expect(tags.allSatisfy { $0.digest == nil })
                let notice = try #require(notices.value.first)
                if case .refused(let refusal) = notice.error.cause {
                    #expect(refusal.purpose == .page)
                } else {
                    Issue.record("\(notice)")
                }
                try await registry.shutdown()
            }
        }
    }
}
