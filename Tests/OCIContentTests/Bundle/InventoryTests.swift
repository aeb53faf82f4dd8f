// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import Testing

@Suite struct InventoryTests {
    private func digest(_ number: Int, _ algorithm: Digest.Algorithm = .sha256) -> Digest {
        Digester.digest(of: Array("\(number)".utf8), algorithm: algorithm)
    }

    private func encoded(_ inventory: Inventory) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(inventory)
    }

    private func inventory(_ names: [String: [Digest]]) throws -> Inventory {
        let repositories = try names.sorted { $0.key < $1.key }
            .map { Inventory.Repository(name: try RepositoryName($0.key), digests: Set($0.value)) }
        return Inventory(place: "far.lan/", repositories: repositories)
    }

    @Test func `what is written is read again, whatever the algorithm`() throws {
        let inventory = try inventory([
            "a/b": [digest(1), digest(2, .sha512), digest(3)], "empty": [], "long": [digest(4, .sha512)],
        ])
        #expect(try JSONDecoder().decode(Inventory.self, from: encoded(inventory)) == inventory)
    }

    @Test func `the same content makes the same text, of 43 bytes a digest`() throws {
        let digests = (0..<10_000).map { digest($0) }
        let one = try encoded(inventory(["app": digests]))
        #expect(try encoded(inventory(["app": digests.reversed()])) == one)
        #expect(one.count < 10_000 * 43 + 200)
    }

    @Test(arguments: [
        #"{"inventory":1,"place":"x","repositories":[{"name":"a","sha256":"AAAA"}]}"#,
        #"{"inventory":1,"place":"x","repositories":[{"name":"a","sha256":"!"}]}"#,
        #"{"inventory":1,"place":"x","repositories":[{"name":"../a"}]}"#,
        #"{"inventory":1,"place":"x"}"#, #"{"place":"x","repositories":[]}"#,
    ])
    func `what is no inventory is not taken for one`(_ text: String) {
        #expect(throws: (any Error).self) { try JSONDecoder().decode(Inventory.self, from: Data(text.utf8)) }
    }

    @Test func `a later version is refused as one`() {
        let text = #"{"inventory":2,"place":"x","repositories":[]}"#
        let error = #expect(throws: InventoryVersionError.self) {
            try JSONDecoder().decode(Inventory.self, from: Data(text.utf8))
        }
        #expect(error?.version == 2)
    }
}

@Suite struct HoldingsTests {
    private func digest(_ number: Int) -> Digest { Digester.digest(of: Array("\(number)".utf8)) }

    private func contents(_ names: [(String, [Int])]) throws -> BundleContents {
        let repositories = try names.map { name, blobs in
            var repository = BundleContents.Repository(
                host: try RegistryHost("near.lan"),
                name: try RepositoryName(name)
            )
            repository.blobs = blobs.map { BundleContents.Blob(digest: digest($0), size: Int64($0)) }
            return repository
        }
        return BundleContents(repositories: repositories)
    }

    @Test func `what the far side has is left out, whichever repository has it, and counted once`() throws {
        let contents = try contents([("a", [1, 2]), ("b", [2, 3])])
        var holdings = Holdings()
        holdings.add(
            Inventory(
                place: "far",
                repositories: [
                    .init(name: try RepositoryName("x"), digests: [digest(2), digest(9)]),
                    .init(name: try RepositoryName("y"), digests: [digest(2)]),
                ]
            )
        )
        let rest = contents.leavingOut(holdings)
        #expect(rest.pieces.map(\.blob.size) == [1, 3])
        #expect(rest.allPieces == contents.pieces)
        #expect(rest.assumed == [BundleContents.Assumption(digest: digest(2), holders: [0, 1])])
        #expect(
            try rest.holders == [.destination(name: RepositoryName("x")), .destination(name: RepositoryName("y"))]
        )
        #expect(rest.assumedBytes == 2)
        #expect(rest.repositories == contents.repositories)
    }

    @Test func `an earlier bundle counts with what it left out itself`() throws {
        var first = Holdings()
        first.add(try contents([("a", [1])]))
        let second = try contents([("a", [1, 2])]).leavingOut(first)
        var both = Holdings()
        both.add(second)
        let third = try contents([("b", [1, 2, 3])]).leavingOut(both)
        #expect(third.pieces.map(\.blob.size) == [3])
        #expect(third.assumed.map(\.holders) == [[0], [0]])
        #expect(try third.holders == [.source(host: RegistryHost("near.lan"), name: RepositoryName("a"))])
    }

    @Test func `what a bundle left out is also where that was before it`() throws {
        var first = Holdings()
        first.add(try contents([("old", [1])]))
        var second = Holdings()
        second.add(try contents([("new", [1])]).leavingOut(first))
        let third = try contents([("b", [1])]).leavingOut(second)
        let host = try RegistryHost("near.lan")
        #expect(
            try third.holders
                == [.source(host: host, name: RepositoryName("new")), .source(host: host, name: RepositoryName("old"))]
        )
    }

    @Test func `nothing is left out for a far side that has nothing`() throws {
        let contents = try contents([("a", [1, 2])])
        #expect(contents.leavingOut(Holdings()) == contents)
    }

    @Test func `of many repositories that have a piece, some are named`() throws {
        var holdings = Holdings()
        for number in 0..<100 { holdings.add(try contents([("r\(number)", [1])])) }
        let rest = try contents([("a", [1])]).leavingOut(holdings)
        #expect(rest.holders.count == 4)
        #expect(rest.assumed.first?.holders == [0, 1, 2, 3])
    }
}
