// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// An error that knows whether trying again can help.
public protocol TransientError: Error {
    /// Whether the same request can end better when it is made again.
    var isTransient: Bool { get }

    /// How long the other side asks to be left alone, if it does.
    var retryAfter: Duration? { get }

    /// How often the request may be made in all, where that is less than for other errors.
    var attemptLimit: Int? { get }
}

extension TransientError {
    /// Most errors come with no wish.
    public var retryAfter: Duration? { nil }

    /// Most errors can be met again as often as any.
    public var attemptLimit: Int? { nil }
}
