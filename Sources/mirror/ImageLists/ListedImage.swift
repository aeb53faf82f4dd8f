// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// An image that a file names, and where.
struct ListedImage: Hashable, Sendable {
    /// The reference as container runtimes read it; its scope is one image of a registry.
    let address: Address
    /// The file, as it was named.
    let file: String
    let mark: ConfigNode.Mark
    let repository: RepositoryName
    let target: Target

    /// Puts an image together; `nil` if the address is not that of one.
    init?(_ address: Address, file: String, mark: ConfigNode.Mark) {
        guard case .image(let repository, let target) = address.scope else { return nil }
        self.address = address
        self.file = file
        self.mark = mark
        self.repository = repository
        self.target = target
    }

    /// `FILE:LINE`, for people.
    var place: String { "\(file):\(mark.line)" }
}
