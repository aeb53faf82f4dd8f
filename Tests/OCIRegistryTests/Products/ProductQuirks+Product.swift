// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIRegistry
import OCITestKit

extension ProductQuirks {
    /// The product; `nil` for a name that a config file does not know.
    var product: RegistryProduct? { RegistryProduct(rawValue: configuredName) }
}
