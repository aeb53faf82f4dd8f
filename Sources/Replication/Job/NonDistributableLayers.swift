// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// What becomes of layers whose publisher does not let them be copied everywhere (image-spec, layer.md, "Non-Distributable
/// Layers").
///
/// They are never fetched from the addresses in a manifest.
public enum NonDistributableLayers: String, Hashable, Sendable, CaseIterable {
    /// They are left out.
    case skip
    /// They are copied where the source itself serves them, and left out otherwise.
    case copy
}
