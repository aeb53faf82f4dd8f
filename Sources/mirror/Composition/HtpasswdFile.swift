// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCIServer

/// Reads a file of users from disk.
enum HtpasswdFile {
    private static let largest = 1 << 20

    /// Reads the file.
    /// - Throws: ``HtpasswdFileError``.
    static func read(_ path: String) throws -> Htpasswd {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw HtpasswdFileError(path: path, reason: .unreadable)
        }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: largest + 1) ?? Data(), data.count <= largest,
            let text = String(data: data, encoding: .utf8)
        else { throw HtpasswdFileError(path: path, reason: .unreadable) }
        do { return try Htpasswd(text) } catch { throw HtpasswdFileError(path: path, reason: .content(error)) }
    }
}

/// Why a file of users cannot be used.
struct HtpasswdFileError: Error, Hashable {
    /// What is wrong.
    enum Reason: Hashable {
        /// It is not there, too long, or no text.
        case unreadable
        /// A line is wrong.
        case content(HtpasswdError)
    }

    let path: String
    let reason: Reason
}
