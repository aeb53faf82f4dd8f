// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Which entries of an index are wanted, by the platforms that they are for.
public struct PlatformChoice: Hashable, Sendable {
    /// The platforms, in the normal form.
    public let platforms: [Platform]

    /// Makes a choice.
    public init(_ platforms: [Platform]) { self.platforms = platforms.map(\.normalized) }

    /// Whether an image for a platform is wanted; one that does not say what it is for is.
    public func takes(_ platform: Platform?) -> Bool {
        guard let platform = platform?.normalized else { return true }
        return platforms.contains { $0.runnable.contains(platform) }
    }

    /// The places of the entries of an index that are wanted.
    ///
    /// For each platform, the entries that a container runtime would choose there; attestations of those; and what is for no
    /// platform at all, such as artifacts and further indexes. What says that it is for an unknown platform belongs to
    /// another entry (BuildKit, "Attestation Storage").
    ///
    /// - Returns: No places where no entry is for a wanted platform.
    public func places(in index: ManifestDocument) -> [Int] {
        guard case .index(let content) = index.manifest else { return [] }
        let entries = content.manifests
        let normal = entries.map { $0.platform?.normalized }
        var taken: Set<Int> = []
        for platform in platforms {
            let best = platform.runnable.first { candidate in normal.contains(candidate) }
            for place in entries.indices where best != nil && normal[place] == best { taken.insert(place) }
        }
        let isForAll = entries.indices.filter { entries[$0].platform == nil }
        if taken.isEmpty && isForAll.isEmpty { return [] }
        taken.formUnion(isForAll)
        let digests = Set(taken.map { entries[$0].digest.description })
        let details = ManifestDetails(of: index).entries
        for place in entries.indices where normal[place]?.os == "unknown" && place < details.count {
            guard let subject = details[place].annotations["vnd.docker.reference.digest"] else { continue }
            if digests.contains(subject) { taken.insert(place) }
        }
        return taken.sorted()
    }
}
