// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc

extension Folder {
    /// What became of a wish to link.
    enum LinkOutcome {
        case linked
        /// There is something under the name already.
        case exists
        /// What was to be linked is not there.
        case missing
        /// The file system makes no further link of this file, or none at all.
        case impossible
    }

    /// Gives a file of another folder a further name here.
    func link(_ name: String, from folder: Folder, as newName: String) throws -> LinkOutcome {
        do { try observer?(.link(from: folder.below(name), to: below(newName))) } catch StoreError.system(_, _, EMLINK)
        {
            return .impossible
        }
        if linkat(folder.descriptor, name, descriptor, newName, 0) == 0 { return .linked }
        switch errno {
        case EEXIST: return .exists
        case ENOENT: return .missing
        case EMLINK, EPERM, ENOTSUP, EXDEV: return .impossible
        default: throw failure(.link, newName)
        }
    }

    /// Moves a file of another folder here, in the place of what may be there.
    func rename(_ name: String, from folder: Folder, as newName: String) throws {
        try observer?(.rename(from: folder.below(name), to: below(newName)))
        guard renameat(folder.descriptor, name, descriptor, newName) == 0 else { throw failure(.rename, newName) }
    }

    /// Removes a file.
    /// - Returns: Whether it was there.
    @discardableResult
    func remove(_ name: String) throws -> Bool {
        try observer?(.remove(below(name)))
        guard unlinkat(descriptor, name, 0) == 0 else {
            if errno == ENOENT { return false }
            throw failure(.remove, name)
        }
        return true
    }

    /// Removes an empty folder.
    /// - Returns: Whether it was there.
    @discardableResult
    func removeFolder(_ name: String) throws -> Bool {
        try observer?(.remove(below(name)))
        guard unlinkat(descriptor, name, AT_REMOVEDIR) == 0 else {
            if errno == ENOENT { return false }
            throw failure(.remove, name)
        }
        return true
    }

    /// Makes a file look used just now; what goes wrong does not matter.
    func touch(_ name: String) { _ = utimensat(descriptor, name, nil, AT_SYMLINK_NOFOLLOW) }

    /// Tells all names, in the order of the system, without keeping them.
    func forEachName(_ body: (String) throws -> Void) throws {
        // A descriptor of its own, because the position of a listing belongs to the descriptor.
        let listing = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard listing >= 0 else { throw StoreError.system(.read, path: path, errno: errno) }
        guard let stream = fdopendir(listing) else {
            close(listing)
            throw StoreError.system(.read, path: path, errno: errno)
        }
        defer { closedir(stream) }
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno == 0 { return }
                throw StoreError.system(.read, path: path, errno: errno)
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { try body(name) }
        }
    }

    /// Writes a file aside and puts it in the place of `name`, whole or not at all, and durably.
    func replace(_ name: String, with bytes: [UInt8], by aside: String, in asideFolder: Folder? = nil) throws {
        let asideFolder = asideFolder ?? self
        try asideFolder.remove(aside)
        let file = try asideFolder.create(aside)
        do {
            try file.write(bytes, at: 0)
            try file.sync()
            try rename(aside, from: asideFolder, as: name)
        } catch {
            _ = try? asideFolder.remove(aside)
            throw error
        }
        try sync()
    }

    /// Whether a file has exactly these bytes; one that cannot be read has others.
    func has(_ bytes: [UInt8], as name: String) throws -> Bool {
        do { return try read(name, limit: Int64(bytes.count))?.bytes == bytes } catch StoreError.damaged {
            return false
        } catch StoreError.system(.read, _, _) {
            return false
        }
    }

    /// Reads a whole file.
    /// - Returns: `nil` if it is not there.
    func read(_ name: String, limit: Int64) throws -> (bytes: [UInt8], status: FileStatus, file: OpenFile)? {
        guard let file = try file(name) else { return nil }
        let status = try file.status()
        guard status.size <= limit else {
            throw StoreError.damaged(path: below(name), reason: "has more than \(limit) bytes")
        }
        return (try file.read(Int(status.size), at: 0), status, file)
    }
}
