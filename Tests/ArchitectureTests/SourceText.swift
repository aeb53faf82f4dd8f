// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A Swift source file of the package.
struct SourceText: Sendable {
    /// The folder under `Sources/` that it is in, which is its module.
    let module: String
    /// The path from the root of the package.
    let path: String
    /// Its text.
    let text: String

    /// Every Swift file under `Sources/`.
    static func all() throws -> [SourceText] {
        let root = packageRoot.appending(path: "Sources")
        return try modules()
            .flatMap { module in
                let folder = root.appending(path: module).path
                return try FileManager.default.subpathsOfDirectory(atPath: folder)
                    .filter { $0.hasSuffix(".swift") }
                    .sorted()
                    .map { path in
                        let text = try String(contentsOfFile: "\(folder)/\(path)", encoding: .utf8)
                        return SourceText(module: module, path: "Sources/\(module)/\(path)", text: text)
                    }
            }
    }

    /// The folders under `Sources/`.
    static func modules() throws -> [String] {
        let root = packageRoot.appending(path: "Sources")
        return try FileManager.default.contentsOfDirectory(atPath: root.path)
            .filter { name in
                var isFolder: ObjCBool = false
                let path = root.appending(path: name).path
                return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
            }
            .sorted()
    }

    /// The folder that holds `Package.swift`: the nearest above this file.
    static var packageRoot: URL {
        var folder = URL(filePath: #filePath).deletingLastPathComponent()
        while !FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path), folder.path != "/"
        {
            folder.deleteLastPathComponent()
        }
        return folder
    }

    /// The text without comments and without what stands between quotes.
    var code: String {
        var out: [Character] = []
        var rest = Array(text)[...]
        var commentDepth = 0
        func starts(_ mark: String) -> Bool { rest.starts(with: mark) }
        while let character = rest.first {
            if starts("/*") {
                commentDepth += 1
                rest = rest.dropFirst(2)
            } else if commentDepth > 0 {
                let isEnd = starts("*/")
                if isEnd { commentDepth -= 1 }
                if character.isNewline { out.append(character) }
                rest = rest.dropFirst(isEnd ? 2 : 1)
            } else if starts("//") {
                rest = rest.drop { !$0.isNewline }
            } else if let quoted = Self.lengthOfQuoted(rest) {
                out += [" "] + rest.prefix(quoted).filter(\.isNewline)
                rest = rest.dropFirst(quoted)
            } else {
                out.append(character)
                rest = rest.dropFirst()
            }
        }
        return String(out)
    }

    /// How long the string literal is that begins here, if one does.
    private static func lengthOfQuoted(_ text: ArraySlice<Character>) -> Int? {
        let hashes = text.prefix { $0 == "#" }.count
        let afterHashes = text.dropFirst(hashes)
        guard afterHashes.first == "\"" else { return nil }
        let quote = afterHashes.starts(with: "\"\"\"") ? "\"\"\"" : "\""
        let end = quote + String(repeating: "#", count: hashes)
        let escape = "\\" + String(repeating: "#", count: hashes)
        var rest = afterHashes.dropFirst(quote.count)
        while !rest.isEmpty, !rest.starts(with: end) {
            rest = rest.dropFirst(rest.starts(with: escape) ? escape.count + 1 : 1)
        }
        return text.count - rest.dropFirst(end.count).count
    }

    /// The modules that the file imports.
    var imports: [String] {
        let line = /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(.+)$/
        return code.split(whereSeparator: \.isNewline)
            .flatMap { text -> [String] in
                text.split(separator: ";")
                    .compactMap { statement in
                        guard let match = String(statement).wholeMatch(of: line) else { return nil }
                        let words = match.1.split(separator: " ")
                        let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias", "actor"]
                        let name =
                            words.first.map(String.init).flatMap { kinds.contains($0) ? nil : $0 }
                            ?? String(words.last ?? "")
                        return name.split(separator: ".").first.map(String.init)
                    }
            }
    }

    /// The names of the types that the file declares, wherever they stand.
    var typeNames: [String] {
        let declaration = /\b(?:struct|class|enum|actor|protocol|typealias|associatedtype)\s+`?([A-Za-z_]\w*)`?/
        return code.matches(of: declaration.wordBoundaryKind(.simple)).map { String($0.1) }
    }

    /// The functions that write to the standard output and are called by name.
    var outputCalls: [String] {
        let call = /\b(print|debugPrint|dump|puts|putchar|printf)\s*\(/
        return code.matches(of: call.wordBoundaryKind(.simple)).map { String($0.1) }
    }
}
