// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCILayout

/// A place with what is allowed on it, as all routes share it.
struct ServedPlace: Sendable {
    /// What is read.
    let content: any ServedContent
    /// The store that is written to; `nil` where everything but reading is refused.
    let store: LayoutStore?
    let rules: AccessRules
    let limits: ServerLimits
    let ledger: UploadLedger
    let allowsDeletion: Bool

    /// A repository to read.
    subscript(_ name: RepositoryName) -> any ServedRepository { content.repository(name) }

    /// A repository to write.
    /// - Throws: ``RegistryFault/readOnly``.
    func writable(_ name: RepositoryName) throws(RegistryFault) -> LayoutRepository {
        guard let store else { throw .readOnly }
        return store.repository(name)
    }
}
