// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Yams

/// A value of a YAML or JSON document.
indirect enum PlainValue: Hashable, Decodable {
    case null
    case flag(Bool)
    case integer(Int)
    case decimal(Double)
    case text(String)
    case list([PlainValue])
    case object([String: PlainValue])

    /// What a file says, as any reader of YAML understands it.
    init(yaml: String) throws { self.init(try Yams.load(yaml: yaml) ?? NSNull()) }

    private init(_ value: Any) {
        switch value {
        case let value as Bool: self = .flag(value)
        case let value as Int: self = .integer(value)
        case let value as Double: self = .decimal(value)
        case let value as String: self = .text(value)
        case let value as [Any]: self = .list(value.map { PlainValue($0) })
        case let value as [AnyHashable: Any]:
            self = .object(Dictionary(value.map { ("\($0.key)", PlainValue($0.value)) }) { $1 })
        default: self = .null
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .decimal(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([PlainValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: PlainValue].self))
        }
    }

    var fields: [String: PlainValue] { if case .object(let fields) = self { fields } else { [:] } }
    var items: [PlainValue] { if case .list(let items) = self { items } else { [] } }
    var string: String? { if case .text(let text) = self { text } else { nil } }

    /// All keys of all objects in it.
    var keys: Set<String> {
        switch self {
        case .list(let items): items.reduce(into: []) { $0.formUnion($1.keys) }
        case .object(let fields): fields.values.reduce(into: Set(fields.keys)) { $0.formUnion($1.keys) }
        default: []
        }
    }
}

/// Says what of a document a JSON Schema does not allow; knows nothing of how the schema was made.
struct SchemaValidator {
    /// A part of a schema that this does not understand, and so cannot judge by.
    struct UnknownKeyword: Error { let keyword: String }

    let schema: PlainValue

    init(_ text: String) throws { schema = try JSONDecoder().decode(PlainValue.self, from: Data(text.utf8)) }

    /// `path: keyword` for everything that is wrong; empty for a document that is valid.
    func problems(in document: PlainValue) throws -> [String] { try problems(document, schema, "$").sorted() }

    private func problems(_ value: PlainValue, _ schema: PlainValue, _ path: String) throws -> [String] {
        // `true` and `false` are schemas, too.
        if case .flag(let isAllowed) = schema { return isAllowed ? [] : ["\(path): not allowed"] }
        let fields = schema.fields
        var problems: [String] = []
        func check(_ holds: Bool, _ keyword: String) { if !holds { problems.append("\(path): \(keyword)") } }
        for (keyword, rule) in fields {
            switch keyword {
            case "$schema", "title", "description": check(rule.string != nil, "schema")
            case "type":
                check((rule.items + [rule]).contains { $0.string.map { Self.isType(value, $0) } ?? false }, keyword)
            case "enum": check(rule.items.contains(value), keyword)
            case "pattern":
                guard case .text(let text) = value, let pattern = rule.string else { break }
                check(try text.firstMatch(of: Regex(pattern)) != nil, keyword)
            case "minimum": if let pair = Self.numbers(value, rule) { check(pair.0 >= pair.1, keyword) }
            case "maximum": if let pair = Self.numbers(value, rule) { check(pair.0 <= pair.1, keyword) }
            case "required":
                guard case .object(let members) = value else { break }
                for name in rule.items.compactMap(\.string) { check(members[name] != nil, "required \(name)") }
            case "items":
                for (index, item) in value.items.enumerated() {
                    problems += try self.problems(item, rule, "\(path)[\(index)]")
                }
            case "properties":
                for (name, member) in value.fields {
                    problems += try rule.fields[name].map { try self.problems(member, $0, "\(path).\(name)") } ?? []
                }
            case "additionalProperties":
                let known = fields["properties"]?.fields ?? [:]
                for (name, member) in value.fields where known[name] == nil {
                    problems += try self.problems(member, rule, "\(path).\(name)")
                }
            case "anyOf":
                let attempts = try rule.items.map { try self.problems(value, $0, path) }
                check(attempts.contains { $0.isEmpty }, keyword)
            default: throw UnknownKeyword(keyword: keyword)
            }
        }
        return problems
    }

    private static func isType(_ value: PlainValue, _ type: String) -> Bool {
        switch (value, type) {
        case (.null, "null"), (.flag, "boolean"), (.integer, "integer"), (.integer, "number"), (.decimal, "number"),
            (.text, "string"), (.list, "array"), (.object, "object"):
            true
        case (.decimal(let number), "integer"): number == number.rounded()
        default: false
        }
    }

    private static func numbers(_ value: PlainValue, _ rule: PlainValue) -> (Double, Double)? {
        func number(_ value: PlainValue) -> Double? {
            switch value {
            case .integer(let number): Double(number)
            case .decimal(let number): number
            default: nil
            }
        }
        return number(value).flatMap { value in number(rule).map { (value, $0) } }
    }
}
