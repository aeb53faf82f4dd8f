// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Removes content that nothing points to.
public enum BlobSweep {
    /// How long content is safe after it was last written, linked or asked for, in seconds.
    public static let defaultGrace: Int64 = 3600
}
