// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct PublishingCostTests {
    @Test func `publishing the 20,000th tag writes what the second did, and folding no multiple of the index`()
        async throws
    {
        let folder = try TemporaryFolder()
        let count = StepCount()
        try await withStore(in: folder, observer: count.observer) { store in
            let target = store.repository(repository("team/app"))
            let image = try await BuiltImage.random(seed: 1)
            func tags(_ range: Range<Int>) -> [TagName] { range.map { tag("t\(100_000 + $0)") } }
            /// The bytes of a publish itself; a fold comes after it, and is counted below.
            func cost(of number: Int) async throws -> Int {
                count.forget()
                try await target.put(image.manifest, as: tags(number..<number + 1))
                let written = count.bytes(to: "")
                return written - count.bytes(to: ".new")
            }
            try await image.write(to: target, as: tags(0..<1)[0])
            let second = try await cost(of: 1)
            var folded = 0
            for start in stride(from: 2, to: 19_999, by: 99) {
                count.forget()
                try await target.put(image.manifest, as: tags(start..<min(start + 99, 19_999)))
                folded += count.bytes(to: LayoutPaths.nextIndex)
            }
            #expect(try await target.tags(after: nil, limit: 30_000).count == 19_999)
            let last = try await cost(of: 19_999)
            #expect(last == second)
            #expect(last < 400)
            try await store.finish()
            let size = try folder.read("repositories/team/app/_oci/index.json").count
            #expect(folded < 3 * size, "\(folded) bytes for an index of \(size)")
        }
    }
}
