// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A value that is one text in JSON, checked when it is read.
public protocol TextCodable: Codable, CustomStringConvertible {
    /// Reads the text.
    /// - Throws: An error that says what is wrong with it.
    init(_ text: String) throws
}

extension TextCodable {
    /// Reads the value from a JSON string; throws what ``init(_:)`` throws.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the value as a JSON string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Digest: TextCodable {}
extension RepositoryName: TextCodable {}
extension TagName: TextCodable {}
extension RegistryHost: TextCodable {}
