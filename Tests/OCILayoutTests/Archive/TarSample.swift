// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCIContent
import OCITestKit

@testable import OCILayout

/// Archives whose headers need not be right.
enum TarSample {
    /// The two blocks that end an archive.
    static let end = [UInt8](repeating: 0, count: 1024)

    /// A member, its header with a right checksum.
    /// - Parameter change: What is different in its header.
    static func member(
        _ name: String,
        _ content: [UInt8] = [],
        type: Character = "0",
        target: String = "",
        size: Int64? = nil,
        change: (inout [UInt8]) -> Void = { _ in }
    ) -> [UInt8] {
        var header = Array(TarHeader(name: name, size: size ?? Int64(content.count)).bytes(modified: 0).suffix(512))
        header[156] = type.asciiValue ?? 0
        put(target, at: 157, in: &header)
        change(&header)
        return summed(header) + content + filling(content.count)
    }

    /// A symbolic link.
    static func link(_ name: String, to target: String) -> [UInt8] { member(name, type: "2", target: target) }

    /// Records in front of a member.
    static func records(_ text: String) -> [UInt8] { member("pax", Array(text.utf8), type: "x") }

    /// A record with its length.
    static func record(_ key: String, _ value: String) -> String {
        let body = " \(key)=\(value)\n"
        var length = body.utf8.count
        while "\(length)\(body)".utf8.count != length { length = "\(length)\(body)".utf8.count }
        return "\(length)\(body)"
    }

    static func put(_ text: String, at offset: Int, in header: inout [UInt8]) {
        header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
    }

    /// A header with the checksum that it must have.
    static func summed(_ header: [UInt8]) -> [UInt8] {
        var header = header
        put("        ", at: 148, in: &header)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\u{0} ", at: 148, in: &header)
        return header
    }

    private static func filling(_ count: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: TarHeader.padding(after: Int64(count)))
    }
}

extension TemporaryFolder {
    /// Reads the headers of an archive that is written to a file.
    func index(of archive: [UInt8]) throws -> TarIndex {
        try write(archive, to: "index.tar")
        return try TarIndex(of: ArchiveBytes(at: below("index.tar")))
    }

    /// Why an archive is refused; `nil` if it is not.
    func mistake(in archive: [UInt8]) throws -> TarMistake? {
        do { _ = try index(of: archive) } catch ArchiveError.refused(_, _, let mistake) { return mistake }
        return nil
    }
}
