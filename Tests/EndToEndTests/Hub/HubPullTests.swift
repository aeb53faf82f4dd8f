// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Replication
import Testing

extension EndToEnd {
    /// Docker Hub's pull limit: what an image needs is set aside before its first manifest is fetched.
    @Suite struct HubPullTests {
        /// Thirty images for two platforms, each of which costs three pulls.
        private static let images = 30

        private func source() async throws -> MemoryEndpoint {
            let source = MemoryEndpoint()
            for number in 0..<Self.images {
                try await source.addIndex("acme/app:v\(number)", seed: UInt64(100 + number))
            }
            return source
        }

        private func job(
            _ endpoint: RemoteEndpoint,
            _ destination: MemoryEndpoint,
            _ rule: PullRule,
            waiting: @escaping @Sendable (PullPause) -> Void = { _ in }
        ) throws -> Job {
            let from = try Address("docker.io/acme/app")
            return Job(
                source: RetryingEndpoint(endpoint, policy: RetryPolicy(attempts: 2, firstPause: .milliseconds(1))),
                destination: destination,
                selection: Selection(from.scope, allTags: true),
                mapping: try NameMapping(from: from, to: Address("to.lan/acme/app")),
                pulls: RegistryPulls(of: endpoint, rule, waiting: waiting)
            )
        }

        /// Every tag of the destination points to a whole image.
        private func expectWhole(_ destination: MemoryEndpoint) async throws {
            let repository = destination[try RepositoryName("acme/app")]
            for entry in try await repository.tags().all() {
                let index = try #require(try await repository.document(at: .tag(entry.tag)))
                #expect(index.manifest.children.count == 2)
                for child in index.manifest.children {
                    let image = try #require(try await repository.document(at: .digest(child.digest)))
                    for blob in image.manifest.blobs {
                        let isThere = try await repository.contains(blob)
                        #expect(isThere)
                    }
                }
            }
        }

        @Test(arguments: [(0, 6), (5, 5), (18, 0)])
        func `a run stops at a whole image, keeps what is to be kept, and the next one goes on`(
            _ kept: Int,
            _ affordable: Int
        ) async throws {
            try await withHubScene(of: try await source()) {
                $0.pullsLeft = 20
            } _: { scene in
                let registry = try scene.registry()
                let destination = MemoryEndpoint()
                let rule = PullRule(kept: kept, shortage: .stop)
                let log = RunLog()
                try await Replicator(job: job(registry.endpoint(as: .source), destination, rule), events: log.take)
                    .run()
                #expect(log.published == affordable)
                #expect(log.postponed.count == Self.images - affordable)
                #expect(log.failures.isEmpty)
                #expect(scene.hub.pulls == affordable * 3)
                #expect(log.postponed.allSatisfy { $0.needed == 3 && $0.kept == kept && $0.limit?.limit == 100 })
                #expect(!scene.hub.transcript.contains { $0.status == 429 })
                try await expectWhole(destination)

                scene.hub.change { $0.pullsLeft = 100 }
                try await registry.shutdown()
                let later = try scene.registry()
                let rest = RunLog()
                let next = try job(later.endpoint(as: .source), destination, rule)
                try await Replicator(job: next, events: rest.take).run()
                #expect(rest.equal == affordable)
                #expect(rest.published == min(Self.images - affordable, (100 - kept) / 3))
                try await expectWhole(destination)
                try await later.shutdown()
            }
        }

        @Test func `a run that is to wait goes on by itself when there are pulls again`() async throws {
            try await withHubScene(of: try await source()) {
                $0.pullsLeft = 20
            } _: { scene in
                let clock = ManualClock()
                let registry = try scene.registry(clock: clock)
                let destination = MemoryEndpoint()
                let log = RunLog()
                let pauses = Shared<[PullPause]>([])
                let job = try job(registry.endpoint(as: .source), destination, PullRule(shortage: .wait)) { pause in
                    pauses.change { $0.append(pause) }
                }
                let run = Task { try await Replicator(job: job, events: log.take).run() }
                try await waitUntil { pauses.value.count == 1 && log.published == 6 }
                #expect(scene.hub.pulls == 18)
                #expect(pauses.value.first?.shortage.limit?.remaining == 2)
                #expect(pauses.value.first?.next == .seconds(300))
                // Still none: it asks, which costs none, and waits again.
                clock.advance(by: .seconds(300))
                try await waitUntil { pauses.value.count == 2 && clock.sleepers > 0 }
                #expect(scene.hub.pulls == 18)
                scene.hub.change { $0.pullsLeft = 100 }
                clock.advance(by: .seconds(300))
                try await run.value
                #expect(log.published == Self.images)
                #expect(log.postponed.isEmpty)
                #expect(scene.hub.pulls == 3 * Self.images)
                #expect(!scene.hub.transcript.contains { $0.status == 429 })
                try await expectWhole(destination)
                try await registry.shutdown()
            }
        }

        @Test func `pulls that somebody else used meanwhile end in a refusal that is waited for, too`() async throws {
            try await withHubScene(of: try await source()) {
                $0.pullsLeft = 100
            } _: { scene in
                let clock = ManualClock()
                let registry = try scene.registry(clock: clock)
                let destination = MemoryEndpoint()
                let endpoint = registry.endpoint(as: .source)
                let pulls = RegistryPulls(of: endpoint)
                // What is known is too good to be true.
                #expect(try await pulls.limit(for: nil)?.remaining == 100)
                scene.hub.change { $0.pullsLeft = 4 }
                let log = RunLog()
                let pauses = Shared(0)
                let job = try job(endpoint, destination, PullRule(shortage: .wait)) { _ in pauses.change { $0 += 1 } }
                let run = Task { try await Replicator(job: job, events: log.take).run() }
                try await waitUntil { pauses.value > 0 && clock.sleepers > 0 }
                try await expectWhole(destination)
                let refusals = scene.hub.transcript.count { $0.status == 429 }
                #expect(refusals > 0)
                scene.hub.change { $0.pullsLeft = 100 }
                clock.advance(by: .seconds(300))
                try await run.value
                #expect(log.published == Self.images)
                #expect(log.failures.isEmpty && log.postponed.isEmpty)
                // A refusal is met once for each image that was under way, and no pull is spent twice.
                #expect(refusals <= 32)
                #expect(scene.hub.pulls == 3 * Self.images)
                try await registry.shutdown()
            }
        }

        @Test func `an abuse limit is waited for as any host's, and is no shortage of pulls`() async throws {
            try await withHubScene(of: try await source()) {
                $0.pullsLeft = 100
                $0.abuseRefusals = 3
            } _: { scene in
                let registry = try scene.registry()
                let log = RunLog()
                let destination = MemoryEndpoint()
                let job = try job(registry.endpoint(as: .source), destination, PullRule())
                try await Replicator(job: job, events: log.take).run()
                #expect(log.published + log.failures.count == Self.images)
                #expect(log.postponed.isEmpty)
                try await registry.shutdown()
            }
        }

        @Test func `an account without a limit is not counted`() async throws {
            try await withHubScene(of: try await source()) {
                $0.users = ["ann": "1"]
                $0.pullsLeft = 0
            } _: { scene in
                let registry = try scene.registry(credentials: Person(name: "ann", password: "1"))
                let log = RunLog()
                let destination = MemoryEndpoint()
                let job = try job(registry.endpoint(as: .source), destination, PullRule(kept: 50))
                try await Replicator(job: job, events: log.take).run()
                #expect(log.published == Self.images)
                try await registry.shutdown()
            }
        }

        @Test func `the program says what is left, what it keeps, and what it leaves to the next run`() async throws {
            try await withHubScene(of: try await source()) {
                $0.pullsLeft = 20
            } _: { scene in
                try await withHome { home in
                    let config = try home.configure(scene.entry("keep-pulls: 5"))
                    let address = "\(scene.hub.host)/acme/app"
                    let arguments = ["--config", config, "--all-tags", address, "layout:\(home.directory)/store"]

                    let plan = try await home.start(["plan", "--open", "none"] + arguments, input: "").wait()
                    #expect(plan.ending == .exited(0), "\(plan.errorText)")
                    #expect(scene.hub.pulls == 0)
                    #expect(plan.outputText.contains("plan: 30 new, 0 moved, 0 equal in 1 repository"))
                    #expect(plan.outputText.contains("estimate  30 images not opened"), "\(plan.outputText)")
                    #expect(plan.outputText.contains("by the listing"))
                    #expect(plan.outputText.contains("20 of 100 pulls left (per 6 h, for this address)"))
                    #expect(plan.outputText.contains("what was not opened needs about 90"))

                    let some = try await home.start(["plan", "--open", "budget"] + arguments, input: "").wait()
                    #expect(some.ending == .exited(0), "\(some.errorText)")
                    #expect(scene.hub.pulls == 15)
                    #expect(some.outputText.contains("estimate  25 images not opened"), "\(some.outputText)")

                    // What was opened for the plan is remembered, and costs nothing more.
                    let copy = try await home.start(["copy"] + arguments, input: "").wait()
                    #expect(copy.ending == .exited(1))
                    #expect(copy.outputText.contains("done: 5 published, 0 equal, 25 postponed"), "\(copy.outputText)")
                    #expect(copy.errorText.contains("3 manifests must be fetched"), "\(copy.errorText)")
                    #expect(copy.errorText.contains("5 of 100 pulls left"))
                    #expect(copy.errorText.contains("of which 5 are kept for others"))
                    #expect(copy.errorText.contains("hint: run the same command again later"))
                    #expect(copy.outputText.contains("pulls     5 of 100 pulls left (per 6 h, for this address)"))
                    #expect(scene.hub.pulls == 15)
                }
            }
        }
    }
}
