// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Testing

/// The architecture, as a table: which module may import which.
///
/// Imports point down, siblings never import each other, and the engine (`Replication`) knows neither HTTP nor files.
/// To let a module import another one is a decision about the whole program: make it here, on purpose.
@Suite struct LayeringTests {
    struct Row: Sendable {
        /// The modules of this package that may be imported.
        let own: Set<String>
        /// The modules from elsewhere that may be imported; `nil` for any.
        let others: Set<String>?
    }

    static let table: [String: Row] = [
        // The vocabulary: pure values, no input or output, nothing asynchronous.
        "OCI": Row(own: [], others: ["FoundationEssentials"]),
        // What reading and writing content mean.
        "OCIContent": Row(
            own: ["OCI"],
            others: ["NIOCore", "Crypto", "DequeModule", "Synchronization", "FoundationEssentials"]
        ),
        // A registry as an endpoint.
        "OCIRegistry": Row(
            own: ["OCI", "OCIContent"],
            others: [
                "AsyncHTTPClient", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOSSL", "Synchronization",
                "FoundationEssentials",
                // Requests to clouds are signed.
                "Crypto", "CryptoExtras",
                // Helpers that keep credentials are programs; files of credentials need modes, links and fsync.
                "Subprocess", "Glibc",
            ]
        ),
        // A folder or a file as an endpoint.
        "OCILayout": Row(
            own: ["OCI", "OCIContent", "CZlib", "CZstd"],
            others: ["NIOCore", "NIOPosix", "Synchronization", "FoundationEssentials", "Glibc"]
        ),
        // The embedded registry: the one sibling that may see another one, since a store is what it serves.
        "OCIServer": Row(
            own: ["OCI", "OCIContent", "OCILayout", "CCrypt"],
            others: [
                "HummingbirdCore", "HTTPTypes", "Logging", "NIOCertificateReloading", "NIOCore", "NIOHTTP1",
                "NIOHTTPTypes", "NIOHTTPTypesHTTP1", "NIOPosix", "NIOSSL", "ServiceLifecycle", "Synchronization",
                "FoundationEssentials",
            ]
        ),
        // The system's crypt(3): a header, no Swift.
        "CCrypt": Row(own: [], others: []),
        // The system's malloc(3): a header, no Swift.
        "CMalloc": Row(own: [], others: []),
        // The system's zlib and libzstd: headers, no Swift.
        "CZlib": Row(own: [], others: []),
        "CZstd": Row(own: [], others: []),
        // Policy: look, decide, act.
        "Replication": Row(
            own: ["OCI", "OCIContent"],
            others: ["DequeModule", "Synchronization"]
        ),
        // The conformance suite for endpoints, image fixtures, scripted peers.
        "OCITestKit": Row(own: ["OCI", "OCIContent"], others: nil),
        // The edge: commands, configuration, wiring, output.
        "mirror": Row(
            own: ["OCI", "OCIContent", "OCIRegistry", "OCILayout", "OCIServer", "Replication", "CMalloc"],
            others: [
                "ArgumentParser", "Logging", "NIOCore", "ServiceLifecycle", "UnixSignals", "Foundation",
                "Synchronization", "Yams",
            ]
        ),
    ]

    /// The modules that nobody imports, because they are ends: the program, and what tests are built from.
    static let ends: Set<String> = ["mirror", "OCITestKit"]

    /// What breaks the table, as sentences.
    static func violations(of sources: [SourceText], table: [String: Row] = table) -> [String] {
        sources.flatMap { source -> [String] in
            guard let row = table[source.module] else {
                return ["\(source.path): \(source.module) has no row in the table"]
            }
            return source.imports.compactMap { name in
                // The standard library is everywhere.
                if name == "Swift" { return nil }
                let isAllowed =
                    table[name] != nil ? row.own.contains(name) : row.others.map { $0.contains(name) } ?? true
                return isAllowed ? nil : "\(source.path): \(source.module) must not import \(name)"
            }
        }
    }

    @Test func `every import is allowed by the table`() throws {
        let sources = try SourceText.all()
        #expect(sources.count > 20)
        #expect(Self.violations(of: sources) == [])
    }

    @Test func `every folder under Sources has a row, and every row a folder`() throws {
        #expect(try SourceText.modules() == Self.table.keys.sorted())
    }

    @Test func `every module but the ends may be imported by another one`() {
        let imported = Self.table.values.reduce(into: Set<String>()) { $0.formUnion($1.own) }
        #expect(Set(Self.table.keys).subtracting(imported) == Self.ends)
    }

    @Test func `the table has no cycle`() {
        var rest = Self.table
        while let free = rest.keys.sorted().first(where: { rest[$0]?.own.isDisjoint(with: rest.keys) == true }) {
            rest[free] = nil
        }
        #expect(rest.keys.sorted() == [])
    }

    @Test func `modules from elsewhere are not called like our own`() {
        for row in Self.table.values { #expect(row.others?.isDisjoint(with: Self.table.keys) ?? true) }
    }

    @Test func `only the edge and the test kit write to the standard output`() throws {
        for source in try SourceText.all() where !Self.ends.contains(source.module) {
            #expect(source.outputCalls == [], "\(source.path)")
        }
    }

    @Test func `no type hides a module or Swift's own mirror`() throws {
        let forbidden = Set(Self.table.keys).union(["Mirror"])
        for source in try SourceText.all() {
            #expect(Set(source.typeNames).isDisjoint(with: forbidden), "\(source.path)")
        }
    }

    @Test func `every file begins with the header`() throws {
        let header = """
            // mirror: container images from one registry to another
            // SPDX-License-Identifier: Apache-2.0
            """
        for source in try SourceText.all() where !source.path.hasSuffix("/Placeholder.swift") {
            #expect(source.text.hasPrefix(header), "\(source.path)")
        }
    }
}

/// The checks above, tried on texts that break the rules.
@Suite struct LayeringCheckTests {
    private func source(_ module: String, _ text: String) -> SourceText {
        SourceText(module: module, path: "Sources/\(module)/Made.swift", text: text)
    }

    @Test(arguments: [
        ("OCI", "import Foundation", "Foundation"),
        ("OCI", "public import OCIContent", "OCIContent"),
        ("OCIContent", "import OCI\nimport Replication\n", "Replication"),
        ("Replication", "internal import AsyncHTTPClient", "AsyncHTTPClient"),
        ("Replication", "import OCIRegistry", "OCIRegistry"),
        ("OCIRegistry", "import Replication", "Replication"),
        ("OCIRegistry", "import Foundation", "Foundation"),
        ("OCITestKit", "import OCIRegistry", "OCIRegistry"),
        ("Replication", "@preconcurrency import NIOPosix", "NIOPosix"),
        ("Replication", "@_spi(Testing) private import NIOPosix", "NIOPosix"),
        ("Replication", "import struct Foundation.Date", "Foundation"),
        ("Replication", "import class NIOPosix.NIOThreadPool", "NIOPosix"),
        ("Replication", "#if canImport(NIOPosix)\n  import NIOPosix\n#endif", "NIOPosix"),
        ("Replication", "import OCI; import NIOPosix", "NIOPosix"),
        ("Replication", "import NIOPosix // not yet", "NIOPosix"),
        ("Replication", "/* why */ import NIOPosix", "NIOPosix"),
        ("mirror", "import Nobody", "Nobody"),
        ("OCIContent", "import OCITestKit", "OCITestKit"),
    ])
    func `a forbidden import is found`(_ module: String, text: String, name: String) {
        #expect(
            LayeringTests.violations(of: [source(module, text)])
                == ["Sources/\(module)/Made.swift: \(module) must not import \(name)"]
        )
    }

    @Test(arguments: [
        ("OCI", "import FoundationEssentials\n"),
        ("OCI", "import Swift\n"),
        ("OCI", "// import Foundation\n/* import Foundation\nimport Foundation */\n/// import Foundation\n"),
        ("OCI", "let text = \"\"\"\n    import Foundation\n    \"\"\"\n"),
        ("OCI", "let text = #\"\nimport Foundation\n\"#\n"),
        ("OCI", "func important() {}\nlet imports = 1\n"),
        ("OCIContent", "import Crypto\npublic import NIOCore\npublic import OCI\nimport Synchronization\n"),
        ("OCITestKit", "import Anything"),
    ])
    func `what is allowed, and what is no import, is let pass`(_ module: String, text: String) {
        #expect(LayeringTests.violations(of: [source(module, text)]) == [])
    }

    @Test func `a folder without a row is found`() {
        #expect(
            LayeringTests.violations(of: [source("OCISecret", "import OCI")])
                == ["Sources/OCISecret/Made.swift: OCISecret has no row in the table"]
        )
    }

    @Test(arguments: [
        ("print(1)", ["print"]),
        ("Swift.print(\"x\"); debugPrint (2)", ["print", "debugPrint"]),
        ("if a { dump(b) }", ["dump"]),
        ("fingerprint(1); blueprint(2); let print = 3; printer(4)", []),
        ("// print(1)\n/* print(2) /* print(3) */ print(4) */ let text = \"print(5)\"", []),
        ("let a = \"\\\"\"; print(1)", ["print"]),
        ("let a = #\"\\\"#; print(1)", ["print"]),
    ])
    func `a call that writes is found, and nothing else`(_ text: String, calls: [String]) {
        #expect(source("OCI", text).outputCalls == calls)
    }

    @Test(arguments: [
        ("struct Mirror {}", ["Mirror"]),
        ("public final class OCI: Sendable {}", ["OCI"]),
        ("enum `Replication` { case struct1 }", ["Replication"]),
        ("extension A { typealias Mirror = B }", ["Mirror"]),
        ("protocol P { associatedtype Mirror }", ["P", "Mirror"]),
        ("// struct Mirror\nlet text = \"class Mirror\"", []),
        ("struct Mirrored {}\nactor MyMirror {}", ["Mirrored", "MyMirror"]),
    ])
    func `the types of a file are found`(_ text: String, names: [String]) {
        #expect(source("OCI", text).typeNames == names)
    }
}
