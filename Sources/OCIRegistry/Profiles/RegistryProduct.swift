// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// The software or service that a registry is.
///
/// Products differ in what they make of an upload that is interrupted, and of one that comes in pieces. The raw value is
/// what a config file calls it.
public enum RegistryProduct: String, CaseIterable, Hashable, Sendable {
    /// Docker's registry (CNCF distribution) 2.x.
    case distribution2 = "distribution-2"
    /// CNCF distribution 3.
    case distribution3 = "distribution-3"
    /// The registry of this program.
    case mirror
    case dockerHub = "docker-hub"
    case ecr
    case ghcr
    case acr
    case gar
    case quay
    case harbor
    case gitlab
    case artifactory
    /// Does all that the OCI distribution spec says, and checks what it is sent.
    case oci
    /// Confirms without checking.
    case lenient

    /// The product that a hosted registry is known to be by its name; `nil` for others.
    public init?(knownBy host: RegistryHost) {
        guard let product = ProductDetection.product(of: host) else { return nil }
        self = product
    }
}
