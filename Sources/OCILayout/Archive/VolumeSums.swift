// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// The digests of the volumes of a bundle, as `sha256sum --check` reads them.
///
/// What is in a bundle is hashed when it is read; this tells which volume is to be carried once more.
public struct VolumeSums: Hashable, Sendable {
    /// The longest file that is read, in bytes.
    private static let longest: Int64 = 1 << 20

    /// The file.
    public let path: String
    /// The text of the file.
    public let text: String
    private let digests: [String: Digest]

    /// What the file of a bundle is called.
    static func name(of bundle: String) -> String { "\(bundle).SHA256SUMS" }

    init(_ digests: [(name: String, digest: Digest)], path: String) {
        self.path = path
        text = digests.map { "\($0.digest.hex)  \($0.name)\n" }.joined()
        self.digests = digests.reduce(into: [:]) { $0[$1.name] = $1.digest }
    }

    /// Reads the file; `nil` for what is none.
    init?(_ text: String, path: String) {
        self.path = path
        self.text = text
        var digests: [String: Digest] = [:]
        for line in text.split(separator: "\n") {
            // Behind the hash stands a space, then another one or a star for binary reading.
            guard let space = line.firstIndex(of: " "), let digest = try? Digest("sha256:\(line[..<space])"),
                let mark = line[space...].dropFirst().first, mark == " " || mark == "*"
            else { return nil }
            digests[String(line[space...].dropFirst(2))] = digest
        }
        guard !digests.isEmpty else { return nil }
        self.digests = digests
    }

    /// The sums that lie beside the volumes of a bundle; `nil` where there are none.
    /// - Throws: ``ArchiveError/sumsDamaged(path:)``, ``StoreError``.
    public static func beside(_ set: VolumeSet) throws -> VolumeSums? {
        guard set.isNumbered else { return nil }
        let path = name(of: set.path)
        let (folder, name) = path.folderAndName
        guard let opened = try Folder.open(at: folder, observer: nil),
            let file = try opened.read(name, limit: longest)
        else { return nil }
        guard let sums = VolumeSums(String(decoding: file.bytes, as: UTF8.self), path: path) else {
            throw ArchiveError.sumsDamaged(path: path)
        }
        return sums
    }

    /// Hashes all volumes.
    /// - Throws: ``ArchiveError/volumeChanged(path:)`` for the first one that is not as it was written,
    ///   ``ArchiveError/volumeMissing(path:)``; ``StoreError``; `CancellationError`.
    public func check(_ set: VolumeSet) async throws {
        let files = StoreFiles(threads: 1)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await check(set, files)) } catch { outcome = .failure(error) }
        try await files.shutDown()
        try outcome.get()
    }

    private func check(_ set: VolumeSet, _ files: StoreFiles) async throws {
        let names = set.files.map(\.lastComponent)
        if let missing = digests.keys.sorted().first(where: { !names.contains($0) }) {
            throw ArchiveError.volumeMissing(path: set.path.sibling(missing))
        }
        for (path, name) in zip(set.files, names) {
            guard let expected = digests[name] else { throw ArchiveError.sumsDamaged(path: self.path) }
            let file = try OpenFile.named(path)
            let size = try file.status().size
            guard try await files.digest(of: file, size: size, algorithm: .sha256) == expected else {
                throw ArchiveError.volumeChanged(path: path)
            }
        }
    }
}
