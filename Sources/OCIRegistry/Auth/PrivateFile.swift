// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file that only its owner may read, replaced as a whole or not at all.
enum PrivateFile {
    /// Writes a file, and the folder around it where it is missing.
    ///
    /// A symbolic link stays, and what it points to is replaced; that may be missing. The owner of a file that is
    /// replaced stays the same, as far as that can be had.
    static func write(_ bytes: [UInt8], to path: String) throws(SmallFileError) {
        let target = try resolve(path)
        let folder = parent(of: target)
        try makeFolder(folder)
        let temporary = "\(target).\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(temporary) }
        do throws(SmallFileError) {
            defer { close(descriptor) }
            try fill(descriptor, of: temporary, with: bytes, insteadOf: target)
            guard rename(temporary, target) == 0 else { throw failure(temporary) }
        } catch {
            unlink(temporary)
            throw error
        }
        // So that the new name survives a power failure, too.
        let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if folderDescriptor >= 0 {
            fsync(folderDescriptor)
            close(folderDescriptor)
        }
    }

    private static func fill(
        _ descriptor: Int32,
        of path: String,
        with bytes: [UInt8],
        insteadOf target: String
    ) throws(SmallFileError) {
        // The mask of the process may have taken even the owner's rights away.
        guard fchmod(descriptor, 0o600) == 0 else { throw failure(path) }
        var old = stat()
        if stat(target, &old) == 0, old.st_uid != geteuid() { _ = fchown(descriptor, old.st_uid, old.st_gid) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> SmallFileError {
        SmallFileError(path: path, reason: .system(errno))
    }

    /// Follows symbolic links by hand, because the last one may point to a file that is still to be made.
    private static func resolve(_ path: String) throws(SmallFileError) -> String {
        var path = path
        for _ in 0..<40 {
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink(path, &buffer, buffer.count)
            guard count >= 0 else { return path }
            let link = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            path = link.hasPrefix("/") ? link : "\(parent(of: path))/\(link)"
        }
        throw SmallFileError(path: path, reason: .tooManyLinks)
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func makeFolder(_ path: String) throws(SmallFileError) {
        var status = stat()
        if stat(path, &status) == 0 { return }
        let above = parent(of: path)
        if above != path, above != "." { try makeFolder(above) }
        guard mkdir(path, 0o700) == 0 else {
            if errno == EEXIST { return }
            throw failure(path)
        }
        guard chmod(path, 0o700) == 0 else { throw failure(path) }
    }
}
