// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// How much of a run is under way at once; memory grows with these, never with the size of what is copied.
public struct RunLimits: Hashable, Sendable {
    /// Repositories whose tags are being listed and compared.
    public var routes: Int
    /// Images whose manifests are held in memory.
    public var roots: Int
    /// Blobs on their way.
    public var blobs: Int

    /// Makes limits.
    public init(routes: Int = 8, roots: Int = 32, blobs: Int = 16) {
        self.routes = routes
        self.roots = roots
        self.blobs = blobs
    }
}
