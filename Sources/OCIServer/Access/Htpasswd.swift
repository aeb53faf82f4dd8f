// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A file of users and the bcrypt hashes of their passwords, as `htpasswd -B` writes it.
public struct Htpasswd: Sendable {
    /// The hash of each user's password.
    let hashes: [String: String]
    /// A hash of nobody's password, as dear to check as the others, for names that are not in the file.
    let decoy: String

    /// Reads the text of a file.
    ///
    /// Lines that are empty or begin with `#` do not count. Other kinds of hashes are refused: they are too cheap to try.
    public init(_ text: String) throws(HtpasswdError) {
        var hashes: [String: String] = [:]
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (place, line) in lines.enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else { throw HtpasswdError(line: place + 1, reason: .form) }
            guard Self.isBcrypt(parts[1]) else { throw HtpasswdError(line: place + 1, reason: .hash) }
            guard hashes.updateValue(String(parts[1]), forKey: String(parts[0])) == nil else {
                throw HtpasswdError(line: place + 1, reason: .duplicate)
            }
        }
        guard let dearest = hashes.values.max(by: { $0.dropFirst(4).prefix(2) < $1.dropFirst(4).prefix(2) }) else {
            throw HtpasswdError(line: 1, reason: .empty)
        }
        self.hashes = hashes
        decoy = dearest
    }

    /// `$2y$`, two digits from 04 to 31, `$`, and 53 characters of salt and hash.
    private static func isBcrypt(_ text: Substring) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 60, ["$2y$", "$2a$", "$2b$"].contains(String(text.prefix(4))),
            let cost = Int(text.dropFirst(4).prefix(2)), (4...31).contains(cost), bytes[6] == UInt8(ascii: "$")
        else { return false }
        return bytes[7...]
            .allSatisfy { byte in
                switch byte {
                case 0x2E...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: false
                }
            }
    }
}

/// Why a file of users cannot be used; no part of a hash is in it.
public struct HtpasswdError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Reason: Hashable, Sendable {
        /// The line is not a name, a colon and a hash.
        case form
        /// The hash is not one of bcrypt.
        case hash
        /// The user stands in a line before.
        case duplicate
        /// There is no user.
        case empty
    }

    /// The line, from 1 on.
    public let line: Int
    /// What is wrong with it.
    public let reason: Reason
}
