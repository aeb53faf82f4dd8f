// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Testing

@testable import mirror

/// The example that users copy from, and the schema that their editors check by.
@Suite struct ExampleFileTests {
    private static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "mirror.yaml.example").path
    private let text: String
    private let validator: SchemaValidator

    init() throws {
        text = String(decoding: try Data(contentsOf: URL(filePath: Self.path)), as: UTF8.self)
        validator = try SchemaValidator(ConfigSchema.document(FileKeys.shape, required: [FileKeys.version.name]))
    }

    /// The names of all keys that a schema knows.
    private static func names(_ schema: ConfigSchema) -> Set<String> {
        switch schema {
        case .text, .flag, .number, .choice: []
        case .list(let item): names(item)
        case .named(let value): names(value)
        case .either(let forms): forms.reduce(into: []) { $0.formUnion(names($1)) }
        case .mapping(let shape): shape.fields.reduce(into: Set(shape.names)) { $0.formUnion(names($1.schema)) }
        }
    }

    @Test func `the example is read without a mistake`() throws {
        let configuration = try MirrorConfiguration.read(Self.path)
        #expect(configuration.jobs.map(\.name) == ["base-images", "team", "listed", "manifests"])
        #expect(configuration.registries.count == 9)
    }

    @Test func `every key that is known stands in the example`() throws {
        let known = Self.names(.mapping(FileKeys.shape))
        #expect(known.count > 35)
        #expect(known.isSuperset(of: ["version", "requests", "env", "pushed-within", "by", "as", "overwrite"]))
        let keys = try PlainValue(yaml: text).keys
        #expect(known.subtracting(keys).sorted() == [])
    }

    @Test func `the example is valid by the schema`() throws {
        #expect(try validator.problems(in: PlainValue(yaml: text)) == [])
    }

    @Test func `the schema says of every key what it means`() throws {
        func check(_ schema: PlainValue) {
            for (name, property) in schema.fields["properties"]?.fields ?? [:] {
                let about = property.fields["description"]?.string ?? ""
                #expect(about.hasSuffix("."), "\(name)")
                check(property)
            }
            for nested in ["items", "additionalProperties"].compactMap({ schema.fields[$0] }) { check(nested) }
            for form in schema.fields["anyOf"]?.items ?? [] { check(form) }
        }
        check(validator.schema)
        #expect(validator.schema.fields["$schema"] == .text("https://json-schema.org/draft/2020-12/schema"))
    }

    @Test(arguments: [
        "version: 1", "{\"version\": 1, \"jobs\": {}}", "version: 1\njobs:\nregistries:\ndefaults:\n",
        "version: 1\nregistries: { r.lan: , s.lan: { limits: , minimum-tls: 1.2 }, t.lan: { minimum-tls: '1.3' } }",
        "version: 1\nregistries: { r.lan: { credentials: { username: 42, password: { file: 7 } } } }",
        "version: 1\nregistries: { r.lan: { credentials: [{ helper: a, repositories: [b/**, 3] }, { helper: c }] } }",
        "version: 1\njobs: { a: { from: a.lan/, to: b.lan/ } }",
        "version: 1\njobs: { a: { from: a.lan/, to: b.lan/, tags: [1.20, 3, 'x', /y/] } }",
        "version: 1\njobs: { a: { from: a.lan/, to: b.lan/, tags: { semver: 1.20, newest: 3, include: , exclude: [7] } } }",
        "version: 1\njobs: { a: { from: a.lan/, to: b.lan/, repositories: [a, { name: b, tags: , digests: }] } }",
        "version: 1\njobs: { a: { from: a.lan/, to: b.lan/, tags: { newest: { count: 1, by: date }, pushed-within: 90d } } }",
    ])
    func `the schema takes what the reader takes`(_ text: String) throws {
        #expect(throws: Never.self) { try MirrorConfiguration(parsing: Array(text.utf8), file: "m") }
        #expect(try validator.problems(in: PlainValue(yaml: text)) == [])
    }

    @Test(
        arguments: [
            ("jobs: {}", ["$: required version"]),
            ("version: 2", ["$.version: maximum"]),
            ("version: '1'", ["$.version: type"]),
            ("[]", ["$: type"]),
            ("version: 1\nregistry: {}", ["$.registry: not allowed"]),
            ("version: 1\nregistries: [r.lan]", ["$.registries: type"]),
            ("version: 1\nregistries: { r.lan: { trasport: http } }", ["$.registries.r.lan.trasport: not allowed"]),
            ("version: 1\nregistries: { r.lan: { transport: ftp } }", ["$.registries.r.lan.transport: enum"]),
            ("version: 1\nregistries: { r.lan: { minimum-tls: 1.1 } }", ["$.registries.r.lan.minimum-tls: enum"]),
            (
                "version: 1\nregistries: { r.lan: { limits: { requests: 0 } } }",
                ["$.registries.r.lan.limits.requests: minimum"]
            ),
            (
                "version: 1\nregistries: { r.lan: { limits: { requests: 257 } } }",
                ["$.registries.r.lan.limits.requests: maximum"]
            ),
            (
                "version: 1\nregistries: { r.lan: { limits: { requests: 1.5 } } }",
                ["$.registries.r.lan.limits.requests: type"]
            ),
            (
                "version: 1\nregistries: { r.lan: { timeouts: { idle: 15 } } }",
                ["$.registries.r.lan.timeouts.idle: type"]
            ),
            (
                "version: 1\nregistries: { r.lan: { timeouts: { idle: 15 s } } }",
                ["$.registries.r.lan.timeouts.idle: pattern"]
            ),
            (
                "version: 1\nregistries: { r.lan: { skip-certificate-verification: maybe } }",
                ["$.registries.r.lan.skip-certificate-verification: type"]
            ),
            (
                "version: 1\nregistries: { r.lan: { credentials: { username: a, password: b } } }",
                ["$.registries.r.lan.credentials: anyOf"]
            ),
            ("version: 1\nregistries: { r.lan: { upload-hosts: u.lan } }", ["$.registries.r.lan.upload-hosts: type"]),
            ("version: 1\njobs: { a: { from: a.lan/ } }", ["$.jobs.a: required to"]),
            ("version: 1\njobs: { a: }", ["$.jobs.a: type"]),
            (
                "version: 1\njobs: { a: { from: a.lan/, to: b.lan/, overwrite: sometimes } }",
                ["$.jobs.a.overwrite: enum"]
            ),
            ("version: 1\njobs: { a: { from: a.lan/, to: b.lan/, repositories: x } }", ["$.jobs.a.repositories: type"]),
            (
                "version: 1\njobs: { a: { from: a.lan/, to: b.lan/, repositories: [{ as: x }] } }",
                ["$.jobs.a.repositories[0]: anyOf"]
            ),
            (
                "version: 1\njobs: { a: { from: a.lan/, to: b.lan/, repositories: [{ name: x, tag: y }] } }",
                ["$.jobs.a.repositories[0]: anyOf"]
            ),
            ("version: 1\njobs: { a: { from: a.lan/, to: b.lan/, tags: { newest: 0 } } }", ["$.jobs.a.tags: anyOf"]),
            (
                "version: 1\njobs: { a: { from: a.lan/, to: b.lan/, tags: { newest: { by: date } } } }",
                ["$.jobs.a.tags: anyOf"]
            ),
            ("version: 1\njobs: { a: { from: a.lan/, to: b.lan/, tags: 1 } }", ["$.jobs.a.tags: anyOf"]),
            ("version: 1\ndefaults: { overwrites: never }", ["$.defaults.overwrites: not allowed"]),
            ("version: 1\njobs: { a: { from: a.lan/, to: b.lan/, images-from: x } }", ["$.jobs.a.images-from: type"]),
        ] as [(String, [String])]
    )
    func `the schema refuses what the reader refuses, at the same place`(_ text: String, problems: [String]) throws {
        #expect(throws: ConfigMistakes.self) { try MirrorConfiguration(parsing: Array(text.utf8), file: "m") }
        #expect(try validator.problems(in: PlainValue(yaml: text)) == problems)
    }

    @Test func `a schema with a word that the validator does not know is not taken for one that allows everything`()
        throws
    {
        let validator = try SchemaValidator(#"{"type":"object","maxProperties":0}"#)
        #expect(throws: SchemaValidator.UnknownKeyword.self) { try validator.problems(in: .object([:])) }
    }
}
