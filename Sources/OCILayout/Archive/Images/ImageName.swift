// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// The name of an image in an archive, without its registry.
struct ImageName: Hashable {
    let repository: RepositoryName
    let tag: TagName

    /// Reads a whole name, `registry.lan/team/app:1.4`; `nil` for a tag alone, and for what is no name.
    init?(full text: String) {
        guard text.contains(where: { $0 == "/" || $0 == ":" }), let address = try? Address.image(text),
            case .image(let repository, .tag(let tag)) = address.scope
        else { return nil }
        self.repository = repository
        self.tag = tag
    }
}
