// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent
import Synchronization

/// Writes a bundle: to a file, where pieces arrive in any order and an interrupted attempt is gone on with, or to a pipe.
///
/// A piece counts once its header stands in front of it, which is written after its bytes; when an attempt is gone on with, its bytes
/// are hashed before they are believed.
public final class BundleWriter: BundleSink {
    private struct Work: Sendable {
        let map: BundleMap
        let output: BundleOutput
        var written: Set<Digest> = []
    }

    private let end: End
    private let files = StoreFiles()
    /// `nil` until it is known what the bundle holds.
    private let work = Mutex<Work?>(nil)

    private enum End: Sendable {
        case files(BundleTarget)
        case pipe(PipeOutput)
    }

    private init(_ end: End) { self.end = end }

    /// Writes `path.partial`, which becomes `path` in the end; what an interrupted attempt left of it is gone on with.
    ///
    /// End it with ``shutdown()``.
    /// - Parameters:
    ///   - volumeSize: The length of each volume but the last, in bytes: then the files are called `path.001` and so on, and
    ///     their digests stand in `path.SHA256SUMS`. `nil` for one file.
    ///   - signingKey: Signs the first document, as `path.sig`, and the digests of the volumes.
    /// - Throws: ``StoreError`` if the folder cannot be opened, or something else than a file has the name.
    public static func open(
        at path: String,
        volumeSize: Int64? = nil,
        signingKey: SigningKey? = nil
    ) throws -> BundleWriter {
        BundleWriter(.files(try BundleTarget(at: path, volumeSize: volumeSize, signingKey: signingKey)))
    }

    /// Writes to an open descriptor, which stays open.
    /// - Parameter name: What errors call it.
    public static func pipe(descriptor: Int32, name: String) -> BundleWriter {
        BundleWriter(.pipe(PipeOutput(descriptor: descriptor, path: name)))
    }

    /// A pipe takes pieces in their order only.
    public var isSequential: Bool { if case .pipe = end { true } else { false } }

    /// Ends the threads of the writer, and lets go of the file.
    public func shutdown() async throws {
        try await files.shutDown()
        work.withLock { $0 = nil }
    }

    /// Writes what stands in front of the pieces, unless exactly that is there already.
    /// - Throws: ``ArchiveError/busy(path:)`` where another run is writing the file; ``StoreError``.
    public func begin(_ contents: BundleContents) async throws {
        let map = try BundleMap(of: contents)
        let output = try await files.run { [end] in
            switch end {
            case .files(let target):
                let files = try target.open(map.count)
                let isKept = try files.hasLength(map.count) && files.read(map.start.count, at: 0) == map.start
                if !isKept {
                    try files.truncate(to: 0)
                    try files.truncate(to: map.count)
                    try files.write(map.start, at: 0)
                }
                return BundleOutput.files(files)
            case .pipe(let pipe):
                try map.start.withUnsafeBytes { try pipe.write($0, at: 0) }
                return BundleOutput.pipe(pipe)
            }
        }
        work.withLock { $0 = Work(map: map, output: output) }
    }

    /// Whether a piece stands there; its bytes are read and hashed.
    public func holds(_ digest: Digest) async throws -> Bool {
        let place = try place(of: digest)
        guard case .files(let output) = place.output else { return false }
        let holds = try await files.run {
            guard try output.read(place.header.count, at: place.member.start) == place.header else { return false }
            let range = place.member.offset..<(place.member.offset + place.member.header.size)
            return try output.digest(of: range, digest.algorithm) == digest
        }
        if holds { note(digest) }
        return holds
    }

    /// Writes a blob.
    public func write(_ blob: BlobContent) async throws {
        let place = try place(of: blob.descriptor.digest, size: blob.descriptor.size)
        try await put(place, blob.descriptor.digest) {
            let reading = try await blob.open()
            var writer = UploadWriter(place.output, at: place.member.offset, digester: nil, files: files)
            for try await buffer in reading.stream { try await writer.take(buffer) }
            try await writer.finish()
            guard reading.isComplete else { throw ContentError.missing(blob.descriptor.digest) }
        }
    }

    /// Writes a manifest.
    public func write(_ document: ManifestDocument) async throws {
        let place = try place(of: document.descriptor.digest, size: Int64(document.bytes.count))
        try await put(place, document.descriptor.digest) {
            try await files.run { try place.output.write(document.bytes, at: place.member.offset) }
        }
    }

    /// Writes the index, makes everything durable and gives the file its name.
    public func finish() async throws {
        guard let work = work.withLock({ $0 }) else { return }
        if let missing = work.map.pieces.keys.first(where: { !work.written.contains($0) }) {
            throw ContentError.missing(missing)
        }
        guard case .files(let output) = work.output, case .files(let target) = end else {
            return try await files.run { try work.output.write(work.map.end, at: work.map.endOffset) }
        }
        try await files.run {
            do {
                // Before the index: what has one is whole.
                try output.sync()
                try output.write(work.map.end, at: work.map.endOffset)
                try output.sync()
            } catch {
                // What a disk lost can still be in memory, where the next attempt would find it right.
                try? output.truncate(to: 0)
                throw error
            }
        }
        var sums: [Digest] = []
        for file in output.files where target.isNumbered {
            sums.append(try await files.digest(of: file, size: try file.status().size, algorithm: .sha256))
        }
        try await files.run { [sums] in try target.publish(work.map, sums: sums) }
    }

    private struct Place: Sendable {
        let output: BundleOutput
        let member: BundleMap.Member
        let header: [UInt8]
    }

    /// - Parameter size: The length of what is to be written there; manifests of strangers may state another one.
    private func place(of digest: Digest, size: Int64? = nil) throws -> Place {
        try work.withLock { work in
            guard let work, let member = work.map.pieces[digest] else { throw ContentError.missing(digest) }
            let length = member.header.size
            if let size, size != length { throw ContentError.wrongSize(digest, expected: length, stated: size) }
            return Place(output: work.output, member: member, header: work.map.header(of: member))
        }
    }

    /// Writes a piece and its header: in a file, the header last.
    private func put(_ place: Place, _ digest: Digest, _ writeContent: () async throws -> Void) async throws {
        let writeHeader = { @Sendable in try place.output.write(place.header, at: place.member.start) }
        if isSequential { try await files.run(writeHeader) }
        try await writeContent()
        if !isSequential { try await files.run(writeHeader) }
        note(digest)
    }

    private func note(_ digest: Digest) { work.withLock { _ = $0?.written.insert(digest) } }
}
