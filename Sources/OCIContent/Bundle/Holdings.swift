// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What the far side has, as inventories and earlier bundles tell, with the repositories that have it.
public struct Holdings: Sendable {
    /// Repositories by their number; -1 stands for none.
    ///
    /// More are not remembered: one is enough to mount from.
    private typealias Holders = SIMD4<Int32>

    private var repositories: [BundleContents.Holder] = []
    private var numbers: [BundleContents.Holder: Int32] = [:]
    private var holders: [Digest: Holders] = [:]

    /// Knows of nothing.
    public init() {}

    /// Whether the far side has something.
    public func contains(_ digest: Digest) -> Bool { holders[digest] != nil }

    /// Adds what a place holds.
    public mutating func add(_ inventory: Inventory) {
        for repository in inventory.repositories {
            add(repository.digests, in: .destination(name: repository.name))
        }
    }

    /// Adds what an earlier bundle brought, and what it took to be there.
    public mutating func add(_ contents: BundleContents) {
        for repository in contents.repositories {
            let digests = repository.blobs.map(\.digest) + repository.manifests.map(\.digest)
            add(digests, in: .source(host: repository.host, name: repository.name))
        }
        // Where that was before it: the far side may lack what came in between, and have it there all the same.
        for assumption in contents.assumed {
            for place in assumption.holders where contents.holders.indices.contains(place) {
                add([assumption.digest], in: contents.holders[place])
            }
        }
    }

    private mutating func add(_ digests: some Sequence<Digest>, in holder: BundleContents.Holder) {
        let number = numbers[holder] ?? Int32(repositories.count)
        if numbers.updateValue(number, forKey: holder) == nil { repositories.append(holder) }
        for digest in digests {
            var known = holders[digest] ?? Holders(repeating: -1)
            guard !known.indices.contains(where: { known[$0] == number }),
                let free = known.indices.first(where: { known[$0] < 0 })
            else { continue }
            known[free] = number
            holders[digest] = known
        }
    }

    /// Repositories that have something.
    func places(of digest: Digest) -> [BundleContents.Holder] {
        guard let numbers = holders[digest] else { return [] }
        return numbers.indices.map { numbers[$0] }.filter { $0 >= 0 }.map { repositories[Int($0)] }
    }
}

extension BundleContents {
    /// The same contents without the pieces that the far side has.
    public func leavingOut(_ holdings: Holdings) -> BundleContents {
        var contents = self
        var numbers: [Holder: Int] = [:]
        for piece in pieces {
            let places = holdings.places(of: piece.blob.digest)
            guard !places.isEmpty else { continue }
            let holders = places.map { place in
                if let number = numbers[place] { return number }
                let number = contents.holders.count
                contents.holders.append(place)
                numbers[place] = number
                return number
            }
            contents.assumed.append(Assumption(digest: piece.blob.digest, holders: holders))
        }
        return contents
    }

    /// The length of everything that is left out, in bytes.
    public var assumedBytes: Int64 {
        let assumed = Set(assumed.map(\.digest))
        return allPieces.lazy.filter { assumed.contains($0.blob.digest) }.reduce(0) { $0 &+ $1.blob.size }
    }
}
