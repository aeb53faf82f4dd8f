// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The little that is read of answers in XML.
enum XMLText {
    /// The text of the first element of a name, if it is plain: no markup and no escapes.
    static func element(_ name: String, in bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self), let start = text.firstRange(of: "<\(name)>") else {
            return nil
        }
        let content = text[start.upperBound...].prefix { $0 != "<" }
        guard text[content.endIndex...].hasPrefix("</\(name)>"), !content.isEmpty,
            content.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "&") })
        else { return nil }
        return String(content)
    }
}
