// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OCI
import Synchronization

/// The repositories that are in use: a bounded number, the least recently used are let go.
final class StateTable: Sendable {
    /// Each holds some five files open.
    static let maximumStates = 64
    /// The entries of all indexes in memory; each takes some 300 bytes.
    static let maximumEntries = 400_000

    private struct Slot {
        let state: RepositoryState
        var lastUse: UInt64
    }

    private struct Table {
        var slots: [RepositoryName: Slot] = [:]
        var clock: UInt64 = 0
    }

    private let table = Mutex(Table())
    private let folders: StoreFolders
    private let files: StoreFiles
    private let maximumStates: Int
    private let maximumEntries: Int

    init(
        folders: StoreFolders,
        files: StoreFiles,
        maximumStates: Int = maximumStates,
        maximumEntries: Int = maximumEntries
    ) {
        self.folders = folders
        self.files = files
        self.maximumStates = maximumStates
        self.maximumEntries = maximumEntries
    }

    /// How many are held.
    var count: Int { table.withLock { $0.slots.count } }

    /// A repository; `nil` if it does not exist and is not to be made; blocks.
    func state(of name: RepositoryName, making: Bool) throws -> RepositoryState? {
        if let state = cached(name) { return state }
        let opened: RepositoryState?
        do { opened = try open(name, making: making) } catch StoreError.system(_, _, let code)
            where code == EMFILE || code == ENFILE
        {
            table.withLock { $0.slots = [:] }
            opened = try open(name, making: making)
        }
        guard let state = opened else { return nil }
        return table.withLock { table in
            // Another thread may have been faster.
            if let slot = table.slots[name], !slot.state.isRemoved { return slot.state }
            table.clock += 1
            table.slots[name] = Slot(state: state, lastUse: table.clock)
            trim(&table)
            return state
        }
    }

    private func open(_ name: RepositoryName, making: Bool) throws -> RepositoryState? {
        try RepositoryState(name, in: folders, files: files, making: making)
    }

    private func cached(_ name: RepositoryName) -> RepositoryState? {
        table.withLock { table in
            guard let slot = table.slots[name] else { return nil }
            guard !slot.state.isRemoved else {
                table.slots[name] = nil
                return nil
            }
            table.clock += 1
            table.slots[name]?.lastUse = table.clock
            return slot.state
        }
    }

    private func trim(_ table: inout Table) {
        var entries = table.slots.values.reduce(0) { $0 + $1.state.count.load(ordering: .relaxed) }
        while table.slots.count > 1, table.slots.count > maximumStates || entries > maximumEntries,
            let oldest = table.slots.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            entries -= oldest.value.state.count.load(ordering: .relaxed)
            table.slots[oldest.key] = nil
        }
    }
}
