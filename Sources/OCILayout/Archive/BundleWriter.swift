// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
public import OCI
public import OCIContent
import Synchronization

/// Writes a bundle: to a file, where pieces arrive in any order and an interrupted attempt is gone on with, or to a pipe.
///
/// A piece counts once its header stands in front of it, which is written after its bytes; when an attempt is gone on with, its bytes
/// are hashed before they are believed.
public final class BundleWriter: BundleSink {
    private struct Target: Sendable {
        let folder: Folder
        let name: String
    }

    private struct State {
        var map: BundleMap?
        var written: Set<Digest> = []
    }

    private let output: BundleOutput
    /// Where the file gets its name; `nil` for a pipe.
    private let target: Target?
    private let files = StoreFiles()
    private let state = Mutex(State())

    private init(_ output: BundleOutput, _ target: Target?) {
        self.output = output
        self.target = target
    }

    /// Begins or goes on with `path.partial`, which becomes `path` in the end.
    ///
    /// End it with ``shutdown()``.
    /// - Throws: ``ArchiveError/busy(path:)`` where another run is writing it, ``StoreError``.
    public static func open(at path: String) throws -> BundleWriter {
        let slash = path.lastIndex(of: "/")
        let folderPath = slash.map { String(path[...$0]) } ?? "."
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        guard let folder = try Folder.open(at: folderPath, observer: FileStep.failpoints) else {
            throw StoreError.system(.open, path: folderPath, errno: ENOENT)
        }
        let partial = BundleOutput.partial(of: name)
        let file = try folder.file(partial, writing: true) ?? folder.create(partial)
        guard try file.tryLock() else { throw ArchiveError.busy(path: file.path) }
        return BundleWriter(.file(file), Target(folder: folder, name: name))
    }

    /// Writes to an open descriptor, which stays open.
    public static func pipe(descriptor: Int32, name: String) -> BundleWriter {
        BundleWriter(.pipe(PipeOutput(descriptor: descriptor, path: name)), nil)
    }

    /// A pipe takes pieces in their order only.
    public var isSequential: Bool { target == nil }

    /// Ends the threads of the writer.
    public func shutdown() async throws { try await files.shutDown() }

    /// Writes what stands in front of the pieces, unless exactly that is there already.
    public func begin(_ contents: BundleContents) async throws {
        let map = try BundleMap(of: contents)
        state.withLock { $0 = State(map: map) }
        try await files.run { [output] in
            if case .file(let file) = output {
                let start = map.start
                if try file.read(start.count, at: 0) == start, try file.status().size == map.count { return }
                try file.truncate(to: 0)
                try file.truncate(to: map.count)
            }
            try output.write(map.start, at: 0)
        }
    }

    /// Whether a piece stands there; its bytes are read and hashed.
    public func holds(_ digest: Digest) async throws -> Bool {
        guard case .file(let file) = output, let (map, member) = place(of: digest) else { return false }
        let header = map.header(of: member)
        let holds = try await files.run {
            guard try file.read(header.count, at: member.start) == header else { return false }
            return try file.digest(of: member.offset..<(member.offset + member.header.size), digest.algorithm) == digest
        }
        if holds { note(digest) }
        return holds
    }

    /// Writes the bytes of a piece, then its header.
    public func write(_ blob: BlobContent) async throws {
        let digest = blob.descriptor.digest
        guard let (map, member) = place(of: digest) else { throw ContentError.missing(digest) }
        if isSequential { try await put(map.header(of: member), at: member.start) }
        let reading = try await blob.open()
        var writer = UploadWriter(output, at: member.offset, digester: nil, files: files)
        for try await buffer in reading.stream { try await writer.take(buffer) }
        try await writer.finish()
        guard reading.isComplete else { throw ContentError.missing(digest) }
        if !isSequential { try await put(map.header(of: member), at: member.start) }
        note(digest)
    }

    /// Writes a manifest.
    public func write(_ document: ManifestDocument) async throws {
        let digest = document.descriptor.digest
        guard let (map, member) = place(of: digest), member.header.size == document.bytes.count else {
            throw ContentError.missing(digest)
        }
        if isSequential { try await put(map.header(of: member), at: member.start) }
        try await put(document.bytes, at: member.offset)
        if !isSequential { try await put(map.header(of: member), at: member.start) }
        note(digest)
    }

    /// Writes the index, makes everything durable and gives the file its name.
    public func finish() async throws {
        let (map, written) = state.withLock { ($0.map, $0.written) }
        guard let map else { return }
        if let missing = map.pieces.keys.first(where: { !written.contains($0) }) { throw ContentError.missing(missing) }
        try await files.run { [output, target] in
            // Before the index: what has one is whole.
            if case .file(let file) = output { try file.sync() }
            try output.write(map.end, at: map.last.start)
            guard case .file(let file) = output, let target else { return }
            try file.sync()
            try target.folder.rename(BundleOutput.partial(of: target.name), from: target.folder, as: target.name)
            try target.folder.sync()
        }
    }

    private func place(of digest: Digest) -> (BundleMap, BundleMap.Member)? {
        state.withLock { state in
            guard let map = state.map, let member = map.pieces[digest] else { return nil }
            return (map, member)
        }
    }

    private func note(_ digest: Digest) { state.withLock { _ = $0.written.insert(digest) } }

    private func put(_ bytes: [UInt8], at offset: Int64) async throws {
        try await files.run { [output] in try output.write(bytes, at: offset) }
    }
}

extension OpenFile {
    /// The digest of a part of the file.
    fileprivate func digest(of range: Range<Int64>, _ algorithm: Digest.Algorithm) throws -> Digest {
        var digester = Digester(algorithm)
        var position = range.lowerBound
        while position < range.upperBound {
            let buffer = try readBuffer(Int(min(range.upperBound - position, Int64(StoreFiles.chunkSize))), at: position)
            if buffer.readableBytes == 0 { break }
            digester.update(buffer)
            position += Int64(buffer.readableBytes)
        }
        return digester.digest()
    }
}
