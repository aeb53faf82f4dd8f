// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Why a text is not a pattern of repositories or tags.
public struct PatternError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Reason: Hashable, Sendable {
        /// There is nothing.
        case empty
        /// It has more bytes than allowed.
        case tooLong(Int)
        /// The byte at the offset cannot stand in a name, and is no wildcard.
        case character
        /// There is nothing between two slashes, or before or behind one.
        case emptyComponent
        /// `**` stands beside other characters; it stands for whole components.
        case doubleStar
        /// A part without wildcards is no name.
        case name(NameError.Reason)
        /// The slash that ends a regular expression is missing.
        case unclosedExpression
        /// Something follows the slash that ends a regular expression.
        case afterExpression
        /// The regular expression cannot be used; the text is the compiler's.
        case expression(String)
    }

    /// The text that was to be read.
    public let text: String
    /// The byte in the text at which the mistaken part begins, from 0.
    public let offset: Int
    /// What is wrong.
    public let reason: Reason
}
