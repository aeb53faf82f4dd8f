// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// An error that knows whether trying again can help.
public protocol TransientError: Error {
    /// Whether the same request can end better when it is made again.
    var isTransient: Bool { get }

    /// How long the other side asks to be left alone, if it does.
    var retryAfter: Duration? { get }
}

extension TransientError {
    /// Most errors come with no wish.
    public var retryAfter: Duration? { nil }
}
