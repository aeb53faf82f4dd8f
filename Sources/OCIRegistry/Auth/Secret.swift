// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A text that must not be seen: a password or a token.
///
/// Printing, interpolating or dumping it shows `***`.
public struct Secret: Hashable, Sendable {
    /// The text itself.
    ///
    /// Whoever reads this hands it to a server, a helper program or a file of credentials, and to nobody else.
    public let exposed: String

    /// Takes a text.
    public init(_ text: String) { exposed = text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `***`.
    public var description: String { "***" }

    /// Always `***`.
    public var debugDescription: String { "***" }

    /// Shows no parts, so that `dump` prints nothing.
    public var customMirror: Swift.Mirror { Swift.Mirror(self, children: []) }
}
