// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// When images were made, as far as earlier runs found out; what has a digest keeps its date for ever.
public protocol DateHints: Sendable {
    /// Seconds since 1970, UTC; `nil` if it is not known.
    func date(of image: Digest) -> Int64?

    /// Takes note of an image's date.
    func note(_ seconds: Int64, for image: Digest)
}

/// Knows nothing.
public struct NoDateHints: DateHints {
    /// Makes one.
    public init() {}

    /// Always `nil`.
    public func date(of image: Digest) -> Int64? { nil }

    /// Does nothing.
    public func note(_ seconds: Int64, for image: Digest) {}
}
