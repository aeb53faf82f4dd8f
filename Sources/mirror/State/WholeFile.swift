// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCIContent

/// Replaces a file as a whole, so that nobody ever reads half of it.
enum WholeFile {
    /// Writes beside the file, and renames.
    /// - Throws: ``StateError``.
    static func write(_ text: String, to url: URL) throws(StateError) {
        // Hidden, so that nothing that reads a folder takes it for finished.
        let draft = url.deletingLastPathComponent().appending(path: ".\(url.lastPathComponent).\(getpid())")
        let descriptor = open(draft.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StateError(path: url.path, number: errno) }
        var failure: Int32?
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty, failure == nil {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 { bytes = bytes.dropFirst(count) } else if errno != EINTR { failure = errno }
        }
        // Before the rename, or a power failure could leave an empty file under the name.
        if failure == nil, fsync(descriptor) != 0 { failure = errno }
        close(descriptor)
        if failure == nil, (try? failpoint(.fileRename)) == nil { failure = EIO }
        if failure == nil, rename(draft.path, url.path) != 0 { failure = errno }
        guard let failure else { return }
        unlink(draft.path)
        throw StateError(path: url.path, number: failure)
    }
}
