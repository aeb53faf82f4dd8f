// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Which platforms of images are wanted, and what becomes of indexes of which only a part is.
public struct PlatformRule: Hashable, Sendable {
    /// What becomes of an index of which only a part is wanted.
    public enum Index: String, Hashable, Sendable, CaseIterable {
        /// Its bytes and digest stay, and what is not wanted is not there. Signatures stay right; not every registry takes it.
        case sparse
        /// A smaller one, with another digest, takes its place.
        case rewritten
    }

    /// The platforms.
    public let choice: PlatformChoice
    /// What becomes of indexes.
    public let index: Index

    /// Makes a rule.
    public init(_ choice: PlatformChoice, index: Index) {
        self.choice = choice
        self.index = index
    }
}

/// An image is for none of the platforms that are wanted.
public struct PlatformUnwanted: Error, Hashable, Sendable {
    /// What it is for, as far as it says.
    public let platforms: [Platform]
}

extension PlatformRule? {
    /// The manifests that an image needs of an index.
    func children(of document: ManifestDocument) -> [Descriptor] {
        let children = document.manifest.children
        guard let self, !children.isEmpty else { return children }
        return self.choice.places(in: document).map { children[$0] }
    }
}
