// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

extension Workload {
    /// Many small images: 50 repositories of 20 tags, of which every fifth is an index for two platforms.
    ///
    /// An image has three layers: the base that all repositories share, one of three that its repository shares, and one of
    /// its own. So a repository has 16 + 8 images, 28 manifests, and 1 + 3 + 24 layers and 24 configurations: 52 blobs.
    /// - Parameter repositories: How many there are; the first ones are always the same.
    public static func many(repositories: Int = 50) throws -> Workload {
        let base = TarGzip(seed: 1, size: 64 << 10)
        var random = SeededRandom(seed: manySeed)
        var shared: [TarGzip] = []
        var image = 0
        return try Workload(name: "many", repositories: repositories, tags: 20) { _, tag in
            if tag == 0 { shared = (0..<3).map { _ in smallLayer(&random) } }
            let images = (tag % 5 == 4 ? [amd64, arm64] : [amd64])
                .map { platform in
                    image += 1
                    return Image(platform: platform, layers: [base, shared[image % 3], smallLayer(&random)])
                }
            return images.count == 1 ? .image(images[0]) : .index(images)
        }
    }

    /// Chosen among seeds so that the blobs come to 59 MB.
    private static let manySeed: UInt64 = 220

    /// A layer of 4 to 64 KB.
    ///
    /// Four of five are the larger one of two draws, for a mean of 42 KB.
    private static func smallLayer(_ random: inout SeededRandom) -> TarGzip {
        let first = random.next(in: 4...64)
        let second = random.next(in: 4...64)
        let kilobytes = random.next(in: 0...4) == 0 ? first : max(first, second)
        return TarGzip(seed: random.next(), size: Int64(kilobytes) << 10)
    }

    /// Images of common size: 10 repositories of 5 tags.
    ///
    /// An image has five layers of 1 to 16 MB: two that all repositories share, one that its repository shares, and two of
    /// its own.
    public static func medium() throws -> Workload {
        var random = SeededRandom(seed: mediumSeed)
        func layer() -> TarGzip { TarGzip(seed: random.next(), size: Int64(random.next(in: 1024...16384)) << 10) }
        let base = [layer(), layer()]
        var shared: [TarGzip] = []
        return try Workload(name: "medium", repositories: 10, tags: 5) { _, tag in
            if tag == 0 { shared = base + [layer()] }
            return .image(Image(platform: amd64, layers: shared + [layer(), layer()]))
        }
    }

    /// Chosen among seeds so that the layers come to 963 MB.
    private static let mediumSeed: UInt64 = 344

    /// Few large images: 4 repositories, each of one image of four layers of 128 MB.
    public static func big() throws -> Workload {
        try Workload(name: "big", repositories: 4, tags: 1) { repository, _ in
            .image(
                Image(
                    platform: amd64,
                    layers: (0..<4).map { TarGzip(seed: UInt64(0xB160 + repository * 4 + $0), size: 128 << 20) }
                )
            )
        }
    }

    /// A quick one for tests: images of one layer that all share and one of their own, every third tag an index.
    public static func small(
        repositories: Int = 2,
        tags: Int = 3,
        layerBytes: Int64 = 8192,
        seed: UInt64 = 1
    ) throws -> Workload {
        var random = SeededRandom(seed: seed)
        let base = TarGzip(seed: random.next(), size: layerBytes)
        return try Workload(name: "small", repositories: repositories, tags: tags) { _, tag in
            let images = (tag % 3 == 2 ? [amd64, arm64] : [amd64])
                .map { platform in
                    Image(platform: platform, layers: [base, TarGzip(seed: random.next(), size: layerBytes)])
                }
            return images.count == 1 ? .image(images[0]) : .index(images)
        }
    }
}
