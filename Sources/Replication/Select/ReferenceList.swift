// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A list of images in a text file: one a line, relative to the fixed part of the job's source.
///
/// What stands in a line is `name`, `name:tag` or `name@digest`. With both, the digest says which image is meant, and the tag
/// what it is called. ``ReferenceLines`` says what a line is.
public struct ReferenceList: Hashable, Sendable {
    /// One line.
    public struct Entry: Hashable, Sendable {
        /// The repository.
        public let repository: RepositoryName
        /// The image; `nil` where the line names the repository alone.
        public let target: Target?
        /// The tag that is written beside a digest.
        public let writtenTag: TagName?

        /// Makes an entry.
        public init(repository: RepositoryName, target: Target?, writtenTag: TagName? = nil) {
            self.repository = repository
            self.target = target
            self.writtenTag = writtenTag
        }
    }

    /// The most bytes that a list may have.
    public static let maximumBytes = 1 << 20

    /// What the lines mean, in their order, each thing once.
    public let entries: [Entry]

    /// Reads the bytes of a file.
    /// - Throws: ``ReferenceListError`` with every mistake.
    public init(_ bytes: [UInt8]) throws(ReferenceListError) {
        let lines = try ReferenceLines(bytes, maximumBytes: Self.maximumBytes)
        var entries: [Entry] = []
        var seen: Set<Entry> = []
        var mistakes = lines.mistakes
        for line in lines.lines {
            do throws(EntryFailure) {
                let entry = try Entry(line.reference)
                if seen.insert(entry).inserted { entries.append(entry) }
            } catch {
                mistakes.append(.init(line: line.number, column: line.column + error.offset, reason: error.reason))
            }
        }
        guard mistakes.isEmpty else { throw .mistakes(mistakes.sorted { $0.line < $1.line }) }
        self.entries = entries
    }
}

private struct EntryFailure: Error {
    /// The byte of the reference at which the mistaken part begins, from 0.
    let offset: Int
    let reason: ReferenceListError.Reason
}

extension ReferenceList.Entry {
    fileprivate init(_ reference: ArraySlice<UInt8>) throws(EntryFailure) {
        func failure(_ error: NameError, in part: ArraySlice<UInt8>) -> EntryFailure {
            var offset = part.startIndex - reference.startIndex
            if case .character(let inside) = error.reason { offset += inside }
            return EntryFailure(offset: offset, reason: .name(error))
        }
        let named = reference.prefix { $0 != UInt8(ascii: "@") }
        var digest: Digest?
        if named.endIndex < reference.endIndex {
            let part = reference[(named.endIndex + 1)...]
            do { digest = try Digest(Self.text(part)) } catch {
                throw EntryFailure(offset: part.startIndex - reference.startIndex, reason: .digest(error))
            }
        }
        let path = named.prefix { $0 != UInt8(ascii: ":") }
        var tag: TagName?
        if path.endIndex < named.endIndex {
            let part = named[(path.endIndex + 1)...]
            do { tag = try TagName(Self.text(part)) } catch { throw failure(error, in: part) }
        }
        do {
            self.init(
                repository: try RepositoryName(Self.text(path)),
                target: digest.map { .digest($0) } ?? tag.map { .tag($0) },
                writtenTag: digest == nil ? nil : tag
            )
        } catch { throw failure(error, in: path) }
    }

    private static func text(_ part: ArraySlice<UInt8>) -> String { String(decoding: part, as: UTF8.self) }
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
