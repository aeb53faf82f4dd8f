// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A JSON document that can be changed in one place and stays as it was everywhere else: order, numbers and unknown keys.
package enum JSONNode: Hashable, Sendable {
    case object([Member])
    case array([JSONNode])
    /// A text, number or word, as it is written.
    case scalar(String)

    /// A key of an object, its escapes resolved, with its value.
    package struct Member: Hashable, Sendable {
        package let key: String
        package var value: JSONNode

        package init(key: String, value: JSONNode) {
            self.key = key
            self.value = value
        }
    }

    /// Reads a document whose outermost value is an object.
    package init(parsing bytes: [UInt8]) throws(StrictJSONError) {
        _ = try StrictJSON.topLevelKeys(of: bytes)
        var parser = Parser(bytes: bytes)
        self = parser.value()
    }

    /// A text.
    package static func text(_ text: String) -> JSONNode { .scalar(StrictJSON.quoted(text)) }

    /// The members, if this is an object.
    package var members: [Member]? { if case .object(let members) = self { members } else { nil } }

    /// The text, if this is one.
    package var text: String? {
        guard case .scalar(let written) = self, written.hasPrefix("\"") else { return nil }
        return Self.unquoted(written)
    }

    /// A member of an object; set it to `nil` to remove it.
    package subscript(key: String) -> JSONNode? {
        get { members?.first { $0.key == key }?.value }
        set {
            guard var members else { return }
            let index = members.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): return
            }
            self = .object(members)
        }
    }

    /// The items, if this is an array.
    package var items: [JSONNode]? { if case .array(let items) = self { items } else { nil } }

    /// The document without any space between its parts.
    package var compact: String {
        switch self {
        case .object(let members):
            "{\(members.map { "\(StrictJSON.quoted($0.key)):\($0.value.compact)" }.joined(separator: ","))}"
        case .array(let items): "[\(items.map(\.compact).joined(separator: ","))]"
        case .scalar(let written): written
        }
    }

    /// The document as docker writes it: a tab for each level.
    package func written(indent: Int = 0) -> String {
        func block(_ open: String, _ items: [String], _ close: String) -> String {
            guard !items.isEmpty else { return open + close }
            let inner = String(repeating: "\t", count: indent + 1)
            return open + "\n" + items.map { inner + $0 }.joined(separator: ",\n") + "\n"
                + String(repeating: "\t", count: indent) + close
        }
        return switch self {
        case .object(let members):
            block("{", members.map { "\(StrictJSON.quoted($0.key)): \($0.value.written(indent: indent + 1))" }, "}")
        case .array(let items): block("[", items.map { $0.written(indent: indent + 1) }, "]")
        case .scalar(let written): written
        }
    }

    fileprivate static func unquoted(_ written: String) -> String? {
        try? JSONDecoder().decode(String.self, from: Data(written.utf8))
    }

    /// Splits what `StrictJSON` has found to be right, so that nothing has to be checked again.
    private struct Parser {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

        private mutating func skipSpace() {
            while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
        }

        mutating func value() -> JSONNode {
            skipSpace()
            switch peek {
            case UInt8(ascii: "{"):
                var members: [Member] = []
                while enters(UInt8(ascii: "}")) {
                    let key = JSONNode.unquoted(string()) ?? ""
                    skipSpace()
                    position += 1
                    members.append(Member(key: key, value: value()))
                }
                return .object(members)
            case UInt8(ascii: "["):
                var items: [JSONNode] = []
                while enters(UInt8(ascii: "]")) { items.append(value()) }
                return .array(items)
            case UInt8(ascii: "\""): return .scalar(string())
            default:
                let start = position
                while let byte = peek, !" \t\r\n,]}".utf8.contains(byte) { position += 1 }
                return .scalar(String(decoding: bytes[start..<position], as: UTF8.self))
            }
        }

        /// Steps over the bracket or comma in front of the next item; `false`, behind the closing bracket, at the end.
        private mutating func enters(_ close: UInt8) -> Bool {
            skipSpace()
            if peek != close { position += 1 }
            skipSpace()
            guard let byte = peek, byte != close else {
                position += 1
                return false
            }
            return true
        }

        private mutating func string() -> String {
            let start = position
            position += 1
            while let byte = peek, byte != UInt8(ascii: "\"") { position += byte == UInt8(ascii: "\\") ? 2 : 1 }
            position += 1
            return String(decoding: bytes[start..<min(position, bytes.count)], as: UTF8.self)
        }
    }
}
