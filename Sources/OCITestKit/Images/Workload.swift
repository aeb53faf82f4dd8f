// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A described set of repositories, of which every byte follows from seeds.
///
/// Three of them are those that the tool is measured with. What ``GeneratedEndpoint/totals`` says of them:
///
/// | | repositories | tags | manifests | (repository, blob) pairs | distinct blobs | bytes of these |
/// |---|---|---|---|---|---|---|
/// | ``many`` | 50 | 1,000 | 1,400 | 2,600 | 2,551 | 59 MB |
/// | ``medium`` | 10 | 50 | 50 | 180 | 162 | 963 MB |
/// | ``big`` | 4 | 4 | 4 | 20 | 20 | 2,147 MB |
public struct Workload: Sendable {
    /// An image for one platform.
    public struct Image: Sendable {
        /// What it runs on.
        public let platform: Platform
        /// Its layers, lowest first.
        public let layers: [TarGzip]
    }

    /// What a tag points to.
    public enum Root: Sendable {
        /// One image.
        case image(Image)
        /// An index of an image for each of some platforms.
        case index([Image])

        /// The images, in order.
        public var images: [Image] {
            switch self {
            case .image(let image): [image]
            case .index(let images): images
            }
        }
    }

    /// A repository.
    public struct Repository: Sendable {
        /// Its name.
        public let name: RepositoryName
        /// Its tags and what they point to, in order.
        public let tags: [(tag: TagName, root: Root)]
    }

    /// What it is called, `many` for example.
    public let name: String
    /// Its repositories, in order.
    public let repositories: [Repository]

    static let amd64 = Platform(os: "linux", architecture: "amd64")
    static let arm64 = Platform(os: "linux", architecture: "arm64", variant: "v8")

    /// Describes repositories named `NAME/app-00` and so on, with tags `v00` and so on.
    /// - Parameter root: Makes what a tag points to; called in order, with the numbers of repository and tag.
    public init(
        name: String,
        repositories: Int,
        tags: Int,
        root: (_ repository: Int, _ tag: Int) throws -> Root
    ) throws {
        func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        self.name = name
        self.repositories = try (0..<repositories)
            .map { repository in
                Repository(
                    name: try RepositoryName("\(name)/app-\(twoDigits(repository))"),
                    tags: try (0..<tags)
                        .map { tag in
                            (tag: try TagName("v\(twoDigits(tag))"), root: try root(repository, tag))
                        }
                )
            }
    }
}
