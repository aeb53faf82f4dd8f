// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import OCI
import OCITestKit
import Synchronization
import Testing

extension EndToEnd.FaultTests {
    /// Registries that hang, or want to be left alone.
    @Suite(.serialized)
    struct PatienceFaultTests {
        private static let impatience = "timeouts:\n  idle: 1s\n  commit: 1s"

        private static let nothing: CountingProxy.Rule = { _ in .pass }

        private static func image() throws -> LargeImage { try LargeImage(seed: 41, layerSizes: [4_000_000, 100_000]) }

        /// The harm that is done to the bytes of the first layer, on their way down or up.
        private static func plan(
            _ image: LargeImage,
            isReading: Bool,
            at place: Int64?,
            occurrences: ClosedRange<Int>
        ) -> FaultPlan {
            FaultPlan()
                .on(
                    isReading ? "GET" : "PUT",
                    pathContains: image.layers[0].digest.hex,
                    occurrences: occurrences,
                    isReading ? .hangResponse(after: place) : .hangRequest(after: place)
                )
        }

        @Test(arguments: [true, false], [nil, 0, 100_000] as [Int64?])
        func `F14 a registry that hangs once is asked again`(_ isReading: Bool, _ place: Int64?) async throws {
            let image = try Self.image()
            let plan = Self.plan(image, isReading: isReading, at: place, occurrences: 1...1)
            try await withFaultScene(
                ["a/b:1": image],
                reading: isReading ? plan.rule : Self.nothing,
                writing: isReading ? Self.nothing : plan.rule
            ) { scene in
                let options = try scene.configure(Self.impatience)
                let result = try await scene.start(options).wait()
                #expect(plan.fired == 1)
                #expect(result.ending == .exited(0), "\(result.errorText)")
                try await scene.expectConvergence()
            }
        }

        @Test(arguments: [true, false])
        func `F14 a signal ends the program although a registry hangs`(_ isReading: Bool) async throws {
            let image = try Self.image()
            let plan = Self.plan(image, isReading: isReading, at: 100_000, occurrences: 1...Int.max)
            try await withFaultScene(
                ["a/b:1": image],
                reading: isReading ? plan.rule : Self.nothing,
                writing: isReading ? Self.nothing : plan.rule
            ) { scene in
                // The timeouts are the usual ones: it is the signal that must end the program.
                let program = try await scene.start()
                while program.isRunning, plan.fired == 0 { try await Task.sleep(for: .milliseconds(5)) }
                let result = await program.stop(grace: .seconds(12))
                #expect(result.ending == .exited(143), "\(result.errorText)")
                #expect(scene.watch.puts == 0)
                try await scene.expectConvergence()
            }
        }

        @Test func `F14 a signal ends the program although the answer to a piece does not come`() async throws {
            let image = try LargeImage(seed: 42, layerSizes: [68 << 20])
            let plan = FaultPlan().on("PATCH", occurrences: 2...Int.max, .hangRequest(after: 1 << 20))
            try await withFaultScene(["a/b:1": image], writing: plan.rule) { scene in
                let program = try await scene.start()
                while program.isRunning, plan.fired == 0 { try await Task.sleep(for: .milliseconds(5)) }
                let result = await program.stop(grace: .seconds(12))
                #expect(result.ending == .exited(143), "\(result.errorText)")
                try await scene.expectConvergence()
            }
        }

        @Test func `F14 a registry that always hangs is given up, and the other images arrive`() async throws {
            let image = try Self.image()
            let sound = try LargeImage(seed: 43, layerSizes: [10_000])
            let plan = Self.plan(image, isReading: true, at: 0, occurrences: 1...Int.max)
            try await withFaultScene(["a/b:1": image, "a/c:1": sound], reading: plan.rule) { scene in
                let options = try scene.configure("timeouts:\n  idle: 300ms")
                let result = try await scene.start(options).wait()
                #expect(result.ending == .exited(1), "\(result.errorText)")
                #expect(result.errorText.contains("a/b:1"), "\(result.errorText)")
                #expect(scene.watch.puts == 1)
                try await scene.expectConvergence()
            }
        }

        /// With the value of `Retry-After`, of which `DATE` is a second from now.
        @Test(arguments: [("0", 429), ("1", 503), ("DATE", 429), ("-5", 503), ("soon", 429)])
        func `F15 a storm of refusals is waited out, whatever it asks for`(
            _ value: String,
            _ status: Int
        ) async throws {
            let refusals = Mutex<[String: Int]>([:])
            let rule: CountingProxy.Rule = { request in
                // Each thing that is asked for is refused, blobs twice.
                let count = refusals.withLock { refusals in
                    refusals[request.uri, default: 0] += 1
                    return refusals[request.uri, default: 0]
                }
                let text = value == "DATE" ? Self.date(in: 1) : value
                return count <= (request.readsBlob ? 2 : 1) ? .reply(status, headers: [("Retry-After", text)]) : .pass
            }
            // Few blobs: where the host does not say how long, each further refusal in a row costs twice the time.
            let image = try LargeImage(seed: 44, layerSizes: [20_000])
            try await withFaultScene(["a/b:1": image], reading: rule) { scene in
                let result = try await scene.copy()
                #expect(refusals.withLock { $0.count } == 6, "a catalog, a list, a manifest, referrers, two blobs")
                #expect(result.ending == .exited(0), "\(result.errorText)")
                try await scene.expectConvergence()
            }
        }

        @Test(
            .enabled("a minute is long") { EndToEnd.FaultTests.isLong },
            arguments: ["1000000000", "99999999999999999999"]
        )
        func `F15 a wish for years is not kept`(_ value: String) async throws {
            let plan = FaultPlan().on("GET", occurrences: 2...2, .reply(429, headers: [("Retry-After", value)]))
            try await withFaultScene(["a/b:1": Self.image()], reading: plan.rule) { scene in
                let result = try await scene.copy()
                #expect(plan.fired == 1)
                #expect(result.ending == .exited(0), "\(result.errorText)")
                try await scene.expectConvergence()
            }
        }

        @Test func `F15 a signal ends the program although it waits for years`() async throws {
            let plan = FaultPlan().on("GET", .reply(429, headers: [("Retry-After", "1000000000")]))
            try await withFaultScene(["a/b:1": Self.image()], reading: plan.rule) { scene in
                let program = try await scene.start()
                while program.isRunning, plan.fired == 0 { try await Task.sleep(for: .milliseconds(5)) }
                let result = await program.stop(grace: .seconds(12))
                #expect(result.ending == .exited(143), "\(result.errorText)")
                try await scene.expectConvergence()
            }
        }

        private static func date(in seconds: Int) -> String {
            var now = time(nil) + seconds
            var parts = tm()
            gmtime_r(&now, &parts)
            var text = [CChar](repeating: 0, count: 64)
            strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
