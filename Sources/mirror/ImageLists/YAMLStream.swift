// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The documents of a YAML stream, taken apart by the lines that separate them.
///
/// Nothing that is indented or quoted can begin a line with one of these marks, so what a line looks like is enough (YAML
/// 1.2, "Document Markers"). One document at a time keeps memory small, and a mistake in one lets the others be read.
struct YAMLStream {
    struct Document {
        /// How many lines stand before it.
        let line: Int
        let bytes: ArraySlice<UInt8>
    }

    let documents: [Document]

    init(_ bytes: [UInt8]) {
        var documents: [Document] = []
        var (start, startLine, line) = (bytes.startIndex, 0, 0)
        var position = bytes.startIndex
        func take(until end: Int) {
            let document = Document(line: startLine, bytes: bytes[start..<end])
            if Self.saysSomething(document.bytes) { documents.append(document) }
        }
        while position < bytes.endIndex {
            let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.endIndex
            if Self.isMark(bytes[position..<end], "---") {
                take(until: position)
                (start, startLine) = (position, line)
            } else if Self.isMark(bytes[position..<end], "...") {
                take(until: position)
                (start, startLine) = (end, line + 1)
            }
            (position, line) = (end, line + 1)
        }
        take(until: bytes.endIndex)
        self.documents = documents
    }

    private static func isMark(_ line: ArraySlice<UInt8>, _ mark: String) -> Bool {
        guard line.starts(with: mark.utf8) else { return false }
        return line.dropFirst(mark.utf8.count).first.map { " \t\r\n".utf8.contains($0) } ?? true
    }

    /// Whether there is more than comments and directives, which only say how the next document is to be read.
    private static func saysSomething(_ document: ArraySlice<UInt8>) -> Bool {
        document.split(separator: UInt8(ascii: "\n"))
            .contains { line in
                if line.first == UInt8(ascii: "%") { return false }
                return line.first { !" \t\r".utf8.contains($0) }.map { $0 != UInt8(ascii: "#") } ?? false
            }
    }
}
