// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

@testable import OCILayout

/// A disk that stops at a step, as under a process that is killed; and that can lose what was not made durable, as in a
/// power failure.
final class FailingDisk: Sendable {
    /// What is thrown from the step on.
    struct Stopped: Error {}

    private enum Undo {
        case remove(String)
        case restore(String, from: String)
    }

    private struct State {
        var steps = 0
        var isStopped = false
        /// By folder: how its unsaved names are taken back.
        var names: [String: [Undo]] = [:]
        /// By file: how many of its bytes are saved.
        var saved: [String: Int] = [:]
        var unsavedFiles: Set<String> = []
        var stash = 0
    }

    private let stopAt: Int
    private let stash: TemporaryFolder
    private let state = Mutex(State())

    /// - Parameter stopAt: The first step that is not made, from 1.
    init(stopAt: Int) throws {
        self.stopAt = stopAt
        stash = try TemporaryFolder()
    }

    var steps: Int { state.withLock { $0.steps } }
    var isStopped: Bool { state.withLock { $0.isStopped } }

    var observer: FileStep.Observer {
        { step in
            try self.state.withLock { state in
                guard !state.isStopped else { throw Stopped() }
                state.steps += 1
                guard state.steps < self.stopAt else {
                    state.isStopped = true
                    throw Stopped()
                }
                self.note(step, in: &state)
            }
        }
    }

    /// Takes back all that was not made durable.
    func losePower() throws {
        try state.withLock { state in
            for path in state.unsavedFiles where FileManager.default.fileExists(atPath: path) {
                truncate(path, off_t(state.saved[path] ?? 0))
            }
            for undo in state.names.values.flatMap({ $0.reversed() }) {
                switch undo {
                case .remove(let path): try? FileManager.default.removeItem(atPath: path)
                case .restore(let path, let copy):
                    guard FileManager.default.fileExists(atPath: Self.folder(of: path)) else { continue }
                    if rename(copy, path) != 0 { throw CocoaError(.fileWriteUnknown) }
                }
            }
        }
    }

    private func note(_ step: FileStep, in state: inout State) {
        switch step {
        case .makeFolder(let path), .create(let path):
            state.saved[path] = 0
            state.names[Self.folder(of: path), default: []].append(.remove(path))
        case .link(_, let to):
            if !FileManager.default.fileExists(atPath: to) {
                state.names[Self.folder(of: to), default: []].append(.remove(to))
            }
        case .rename(let from, let to):
            let undo = keep(to, in: &state) ?? .remove(to)
            state.names[Self.folder(of: to), default: []].append(undo)
            // The new name of a file that is not saved yet stands for no bytes.
            if state.unsavedFiles.remove(from) != nil { state.unsavedFiles.insert(to) }
            state.saved[to] = state.saved.removeValue(forKey: from)
        case .remove(let path):
            if let undo = keep(path, in: &state) { state.names[Self.folder(of: path), default: []].append(undo) }
            state.unsavedFiles.remove(path)
        case .write(let path, _), .truncate(let path):
            state.unsavedFiles.insert(path)
            // What was there before the disk was watched is saved.
            if state.saved[path] == nil { state.saved[path] = Self.size(path) }
        case .sync(let path):
            state.unsavedFiles.remove(path)
            state.saved[path] = Self.size(path)
        case .syncFolder(let path): state.names[path] = nil
        }
    }

    /// Keeps what is about to be replaced or removed.
    private func keep(_ path: String, in state: inout State) -> Undo? {
        state.stash += 1
        let copy = stash.below("\(state.stash)")
        return link(path, copy) == 0 ? .restore(path, from: copy) : nil
    }

    private static func size(_ path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }

    private static func folder(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    }
}
