// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import CCrypt

/// One check of a password by the system's `crypt_r`; it takes tens of milliseconds of processor time.
enum BcryptHash {
    /// Whether a password has a hash.
    ///
    /// Blocks: call it on a thread of its own. A password with a zero byte is none, since C would not read beyond it.
    static func matches(_ password: [UInt8], _ hash: String) -> Bool {
        let hasZero = password.contains(0)
        let phrase = hasZero ? [0] : password + [0]
        let data = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
        defer { data.deallocate() }
        UnsafeMutableRawPointer(data)
            .initializeMemory(as: UInt8.self, repeating: 0, count: MemoryLayout<crypt_data>.size)
        let isEqual = phrase.withUnsafeBytes { bytes -> Bool in
            guard let start = bytes.assumingMemoryBound(to: CChar.self).baseAddress,
                let made = crypt_r(start, hash, data)
            else { return false }
            return areEqual(String(cString: made), hash)
        }
        return isEqual && !hasZero
    }

    /// Compares in a time that depends on the lengths alone.
    static func areEqual(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
