// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A cloud that gives credentials to those whom it runs or knows.
public enum CloudProvider: String, Hashable, Sendable, CaseIterable {
    /// Amazon Web Services, for Elastic Container Registry.
    case aws
    /// Google Cloud, for Artifact Registry and Container Registry.
    case google
    /// Microsoft Azure, for Azure Container Registry.
    case azure
}
