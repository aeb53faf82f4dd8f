// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What may stand at one place of the config file, as far as JSON Schema can say it.
indirect enum ConfigSchema: Sendable {
    /// A text, perhaps of a form that a regular expression tells.
    case text(pattern: String? = nil)
    case flag
    case number(ClosedRange<Int>)
    case choice([String])
    case list(ConfigSchema)
    /// A mapping of known keys.
    case mapping(ConfigShape)
    /// A mapping whose keys are names of the user's.
    case named(ConfigSchema)
    /// One of several forms.
    case either([ConfigSchema])

    /// The schema of whole files, as a document of JSON Schema 2020-12.
    /// - Parameter required: Keys that must be there, besides those of which the shape says so.
    static func document(_ shape: ConfigShape, required: [String] = []) -> String {
        var root = mapping(ConfigShape(shape.fields, required: shape.required + required)).json.fields
        root["$schema"] = .text("https://json-schema.org/draft/2020-12/schema")
        root["title"] = .text("mirror.yaml")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(SchemaValue.object(root)) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    private var json: SchemaValue {
        switch self {
        case .text(let pattern):
            // YAML reads 1.20 as a number; what is written is what counts.
            pattern.map { .object(["type": .text("string"), "pattern": .text($0)]) }
                ?? .object(["type": .list([.text("string"), .text("number")])])
        case .flag: .object(["type": .text("boolean")])
        case .number(let range):
            .object([
                "type": .text("integer"), "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound),
            ])
        case .choice(let words):
            // Without quotes, YAML reads a word such as 1.2 as a number.
            .object(["enum": .list(words.map { .text($0) } + words.compactMap(Double.init).map { .decimal($0) })])
        case .list(let item): .object(["type": .list([.text("array"), .text("null")]), "items": item.json])
        case .mapping(let shape): Self.json(of: shape)
        case .named(let value):
            .object(["type": .list([.text("object"), .text("null")]), "additionalProperties": value.json])
        case .either(let forms): .object(["anyOf": .list(forms.map(\.json))])
        }
    }

    private static func json(of shape: ConfigShape) -> SchemaValue {
        var properties: [String: SchemaValue] = [:]
        for field in shape.fields {
            var value = field.schema.json.fields
            value["description"] = .text(field.about)
            properties[field.name] = .object(value)
        }
        var object: [String: SchemaValue] = [
            "type": .list([.text("object"), .text("null")]), "properties": .object(properties),
            "additionalProperties": .flag(false),
        ]
        if !shape.required.isEmpty {
            object["type"] = .text("object")
            object["required"] = .list(shape.required.map { .text($0) })
        }
        return .object(object)
    }
}

/// A JSON value of a schema.
private indirect enum SchemaValue: Encodable {
    case text(String)
    case number(Int)
    case decimal(Double)
    case flag(Bool)
    case list([SchemaValue])
    case object([String: SchemaValue])

    var fields: [String: SchemaValue] { if case .object(let fields) = self { fields } else { [:] } }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        case .decimal(let number): try container.encode(number)
        case .flag(let flag): try container.encode(flag)
        case .list(let items): try container.encode(items)
        case .object(let fields): try container.encode(fields)
        }
    }
}
