// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A key of the config file: what it is called, what it means, and what may stand there.
///
/// The reader, the list of known keys and the JSON Schema are all made from it.
struct ConfigKey<Value>: Sendable {
    let name: String
    /// One sentence for people; it stands in the schema.
    let about: String
    let schema: ConfigSchema
    /// Reads a value; reports what is wrong with it and returns `nil`.
    let read: @Sendable (ConfigNode, ConfigReader) -> Value?

    init(
        _ name: String,
        _ about: String,
        _ schema: ConfigSchema,
        read: @escaping @Sendable (ConfigNode, ConfigReader) -> Value?
    ) {
        self.name = name
        self.about = about
        self.schema = schema
        self.read = read
    }

    /// The key without the type of its value.
    var field: ConfigField { ConfigField(name: name, about: about, schema: schema) }
}

/// A key without the type of its value: what the schema says of it.
struct ConfigField: Sendable {
    let name: String
    let about: String
    let schema: ConfigSchema
}

/// The keys of one kind of mapping.
struct ConfigShape: Sendable {
    let fields: [ConfigField]
    /// The keys that must be there.
    let required: [String]

    init(_ fields: [ConfigField], required: [String] = []) {
        self.fields = fields
        self.required = required
    }

    var names: [String] { fields.map(\.name) }
}

extension ConfigKey where Value == String {
    /// A text.
    static func text(_ name: String, _ about: String, expected: String = "a text") -> Self {
        Self(name, about, .text()) { node, reader in reader.text(node, expected) }
    }

    /// The path of a file; relative to the folder of the config file.
    static func path(_ name: String, _ about: String) -> Self {
        Self(name, about, .text()) { node, reader in reader.path(node) }
    }
}

extension ConfigKey where Value == Bool {
    /// `true` or `false`.
    static func flag(_ name: String, _ about: String) -> Self {
        Self(name, about, .flag) { node, reader in reader.flag(node) }
    }
}

extension ConfigKey where Value == Int {
    /// A whole number.
    static func number(_ name: String, _ about: String, in range: ClosedRange<Int>) -> Self {
        Self(name, about, .number(range)) { node, reader in reader.number(node, in: range) }
    }
}

extension ConfigKey where Value == Duration {
    /// A duration.
    static func duration(_ name: String, _ about: String, in range: ClosedRange<ConfigDuration>) -> Self {
        Self(name, about, .text(pattern: ConfigDuration.pattern)) { node, reader in reader.duration(node, in: range) }
    }
}

extension ConfigKey where Value: RawRepresentable<String> & CaseIterable & Sendable {
    /// One of a few words.
    static func choice(_ name: String, _ about: String) -> Self {
        Self(name, about, .choice(Value.allCases.map(\.rawValue))) { node, reader in reader.choice(node, Value.self) }
    }
}

extension ConfigKey {
    /// A list of which each item is read alike; items that are wrong are reported and left out.
    static func list<Item>(
        _ name: String,
        _ about: String,
        of schema: ConfigSchema,
        read: @escaping @Sendable (ConfigNode, ConfigReader) -> Item?
    ) -> Self where Value == [Item] {
        Self(name, about, .list(schema)) { node, reader in
            reader.list(node)?.compactMap { read($0, reader) }
        }
    }
}
