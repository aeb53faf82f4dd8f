// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// How much is asked of a registry at once, and how long anything may take.
public struct RegistryLimits: Sendable, Hashable {
    /// Requests under way at once, for reading and for writing each.
    public var requests: Int
    /// How long a connection may take to be made.
    public var connectTimeout: Duration
    /// How long nothing may move in a request.
    public var idleTimeout: Duration
    /// How long a registry may take to confirm a blob after its last byte: it may have to hash or move it.
    public var commitTimeout: Duration
    /// Blobs above this size are sent in pieces where an upload can go on after an interruption.
    public var piecesAbove: Int64

    /// Makes limits.
    public init(
        requests: Int = 16,
        connectTimeout: Duration = .seconds(15),
        idleTimeout: Duration = .seconds(60),
        commitTimeout: Duration = .seconds(900),
        piecesAbove: Int64 = 64 << 20
    ) {
        self.requests = requests
        self.connectTimeout = connectTimeout
        self.idleTimeout = idleTimeout
        self.commitTimeout = commitTimeout
        self.piecesAbove = piecesAbove
    }
}
