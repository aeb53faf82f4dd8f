// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCILayout

/// A store with what is allowed on it, as all routes share it.
struct ServedStore: Sendable {
    let store: LayoutStore
    let rules: AccessRules
    let limits: ServerLimits
    let ledger: UploadLedger
    let isReadOnly: Bool
    let allowsDeletion: Bool

    subscript(_ name: RepositoryName) -> LayoutRepository { store.repository(name) }
}
