// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// What the repositories of a bundle are called where it is read.
struct BundleNames {
    /// The repositories by their names.
    private(set) var named: [RepositoryName: BundleContents.Repository] = [:]
    /// The full names of those that have none.
    private(set) var leftOut: [String] = []

    /// Names the repositories of a bundle.
    /// - Parameter rename: What one is called; `nil` leaves it out.
    /// - Throws: ``ArchiveError/sameName(_:_:)``, and what `rename` throws.
    init(
        _ repositories: [BundleContents.Repository],
        _ rename: (BundleContents.Repository) throws -> RepositoryName?
    ) throws {
        for repository in repositories {
            guard let name = try rename(repository) else {
                leftOut.append(repository.fullName)
                continue
            }
            if let other = named.updateValue(repository, forKey: name) {
                throw ArchiveError.sameName(name, [other.fullName, repository.fullName])
            }
        }
    }
}
