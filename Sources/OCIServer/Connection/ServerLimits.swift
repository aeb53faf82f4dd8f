// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// What one client, and all of them, may use of a server.
public struct ServerLimits: Sendable {
    /// Connections at the same time; others wait until one ends.
    public var connections = 1000
    /// The bytes of all header fields of a request.
    public var headerBytes = 64 << 10
    /// The bytes of one header field.
    public var headerFieldBytes = 16 << 10
    /// The header fields of a request.
    public var headerFields = 100
    /// How long a connection may be silent between two requests.
    public var idleTimeout = TimeAmount.seconds(120)
    /// How long a head may take from its first byte to its last.
    public var headTimeout = TimeAmount.seconds(20)
    /// How long a body may bring less than ``bodyMinimum`` while it is waited for.
    public var bodyTimeout = TimeAmount.seconds(60)
    /// The bytes that a body must bring in each ``bodyTimeout``.
    public var bodyMinimum = 1024
    /// How long a client may take nothing of an answer.
    public var writeTimeout = TimeAmount.seconds(120)
    /// How long a connection that is over may be silent until it is closed; as long as its client still sends, it is read, so
    /// that the client sees the last answer.
    public var lingerTimeout = TimeAmount.seconds(2)
    /// How long a connection that is over is read at most.
    public var longestLinger = TimeAmount.seconds(30)
    /// The bytes of a manifest.
    public var manifestBytes = 4 << 20
    /// The uploads of one client that may be open at the same time.
    public var uploadsPerClient = 256
    /// The uploads of all clients.
    public var uploads = 4096
    /// The bytes of all open uploads.
    public var uploadBytes = Int64.max
    /// How long an upload may receive nothing until it is removed.
    public var uploadAge = TimeAmount.hours(24)
    /// How often is looked for such uploads.
    public var purgeInterval = TimeAmount.minutes(10)

    /// The usual limits.
    public init() {}
}
