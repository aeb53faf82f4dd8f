// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OCI
import OCIContent

/// The file or the volumes that a bundle becomes; calls block.
struct BundleTarget: Sendable {
    private let folder: Folder
    private let name: String
    /// The length of each volume but the last, in bytes; `nil` for one file.
    private let volumeSize: Int64?
    private let signingKey: SigningKey?

    /// - Throws: ``StoreError`` if the folder cannot be opened, or something else than a file has the name.
    init(at path: String, volumeSize: Int64?, signingKey: SigningKey?) throws {
        let (folderPath, name) = path.folderAndName
        guard let folder = try Folder.open(at: folderPath, observer: FileStep.failpoints) else {
            throw StoreError.system(.open, path: folderPath, errno: ENOENT)
        }
        guard !["", ".", ".."].contains(name), try folder.status(name)?.isRegular ?? true else {
            throw StoreError.unexpectedFile(path: path)
        }
        self.folder = folder
        self.name = name
        self.volumeSize = volumeSize
        self.signingKey = signingKey
    }

    /// Whether there are volumes, whose digests are written down.
    var isNumbered: Bool { volumeSize != nil }

    /// What the files are called when a bundle of some length is whole.
    /// - Throws: ``ArchiveError/tooManyVolumes(_:)``.
    private func names(_ count: Int64) throws -> [String] {
        guard let volumeSize else { return [name] }
        let number = count / volumeSize + (count.isMultiple(of: volumeSize) ? 0 : 1)
        guard number <= VolumeSet.most else { throw ArchiveError.tooManyVolumes(number) }
        return (1...Int(number)).map { name.numbered($0) }
    }

    /// What a file is called until all are whole.
    private func partial(_ name: String) -> String { "\(name).partial" }

    /// Opens the files as an earlier attempt left them, or makes them.
    /// - Throws: ``ArchiveError/busy(path:)``.
    func open(_ count: Int64) throws -> VolumeFiles {
        VolumeFiles(files: try names(count).map { try lockedFile(partial($0)) }, volumeSize: volumeSize ?? .max)
    }

    private func lockedFile(_ name: String) throws -> OpenFile {
        let file = try folder.file(name, writing: true) ?? folder.create(name)
        // Whoever held the lock until now may have given the file its name.
        guard try file.tryLock(), try folder.status(name)?.inode == file.status().inode else {
            throw ArchiveError.busy(path: file.path)
        }
        return file
    }

    /// Gives the files their names, with what speaks for them beside them.
    /// - Parameter sums: The digest of each volume, in their order; empty for one file.
    func publish(_ map: BundleMap, sums: [Digest]) throws {
        let names = try names(map.count)
        if let signingKey {
            try write(try signingKey.signature(of: map.contentsBytes), as: "\(name).sig")
        }
        if isNumbered {
            let file = VolumeSums.name(of: name)
            let text = VolumeSums(Array(zip(names, sums)), path: file).text
            try write(text, as: file)
            if let signingKey { try write(try signingKey.signature(of: Array(text.utf8)), as: "\(file).sig") }
            try removeVolumes(behind: names.count)
        }
        for name in names { try folder.rename(partial(name), from: folder, as: name) }
        try folder.sync()
    }

    private func write(_ text: String, as name: String) throws {
        try folder.replace(name, with: Array(text.utf8), by: partial(name))
    }

    /// Removes what a longer bundle of the same name had more.
    private func removeVolumes(behind last: Int) throws {
        var old: [String] = []
        try folder.forEachName { other in
            if let number = other.volumeNumber(of: name), number > last { old.append(other) }
        }
        for name in old { try folder.remove(name) }
    }
}

extension String {
    /// The folder of a path that a person named, and the name in it.
    var folderAndName: (folder: String, name: String) {
        guard let slash = lastIndex(of: "/") else { return (".", self) }
        return (slash == startIndex ? "/" : String(self[..<slash]), lastComponent)
    }
}
