// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import OCILayout

/// A folder for one test, removed with the value.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("\(NSTemporaryDirectory())/layout-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func below(_ name: String) -> String { "\(path)/\(name)" }

    func read(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: below(name)))) }

    func write(_ bytes: [UInt8], to name: String) throws {
        let url = URL(filePath: below(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: below(name)) }

    /// All files below a folder, by their paths.
    func files(_ name: String = "") -> [String] {
        let items = FileManager.default.subpaths(atPath: below(name)) ?? []
        return
            items.filter { item in
                var isFolder: ObjCBool = false
                return FileManager.default.fileExists(atPath: below("\(name)/\(item)"), isDirectory: &isFolder)
                    && !isFolder.boolValue
            }
            .sorted()
    }
}

/// Opens a store in a folder of its own, and ends it.
func withStore<Value>(
    _ body: (LayoutStore, TemporaryFolder) async throws -> Value
) async throws -> Value {
    let folder = try TemporaryFolder()
    return try await withStore(in: folder) { try await body($0, folder) }
}

/// Opens the store in a folder, and ends it.
func withStore<Value>(
    in folder: TemporaryFolder,
    observer: FileStep.Observer? = nil,
    _ body: (LayoutStore) async throws -> Value
) async throws -> Value {
    let store = try await LayoutStore.open(at: folder.path, observer: observer)
    do {
        let value = try await body(store)
        try await store.shutdown()
        return value
    } catch {
        try? await store.shutdown()
        throw error
    }
}
