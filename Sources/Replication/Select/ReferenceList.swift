// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A list of images in a text file: one a line, relative to the fixed part of the job's source.
///
/// A line is `name`, `name:tag` or `name@digest` (with both, the digest counts), and may be indented. Empty lines are
/// skipped, and so is what follows a `#` at the beginning of a line or after a blank.
public struct ReferenceList: Hashable, Sendable {
    /// One line.
    public struct Entry: Hashable, Sendable {
        /// The repository.
        public let repository: RepositoryName
        /// The image; `nil` where the line names the repository alone.
        public let target: Target?

        /// Makes an entry.
        public init(repository: RepositoryName, target: Target?) {
            self.repository = repository
            self.target = target
        }
    }

    /// The most bytes that a list may have.
    public static let maximumBytes = 1 << 20
    /// The most lines that a list may have.
    public static let maximumLines = 100_000

    /// What the lines mean, in their order, each thing once.
    public let entries: [Entry]

    /// Reads the bytes of a file.
    /// - Throws: ``ReferenceListError`` with every mistake.
    public init(_ bytes: [UInt8]) throws(ReferenceListError) {
        guard bytes.count <= Self.maximumBytes else { throw .tooManyBytes(limit: Self.maximumBytes) }
        // Some editors mark UTF-8 with these.
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let lines = bytes[(bytes.starts(with: mark) ? mark.count : 0)...]
            .split(separator: UInt8(ascii: "\n"), maxSplits: Self.maximumLines, omittingEmptySubsequences: false)
        // The last line may end like the others.
        guard lines.count <= Self.maximumLines || lines.last?.isEmpty ?? true else {
            throw .tooManyLines(limit: Self.maximumLines)
        }
        var entries: [Entry] = []
        var seen: Set<Entry> = []
        var mistakes: [ReferenceListError.Mistake] = []
        for (index, line) in lines.enumerated() {
            do {
                guard let entry = try ReferenceLine(line).entry() else { continue }
                if seen.insert(entry).inserted { entries.append(entry) }
            } catch {
                mistakes.append(.init(line: index + 1, column: error.offset + 1, reason: error.reason))
            }
        }
        guard mistakes.isEmpty else { throw .mistakes(mistakes) }
        self.entries = entries
    }
}

/// Why a file is not a list of references.
public enum ReferenceListError: Error, Hashable, Sendable {
    /// One thing that is wrong.
    public struct Mistake: Hashable, Sendable {
        /// The line, from 1.
        public let line: Int
        /// The byte of the line at which the mistaken part begins, from 1.
        public let column: Int
        /// What is wrong.
        public let reason: Reason

        /// Makes a mistake.
        public init(line: Int, column: Int, reason: Reason) {
            self.line = line
            self.column = column
            self.reason = reason
        }
    }

    /// What can be wrong with a line.
    public enum Reason: Hashable, Sendable {
        /// What stands there is no name of a repository or tag.
        case name(NameError)
        /// What follows the `@` is no digest.
        case digest(DigestError)
        /// Something follows the reference.
        case afterReference
    }

    /// The file is longer than is read.
    case tooManyBytes(limit: Int)
    /// The file has more lines than are read.
    case tooManyLines(limit: Int)
    /// These lines, in their order, are no references.
    case mistakes([Mistake])
}

/// One line of a list.
private struct ReferenceLine {
    struct Failure: Error {
        let offset: Int
        let reason: ReferenceListError.Reason
    }

    private let bytes: ArraySlice<UInt8>
    private let start: Int

    init(_ line: ArraySlice<UInt8>) {
        start = line.startIndex
        bytes = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }

    /// What the line means; `nil` if it says nothing.
    func entry() throws(Failure) -> ReferenceList.Entry? {
        let content = bytes.drop(while: Self.isBlank)
        guard let first = content.first, first != UInt8(ascii: "#") else { return nil }
        let reference = content.prefix { !Self.isBlank($0) }
        let rest = content[reference.endIndex...].drop(while: Self.isBlank)
        if let next = rest.first, next != UInt8(ascii: "#") {
            throw Failure(offset: rest.startIndex - start, reason: .afterReference)
        }
        return try entry(of: reference)
    }

    private func entry(of reference: ArraySlice<UInt8>) throws(Failure) -> ReferenceList.Entry {
        let named = reference.prefix { $0 != UInt8(ascii: "@") }
        var target: Target?
        if named.endIndex < reference.endIndex {
            let digest = reference[(named.endIndex + 1)...]
            do { target = .digest(try Digest(Self.text(digest))) } catch {
                throw Failure(offset: digest.startIndex - start, reason: .digest(error))
            }
        }
        let path = named.prefix { $0 != UInt8(ascii: ":") }
        if path.endIndex < named.endIndex {
            let part = named[(path.endIndex + 1)...]
            do {
                let tag = try TagName(Self.text(part))
                target = target ?? .tag(tag)
            } catch { throw failure(error, in: part) }
        }
        do {
            return ReferenceList.Entry(repository: try RepositoryName(Self.text(path)), target: target)
        } catch { throw failure(error, in: path) }
    }

    private func failure(_ error: NameError, in part: ArraySlice<UInt8>) -> Failure {
        var offset = part.startIndex - start
        if case .character(let inside) = error.reason { offset += inside }
        return Failure(offset: offset, reason: .name(error))
    }

    private static func text(_ part: ArraySlice<UInt8>) -> String { String(decoding: part, as: UTF8.self) }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
