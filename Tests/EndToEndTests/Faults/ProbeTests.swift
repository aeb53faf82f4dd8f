// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCITestKit
import Synchronization
import Testing

extension EndToEnd.FaultTests {
    /// The six faults that tools of this kind are compared by: each is overcome within one run.
    @Suite(.serialized)
    struct ProbeTests {
        private static let cutPlace: Int64 = 60_000_000
        /// What may lie in the buffers of the kernel and the HTTP client when a connection ends, and is lost with it.
        private static let inFlight: Int64 = 40 << 20

        private static func images() throws -> [String: LargeImage] {
            [
                "large/app:1": try LargeImage(seed: 1, layerSizes: [80_000_000, 78_000_000]),
                "small/app:1": try LargeImage(seed: 2, layerSizes: [3_000_000, 1_000_000, 200_000]),
            ]
        }

        private static func bytes(_ images: [String: LargeImage]) -> Int64 {
            images.values.reduce(0) { $0 + $1.size }
        }

        @Test(arguments: [
            ("GET", "/blobs/sha256:", 429), ("GET", "/blobs/sha256:", 503), ("GET", "/manifests/", 503),
        ])
        func `three refusals in a row are waited out, and nothing crosses twice`(
            _ method: String,
            _ path: String,
            _ status: Int
        ) async throws {
            let images = try Self.images()
            let plan = FaultPlan().on(method, pathContains: path, occurrences: 1...3, .reply(status))
            try await withFaultScene(images, reading: plan.rule) { scene in
                let result = try await scene.copy()
                #expect(result.ending == .exited(0), "\(result.errorText)")
                #expect(plan.fired == 3)
                #expect(scene.sent == Self.bytes(images))
                #expect(scene.read == Self.bytes(images))
                try await scene.expectEqual()
                try await scene.expectConvergence()
            }
        }

        @Test(arguments: [PeerReply.Cut.reset, .finish])
        func `a source that cuts blobs at 60 MB is read on from there`(_ cut: PeerReply.Cut) async throws {
            let images = try Self.images()
            let done = Mutex<Set<String>>([])
            let rule: CountingProxy.Rule = { request in
                guard request.readsBlob else { return .pass }
                let span = request.span ?? 0..<Int64.max
                guard span.contains(Self.cutPlace), !images.isSmall(request.path),
                    done.withLock({ $0.insert(request.path).inserted })
                else { return .pass }
                return .harm(.cutResponse(after: Self.cutPlace - span.lowerBound, by: cut))
            }
            try await withFaultScene(images, reading: rule) { scene in
                let result = try await scene.copy()
                #expect(result.ending == .exited(0), "\(result.errorText)")
                #expect(done.withLock { $0.count } == 2)
                #expect(scene.sent == Self.bytes(images), "a cut of the source is no matter of the destination")
                #expect(scene.read <= Self.bytes(images) + 2 * Self.inFlight, "\(scene.front.exchanges)")
                try await scene.expectEqual()
                try await scene.expectConvergence()
            }
        }

        @Test func `a destination that cuts uploads at 60 MB gets at most one blob more for each cut`() async throws {
            var images = try Self.images()
            // Below the size from which on blobs come in pieces, so that it comes in one request.
            images["whole/app:1"] = try LargeImage(seed: 3, layerSizes: [64_000_000])
            let cuts = Mutex<Set<String>>([])
            let rule: CountingProxy.Rule = { request in
                guard request.sendsBlob else { return .pass }
                let span = request.span ?? 0..<request.statedLength
                guard span.contains(Self.cutPlace) else { return .pass }
                // A session that begins anew may have taken the turn of another blob.
                let isDue = cuts.withLock { $0.count < 3 && $0.insert(request.path).inserted }
                return isDue ? .harm(.cutRequest(after: Self.cutPlace - span.lowerBound)) : .pass
            }
            try await withFaultScene(images, writing: rule) { scene in
                let result = try await scene.copy()
                #expect(result.ending == .exited(0), "\(result.errorText)")
                #expect(cuts.withLock { $0.count } == 3)
                #expect(scene.sent <= Self.bytes(images) + 3 * 80_000_000, "\(scene.back.exchanges)")
                try await scene.expectEqual()
                try await scene.expectConvergence()
            }
        }

        @Test func `a destination that refuses each blob twice gets no blob twice for it`() async throws {
            let images = try Self.images()
            let pieces = Mutex(0)
            let ends = Mutex<[String: Int]>([:])
            let rule: CountingProxy.Rule = { request in
                guard request.sendsBlob else { return .pass }
                let count: Int
                if let digest = request.query("digest") {
                    count = ends.withLock {
                        $0[digest, default: 0] += 1
                        return $0[digest, default: 0]
                    }
                } else {
                    // A session does not say which blob it is for: twice for each of the two that come in pieces.
                    count = pieces.withLock {
                        $0 += 1
                        return ($0 + 1) / 2
                    }
                }
                return count <= 2 ? .reply(503, headers: [("Retry-After", "0")]) : .pass
            }
            try await withFaultScene(images, writing: rule) { scene in
                let result = try await scene.copy()
                #expect(result.ending == .exited(0), "\(result.errorText)")
                #expect(ends.withLock { $0.values.allSatisfy { $0 == 3 } }, "\(ends.withLock { $0 })")
                // What the proxy answers does not come to the registry; only large blobs may begin anew.
                #expect(scene.sent <= Self.bytes(images) + 2 * 80_000_000, "\(scene.back.exchanges)")
                try await scene.expectEqual()
                try await scene.expectConvergence()
            }
        }
    }
}

extension [String: LargeImage] {
    /// Whether the path of a blob ends with the digest of one that is no longer than 60 MB.
    fileprivate func isSmall(_ path: String) -> Bool {
        values.flatMap(\.blobs)
            .contains { $0.descriptor.size <= 60_000_000 && path.hasSuffix("\($0.descriptor.digest)") }
    }
}
