// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import OCI
import OCIContent

/// A bundle that is open; calls block.
struct BundleFile: Sendable {
    let map: BundleMap
    let bytes: ArchiveBytes

    /// Opens a bundle and checks its length, its documents and, unless that is not wanted, every header: everything but the
    /// bytes of its pieces, which are hashed when they are read.
    ///
    /// Where a piece stands follows from the first document. Headers matter to those who read the archive by them; to look at all
    /// of them takes a read for each piece.
    /// - Parameter verify: Told the first document, before anything of it is believed.
    /// - Throws: ``ArchiveError``, ``StoreError``, and what `verify` throws.
    init(_ bytes: ArchiveBytes, checksHeaders: Bool = true, verify: ([UInt8]) throws -> Void = { _ in }) throws {
        let (contents, written) = try Self.contents(of: bytes, verify)
        self.bytes = bytes
        map = try BundleMap(of: contents, written: written)
        try checkEnds()
        if checksHeaders { try checkHeaders() }
    }

    /// Reads the first document.
    private static func contents(
        of bytes: ArchiveBytes,
        _ verify: ([UInt8]) throws -> Void
    ) throws -> (BundleContents, [UInt8]) {
        let block = Int64(TarHeader.blockSize)
        let marker = TarHeader.plain(try bytes.read(TarHeader.blockSize, at: 0))
        let header = TarHeader.plain(try bytes.read(TarHeader.blockSize, at: 2 * block))
        guard marker?.name == "oci-layout", let header, header.name == BundleMap.contentsName,
            header.size <= Int64(BundleMap.longestContents)
        else { throw ArchiveError.notABundle(path: bytes.path) }
        let offset = 3 * block
        func mistake(_ reason: String) -> ArchiveError {
            .damaged(path: bytes.path, offset: offset, .document(BundleMap.contentsName, reason: reason))
        }
        let document = try bytes.read(Int(header.size), at: offset)
        guard document.count == Int(header.size) else {
            throw ArchiveError.damaged(path: bytes.path, offset: bytes.count, .cut)
        }
        try verify(document)
        struct Version: Decodable { var version: Int }
        do {
            let data = Data(document)
            let version = try JSONDecoder().decode(Version.self, from: data).version
            guard version == BundleContents.currentVersion else {
                throw ArchiveError.unsupportedVersion(path: bytes.path, version: version)
            }
            let contents = try JSONDecoder().decode(BundleContents.self, from: data)
            if let reason = contents.repositories.lazy.compactMap(\.contradiction).first { throw mistake(reason) }
            return (contents, document)
        } catch let error as ArchiveError { throw error } catch { throw mistake(JSONFault.text(of: error)) }
    }

    /// Compares the length, the beginning and the end with what they must be.
    private func checkEnds() throws {
        guard bytes.count >= map.count else {
            if let path = bytes.nextVolume { throw ArchiveError.volumeMissing(path: path) }
            throw ArchiveError.damaged(path: bytes.path, offset: bytes.count, .cut)
        }
        guard bytes.count == map.count else { throw ArchiveError.damaged(path: bytes.path, offset: map.count, .tail) }
        try expect(map.start, at: 0, of: map.second)
        try expect(map.end, at: map.endOffset, of: map.last)
    }

    /// Compares what stands between the pieces with what must stand there.
    private func checkHeaders() throws {
        var end = map.second.end
        // The filling behind a piece and the next header are read as one: of two reads side by side, the system takes the second for
        // the beginning of more, and reads on from the disk what nobody wants.
        var padding: [UInt8] = []
        for member in map.pieces.values.sorted(by: { $0.start < $1.start }) {
            try expect(padding + map.header(of: member), at: end - Int64(padding.count), of: member)
            end = member.end
            padding = [UInt8](repeating: 0, count: TarHeader.padding(after: member.header.size))
        }
        try expect(padding, at: end - Int64(padding.count), of: map.last)
    }

    private func expect(_ expected: [UInt8], at offset: Int64, of member: BundleMap.Member) throws {
        guard try bytes.read(expected.count, at: offset) == expected else {
            throw ArchiveError.damaged(path: bytes.path, offset: offset, .member(member.header.name))
        }
    }
}
