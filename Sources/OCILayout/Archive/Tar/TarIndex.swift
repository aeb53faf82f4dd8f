// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The files of an archive by their names, as they are written: nothing is ever taken out by a name.
struct TarIndex: Sendable {
    /// More members than any archive of images has.
    static let mostMembers = 1_000_000
    /// More bytes of names than so many members have.
    private static let longestNames = 128 << 20

    private(set) var files: [String: Range<Int64>] = [:]
    /// Symbolic links, and what they point to.
    private(set) var links: [String: String] = [:]

    /// Reads all headers of an archive; blocks.
    /// - Parameter isCancelled: Whether nobody waits any more.
    /// - Throws: ``ArchiveError/refused(path:offset:_:)``; `CancellationError`.
    init(of bytes: ArchiveBytes, isCancelled: () -> Bool = { false }) throws {
        var scan = TarScan(bytes)
        var (count, names) = (0, 0)
        while let member = try scan.next() {
            // Looked at now and then: a header is read in less time than it takes to notice who has gone.
            if count.isMultiple(of: 1024), isCancelled() { throw CancellationError() }
            (count, names) = (count + 1, names + member.name.utf8.count)
            func refuse(_ mistake: TarMistake) -> ArchiveError {
                .refused(path: bytes.path, offset: member.offset - Int64(TarHeader.blockSize), mistake)
            }
            guard count <= Self.mostMembers, names <= Self.longestNames else { throw refuse(.tooMany) }
            switch member.kind {
            // A folder has nothing in it but names, which its files have as well.
            case .folder: continue
            case .file:
                guard links[member.name] == nil,
                    files.updateValue(member.offset..<(member.offset + member.size), forKey: member.name) == nil
                else { throw refuse(.duplicate(member.name)) }
            case .link(let target):
                guard files[member.name] == nil, links.updateValue(target, forKey: member.name) == nil else {
                    throw refuse(.duplicate(member.name))
                }
            }
        }
    }

    /// Where the bytes of a file are, also if the name is that of a link to it.
    ///
    /// A link is followed once, and only to another member: `docker save` wrote layers that images share so, before version 25.
    func file(at name: String) -> Range<Int64>? {
        if let file = files[name] { return file }
        guard let target = links[name], !target.hasPrefix("/") else { return nil }
        var parts = name.split(separator: "/").dropLast()
        for part in target.split(separator: "/") where part != "." {
            if part != ".." { parts.append(part) } else if parts.popLast() == nil { return nil }
        }
        return files[parts.joined(separator: "/")]
    }
}
