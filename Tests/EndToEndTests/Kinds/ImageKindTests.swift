// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

extension EndToEnd {
    /// Images of every kind, over all pairs of places.
    @Suite(.serialized)
    struct ImageKindTests {
        @Test func `images of every kind go from every place to every place as they are`() async throws {
            let fixtures = try await ImageKind.allCases.asyncMap { (kind: $0, image: try await $0.build()) }
            try await withKindPlaces(2) { places, home in
                let (sources, destinations) = (places[0], places[1])
                try await sources[0].write(fixtures.map { (tag: $0.kind.tag, image: $0.image) })
                try await expectCopies(of: fixtures, from: sources[0], to: Array(sources.dropFirst()), home)
                for source in sources {
                    let there = fixtures.filter { !source.refuses.contains($0.kind) }
                    let named = destinations.map { $0.named("from-\(source.kind.rawValue)") }
                    try await expectCopies(of: there, from: source, to: named, home)
                }
            }
        }

        @Test func `manifests go through all places byte by byte, however their texts are written`() async throws {
            let fixtures = try await (UInt64(100)..<136)
                .asyncMap { (tag: try TagName("seed-\($0)"), image: try await ImageFixture.oddText(seed: $0)) }
            try await withKindPlaces(1) { places, home in
                let way = places[0]
                try await way[0].write(fixtures)
                for (from, to) in zip(way, way.dropFirst()) {
                    let copy = try await home.run("copy", "--all-tags", from.address, to.address)
                    #expect(copy.ending == .exited(0), "\(to.kind): \(copy.outputText)\(copy.errorText)")
                    #expect(copy.outputText.contains("done: 36 published"), "\(to.kind): \(copy.outputText)")
                    try await to.expect(fixtures, "to \(to.kind)")
                }
            }
        }

        /// Copies to several places, two at a time.
        private func expectCopies(
            of fixtures: [(kind: ImageKind, image: ImageFixture)],
            from source: KindPlace,
            to destinations: [KindPlace],
            _ home: Home
        ) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (position, destination) in destinations.enumerated() {
                    if position >= 2 { try await group.next() }
                    group.addTask { try await expectCopy(of: fixtures, from: source, to: destination, home) }
                }
                try await group.waitForAll()
            }
        }

        /// Copies, looks with the program and without it whether all is there, and copies again.
        private func expectCopy(
            of fixtures: [(kind: ImageKind, image: ImageFixture)],
            from source: KindPlace,
            to destination: KindPlace,
            _ home: Home
        ) async throws {
            let what = "\(source.kind) to \(destination.kind)"
            let refused = fixtures.filter { destination.refuses.contains($0.kind) }
            let taken = fixtures.filter { !destination.refuses.contains($0.kind) }
            let ending = ChildProcess.Ending.exited(refused.isEmpty ? 0 : 1)
            let pair = ["--all-tags", source.address, destination.address]

            let copy = try await home.start(["copy"] + pair).wait()
            #expect(copy.ending == ending, "\(what): \(copy.outputText)\(copy.errorText)")
            #expect(copy.outputText.contains("done: \(taken.count) published"), "\(what): \(copy.outputText)")
            for fixture in refused {
                #expect(copy.errorText.contains("\(fixture.kind.tag)"), "\(what): \(copy.errorText)")
                #expect(
                    copy.errorText.contains("sha512 digests of manifests are not held by \(destination.place)"),
                    "\(what): \(copy.errorText)"
                )
            }
            try await destination.expect(taken.map { (tag: $0.kind.tag, image: $0.image) }, what)

            let verify = try await home.start(["verify", "--depth", "content", "--format", "json"] + pair).wait()
            #expect(verify.ending == ending, "\(what): \(verify.outputText)\(verify.errorText)")
            let findings = try jsonLines(verify).filter { $0["event"] as? String == "finding" }
            let differing = findings.compactMap { $0["tag"] as? String }
            #expect(differing == refused.map(\.kind.rawValue), "\(what): \(findings)")

            let again = try await home.start(["copy"] + pair).wait()
            #expect(again.ending == ending, "\(what): \(again.outputText)\(again.errorText)")
            #expect(
                again.outputText.contains("done: 0 published, \(taken.count) equal"),
                "\(what): \(again.outputText)"
            )
        }
    }
}
