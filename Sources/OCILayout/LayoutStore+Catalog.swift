// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent
import Synchronization

extension LayoutStore {
    /// The names of the repositories that have at least one manifest, in order.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> {
        Pages {
            var last: RepositoryName?
            var isOver = false
            return {
                if isOver { return nil }
                let page = try await self.repositories(after: last, limit: 1000)
                last = page.last
                isOver = page.count < 1000
                return page
            }
        }
    }

    /// The names of repositories behind `after` in bytewise order, at most `limit`.
    public func repositories(after: RepositoryName?, limit: Int) async throws -> [RepositoryName] {
        try await files.run { [folders, states] in
            guard let root = folders.repositories, limit > 0 else { return [] }
            var walk = RepositoryWalk(after: after?.text ?? "", limit: limit) { name in
                guard let state = try states.state(of: name, making: false) else { return false }
                return try state.hasManifests()
            }
            try walk.visit(root, path: "")
            return walk.names
        }
    }
}

extension LayoutStore {
    /// Goes through all repositories, also those without manifests, in order.
    func forEachRepository(_ body: (RepositoryName) async throws -> Void) async throws {
        var last: RepositoryName?
        while true {
            let after = last?.text ?? ""
            let page = try await files.run { [folders] () -> [RepositoryName] in
                guard let root = folders.repositories else { return [] }
                var walk = RepositoryWalk(after: after, limit: 500) { _ in true }
                try walk.visit(root, path: "")
                return walk.names
            }
            for name in page {
                try Task.checkCancellation()
                try await body(name)
            }
            guard page.count == 500, let end = page.last else { return }
            last = end
        }
    }
}

/// Finds repositories in order of their names, looking at a bounded part of each folder at a time.
struct RepositoryWalk {
    /// How many names of a folder are kept while it is read; the folder is read again for the next ones.
    private static let window = 1000

    private let after: String
    private let limit: Int
    private let counts: (RepositoryName) throws -> Bool
    private(set) var names: [RepositoryName] = []

    /// - Parameter counts: Whether a repository that was found is wanted.
    init(after: String, limit: Int, counts: @escaping (RepositoryName) throws -> Bool) {
        self.after = after
        self.limit = limit
        self.counts = counts
    }

    /// Goes through a folder whose path below the root ends with a slash, or is empty.
    ///
    /// `a`, `a-b`, `a/b`: a repository and what is below it do not follow each other, since other bytes come before the
    /// slash. So each folder stands twice in the order: as itself, and, with a slash, as all that is below it.
    mutating func visit(_ folder: Folder, path: String) throws {
        var last: String?
        while names.count < limit {
            let keys = try nextKeys(in: folder, path: path, after: last)
            for key in keys where names.count < limit { try visit(key: key, in: folder, path: path) }
            guard keys.count == Self.window, let end = keys.last else { return }
            last = end
        }
    }

    private mutating func visit(key: String, in folder: Folder, path: String) throws {
        if key.hasSuffix("/") {
            guard let inner = try folder.folder(String(key.dropLast())) else { return }
            try visit(inner, path: path + key)
        } else if (path + key).utf8.lexicographicallyPrecedes(after.utf8) || path + key == after {
            return
        } else if let name = try? RepositoryName(path + key),
            try folder.folder(key)?.status(LayoutPaths.layout) != nil, try counts(name)
        {
            names.append(name)
        }
    }

    /// The first keys of a folder in order, behind `last` and not wholly before what is looked for.
    private func nextKeys(in folder: Folder, path: String, after last: String?) throws -> [String] {
        var keys: [String] = []
        func add(_ key: String) {
            if let last, !last.utf8.lexicographicallyPrecedes(key.utf8) { return }
            let whole = path + key
            // All that is below a prefix is before what is looked for, unless that begins with it.
            if whole.utf8.lexicographicallyPrecedes(after.utf8), !after.utf8.starts(with: whole.utf8) { return }
            keys.append(key)
            if keys.count >= 2 * Self.window { cut(&keys) }
        }
        try folder.forEachName { name in
            // Only what can be part of a name: our own folders begin with an underscore.
            guard (try? RepositoryName(name)) != nil, try folder.status(name)?.isFolder == true else { return }
            add(name)
            add(name + "/")
        }
        cut(&keys)
        return keys
    }

    private func cut(_ keys: inout [String]) {
        keys.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        keys.removeLast(max(keys.count - Self.window, 0))
    }
}

extension RepositoryState {
    /// Whether any manifest is there, without reading a large index where the length of the files says it.
    func hasManifests() throws -> Bool {
        if !loaded.withLock({ $0.isLoaded }) {
            let record = try folder.folder(LayoutPaths.own)?.status(LayoutPaths.record)
            let index = try layout.status(LayoutPaths.index)
            let hasChanges = (record?.size ?? 0) > Int64(RepositoryRecord.header.count)
            if !hasChanges, index == nil || index?.size == Int64(RepositoryIndex.emptyBytes.count) { return false }
            if !hasChanges, let index, index.size > Int64(RepositoryIndex.emptyBytes.count) + 100 { return true }
        }
        return try read { !$0.isEmpty }
    }
}
