// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file without a name, for what has to be read at any place, and is gone with the process.
public enum NamelessFile {
    /// Makes one in a folder, which must be there.
    /// - Returns: Its descriptor, which the caller closes.
    /// - Throws: ``StoreError``.
    public static func open(in folder: String) throws -> Int32 {
        let path = "\(folder)/kept-\(UploadID.random().text)"
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StoreError.system(.open, path: path, errno: errno) }
        unlink(path)
        return file
    }

    /// Adds bytes to its end.
    /// - Parameter folder: Where it was made, for errors.
    /// - Throws: ``StoreError``.
    public static func append(_ bytes: UnsafeRawBufferPointer, to file: Int32, in folder: String) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw StoreError.system(.write, path: folder, errno: errno) }
            rest = rest.dropFirst(count)
        }
    }
}
