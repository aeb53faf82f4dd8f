// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIRegistry
import OCITestKit

extension ProductQuirks {
    /// What a config file calls the product.
    var product: RegistryProduct? {
        switch name {
        case "strict": .oci
        case "embedded": .mirror
        case "distribution2": .distribution2
        case "distribution3": .distribution3
        case "hub": .dockerHub
        case "lazy": .lenient
        default: RegistryProduct(rawValue: name)
        }
    }
}
