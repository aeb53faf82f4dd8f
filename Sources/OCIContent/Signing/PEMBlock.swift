// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A block of a text in PEM form (RFC 7468).
struct PEMBlock {
    /// What stands behind BEGIN.
    let label: String
    let bytes: [UInt8]
    /// Whether headers in front of the bytes say that these are encrypted (RFC 1421, 4.6.1.1).
    let isEncrypted: Bool

    /// All blocks that are whole; everything around them is of no account.
    static func all(in text: String) -> [PEMBlock] {
        var blocks: [PEMBlock] = []
        var label: String?
        var content = ""
        var isEncrypted = false
        for line in text.split(whereSeparator: \.isNewline).map({ $0.trimming() }) {
            if let new = line.between("-----BEGIN ", "-----") {
                (label, content, isEncrypted) = (new, "", false)
            } else if let old = label, line == "-----END \(old)-----" {
                if let data = Data(base64Encoded: content) {
                    blocks.append(PEMBlock(label: old, bytes: Array(data), isEncrypted: isEncrypted))
                }
                label = nil
            } else if line.contains(":") {
                if line.hasPrefix("Proc-Type:"), line.hasSuffix("ENCRYPTED") { isEncrypted = true }
            } else {
                content += line
            }
        }
        return blocks
    }
}

extension Substring {
    fileprivate func trimming() -> String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}

extension String {
    fileprivate func between(_ start: String, _ end: String) -> String? {
        hasPrefix(start) && hasSuffix(end) && utf8.count > start.utf8.count + end.utf8.count
            ? String(dropFirst(start.count).dropLast(end.count)) : nil
    }
}
