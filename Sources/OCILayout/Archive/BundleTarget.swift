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

    /// - Throws: ``ArchiveError/volumeName(path:)``; ``StoreError`` if the folder cannot be opened, or something else than a file has the name.
    init(at path: String, volumeSize: Int64?, signingKey: SigningKey?) throws {
        let (folderPath, name) = path.folderAndName
        guard !name.isVolume else { throw ArchiveError.volumeName(path: path) }
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
    /// - Throws: ``ArchiveError/busy(path:)``; ``StoreError/unexpectedFile(path:)`` where something else has a name.
    func open(_ count: Int64) throws -> VolumeFiles {
        let names = try names(count)
        for name in names {
            guard try folder.status(name)?.isRegular ?? true else {
                throw StoreError.unexpectedFile(path: folder.below(name))
            }
        }
        try takeBack(names)
        return VolumeFiles(files: try names.map { try lockedFile(partial($0)) }, volumeSize: volumeSize ?? .max)
    }

    /// Takes back the names that an attempt gave before it was stopped between two of them: it gives the first ones first.
    private func takeBack(_ names: [String]) throws {
        let missing = try names.filter { try folder.status(partial($0)) == nil }
        guard missing.count < names.count, missing.elementsEqual(names.prefix(missing.count)) else { return }
        for name in missing where try folder.status(name) != nil {
            try folder.rename(name, from: folder, as: partial(name))
        }
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
        }
        try removeOthers(than: names)
        for name in names { try folder.rename(partial(name), from: folder, as: name) }
        try folder.sync()
    }

    private func write(_ text: String, as name: String) throws {
        try folder.replace(name, with: Array(text.utf8), by: partial(name))
    }

    /// Removes what earlier bundles of the same name, or attempts at them, had otherwise: one file, or more volumes.
    ///
    /// Somebody would take it for this one.
    private func removeOthers(than names: [String]) throws {
        var old: [String] = []
        let kept = Set(names + names.map(partial))
        let sums = VolumeSums.name(of: name)
        try folder.forEachName { other in
            let whole = other.hasSuffix(".partial") ? String(other.dropLast(".partial".count)) : other
            let isOurs = whole == name || whole.volumeNumber(of: name) != nil
            let isSums = !isNumbered && (other == sums || other == "\(sums).sig")
            if isSums || isOurs && !kept.contains(other) { old.append(other) }
        }
        for name in old {
            // Not what another run is writing.
            guard let file = try folder.file(name, writing: true), try file.tryLock() else { continue }
            try folder.remove(name)
        }
    }
}

extension String {
    /// The folder of a path that a person named, and the name in it.
    var folderAndName: (folder: String, name: String) {
        guard let slash = lastIndex(of: "/") else { return (".", self) }
        return (slash == startIndex ? "/" : String(self[..<slash]), lastComponent)
    }
}
