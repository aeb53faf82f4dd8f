// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    /// Requests are counted at proxies in front of real registries, never in the tool.
    @Suite(.serialized)
    struct EconomyTests {
        @Test func `copies 1,000 tags with few requests, and compares them with one HEAD a tag and side`() async throws
        {
            try await withDockerRegistry { source in
                try await withDockerRegistry { destination in
                    let workload = try Workload.many()
                    try await fill(source, with: workload)
                    try await withCountingProxy(port: source.port) { front in
                        try await withCountingProxy(port: destination.port) { back in
                            let cold = try await Program.run("copy", "\(front.host)/", "\(back.host)/")
                            #expect(cold.ending == .exited(0), "\(cold.errorText.suffix(2000))")
                            expectCold(source: front.tally, destination: back.tally)
                            front.reset()
                            back.reset()
                            let noOp = try await Program.run("copy", "\(front.host)/", "\(back.host)/")
                            #expect(noOp.ending == .exited(0), "\(noOp.errorText.suffix(2000))")
                            expectNoOp(source: front.tally, destination: back.tally)
                        }
                    }
                    let names = workload.repositories.flatMap { repository in
                        repository.tags.map { "\(repository.name):\($0.tag)" }
                    }
                    #expect(names.count == 1000)
                    try await expectSameManifests(names, source, destination)
                }
            }
        }

        private func expectCold(source: RequestTally, destination: RequestTally) {
            #expect(source.count("GET", .manifest) == 1400)
            #expect(source.count("GET", .blob) == 2551)
            #expect(source.count(.tags) == 50)
            #expect(source.total <= 4060, "\(source)")
            #expect(destination.uploads.count == 2551)
            #expect(Set(destination.uploads.map(\.digest)).count == 2551, "no bytes cross twice")
            #expect(destination.mounts.count == 49)
            #expect(destination.count("PUT", .manifest) == 1400)
            #expect(destination.count(.uploadStart) == 2600)
            #expect(destination.total <= 6700, "\(destination)")
        }

        private func expectNoOp(source: RequestTally, destination: RequestTally) {
            #expect(source.count("HEAD", .manifest) == 1000)
            #expect(source.count(.tags) == 50)
            #expect(source.count(.catalog) == 1)
            // And one question whether the source lists referrers, which it does not.
            #expect(source.total == 1052, "\(source)")
            #expect(destination.count("HEAD", .manifest) == 1000)
            #expect(destination.count(.tags) == 50)
            #expect(destination.total == 1050, "\(destination)")
            #expect(destination.requestBytes == 0)
        }

        @Test func `after a SIGKILL in the middle, the rerun sends no blob that the destination has`() async throws {
            try await withDockerRegistry { source in
                try await withDockerRegistry { destination in
                    try await fill(source, with: Workload.many())
                    let state = Program.temporaryPath("state")
                    defer { try? FileManager.default.removeItem(atPath: state) }
                    try await withCountingProxy(port: destination.port) { back in
                        let first = try await Program.start(
                            ["copy", "\(source.host)/", "\(back.host)/"],
                            state: state
                        )
                        while first.isRunning, back.tally.uploads.count < 1250 {
                            try await Task.sleep(for: .milliseconds(5))
                        }
                        first.send(SIGKILL)
                        #expect(await first.wait().ending == .signalled(SIGKILL), "it must die in the middle")
                        // What the dead program had sent whole may still be on its way to the disk.
                        try await Task.sleep(for: .milliseconds(500))
                        let before = destination.blobsOnDisk
                        #expect(before.count > 1200)
                        try await expectWholeImages(destination)
                        let firstTotal = back.tally.total
                        back.reset()

                        let second = try await Program.run("copy", "\(source.host)/", "\(back.host)/", state: state)
                        #expect(second.ending == .exited(0), "\(second.errorText.suffix(2000))")
                        let sentAgain = back.tally.uploads.filter { before.contains($0.digest.description) }
                        #expect(sentAgain.isEmpty)
                        #expect(firstTotal + back.tally.total < 7500, "\(firstTotal) and \(back.tally)")
                    }
                    #expect(try await allTags(of: source) == allTags(of: destination))
                }
            }
        }
    }
}
