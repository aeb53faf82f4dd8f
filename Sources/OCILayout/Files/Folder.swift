// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A folder that is held open, so that nobody can put another one in its place; closed with the last reference.
///
/// All names are single components and are opened without following symbolic links. Calls block: they belong on
/// ``StoreFiles``.
final class Folder: Sendable {
    let path: String
    let descriptor: Int32
    let observer: FileStep.Observer?

    init(descriptor: Int32, path: String, observer: FileStep.Observer?) {
        self.descriptor = descriptor
        self.path = path
        self.observer = observer
    }

    deinit { close(descriptor) }

    /// Opens the folder at a path that a person named; symbolic links on the way are theirs and are followed.
    /// - Returns: `nil` if nothing is there.
    static func open(at path: String, observer: FileStep.Observer?) throws -> Folder? {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw StoreError.system(.open, path: path, errno: errno)
        }
        return Folder(descriptor: descriptor, path: path, observer: observer)
    }

    /// A folder in this one; `nil` if it is not there.
    func folder(_ name: String) throws -> Folder? {
        let descriptor = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            if errno == ELOOP || errno == ENOTDIR { throw StoreError.unexpectedFile(path: below(name)) }
            throw failure(.open, name)
        }
        return Folder(descriptor: descriptor, path: below(name), observer: observer)
    }

    /// A folder in this one, made where it is missing.
    ///
    /// - Parameter isDurable: Whether it must be there after a power failure.
    func makeFolder(_ name: String, mode: mode_t = 0o755, isDurable: Bool = true) throws -> Folder {
        if let folder = try folder(name) { return folder }
        try observer?(.makeFolder(below(name)))
        guard mkdirat(descriptor, name, mode) == 0 || errno == EEXIST else { throw failure(.makeFolder, name) }
        if isDurable { try sync() }
        guard let folder = try folder(name) else { throw failure(.open, name) }
        return folder
    }

    /// A regular file in this folder; `nil` if it is not there.
    /// - Throws: ``StoreError/unexpectedFile(path:)`` for a symbolic link, a folder, a pipe or a device.
    func file(_ name: String, writing: Bool = false) throws -> OpenFile? {
        // Without O_NONBLOCK, opening a pipe that nobody writes to would never end.
        let flags = (writing ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let descriptor = openat(descriptor, name, flags)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            if errno == ELOOP || errno == EISDIR || errno == ENXIO {
                throw StoreError.unexpectedFile(path: below(name))
            }
            throw failure(.open, name)
        }
        let file = OpenFile(descriptor: descriptor, path: below(name), observer: observer)
        guard try file.status().isRegular else { throw StoreError.unexpectedFile(path: below(name)) }
        return file
    }

    /// Makes a file; there must be none.
    func create(_ name: String, mode: mode_t = 0o644) throws -> OpenFile {
        try observer?(.create(below(name)))
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = openat(descriptor, name, flags, mode)
        guard descriptor >= 0 else { throw failure(.open, name) }
        return OpenFile(descriptor: descriptor, path: below(name), observer: observer)
    }

    /// The facts of a name itself, not of what a link points to; `nil` if it is not there.
    func status(_ name: String) throws -> FileStatus? {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return nil }
            throw failure(.stat, name)
        }
        return FileStatus(status)
    }

    /// Whether the folder has been removed since it was opened.
    func isRemoved() throws -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw StoreError.system(.stat, path: path, errno: errno)
        }
        return status.st_nlink == 0
    }

    /// Takes the lock of the folder itself, without waiting; `nil` if somebody has it.
    func tryLock() throws -> OpenFile? {
        // A descriptor of its own, because a lock belongs to that.
        let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard own >= 0 else { throw StoreError.system(.lock, path: path, errno: errno) }
        let lock = OpenFile(descriptor: own, path: path, observer: observer)
        return try lock.tryLock() ? lock : nil
    }

    /// Makes names that were added or removed durable.
    func sync() throws {
        try observer?(.syncFolder(path))
        guard fsync(descriptor) == 0 else { throw StoreError.system(.sync, path: path, errno: errno) }
    }

    func below(_ name: String) -> String { "\(path)/\(name)" }

    func failure(_ operation: StoreError.FileOperation, _ name: String) -> StoreError {
        .system(operation, path: below(name), errno: errno)
    }
}
