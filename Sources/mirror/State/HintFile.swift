// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import Synchronization

/// Something that stands in a line of a hint file: printable, and without spaces.
protocol HintText: Hashable, Sendable {
    /// Reads it; `nil` for what it is not.
    init?(hint: Substring)
    /// How it is written.
    var hint: String { get }
}

/// What is remembered between runs as lines `key value`, appended as it is learned; of a key that stands twice, the last
/// line counts.
///
/// It is read when it is asked first, so that a run which needs nothing of it does not pay for its length. Nothing is lost with
/// the file but time: torn and foreign lines are passed over, and where it cannot be written, the run goes without. It is
/// bounded: the newest lines stay.
final class HintFile<Key: HintText, Value: HintText>: Sendable {
    private struct Content {
        var known: [Key: Value]
        /// -1 where nothing can be written.
        let descriptor: Int32

        func append(_ line: String) {
            guard descriptor >= 0, (try? failpoint(.hintAppend)) != nil else { return }
            _ = Array(line.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        }
    }

    private let url: URL
    private let maximumLines: Int
    private let content = Mutex<Content?>(nil)

    /// Names a file, which is made where it is missing when something is asked of it.
    init(_ url: URL, maximumLines: Int) {
        self.url = url
        self.maximumLines = maximumLines
    }

    deinit {
        let descriptor = content.withLock { $0?.descriptor ?? -1 }
        if descriptor >= 0 { close(descriptor) }
    }

    /// What is known of a key.
    subscript(key: Key) -> Value? { withContent { $0.known[key] } }

    /// All that is known, for tests.
    var all: [Key: Value] { withContent { $0.known } }

    /// Takes note, unless it is known already.
    func note(_ key: Key, _ value: Value) {
        withContent { content in
            guard content.known.updateValue(value, forKey: key) != value else { return }
            if content.known.count > 2 * maximumLines {
                content.known = [key: value]
                if content.descriptor >= 0, (try? failpoint(.hintRewrite)) != nil { ftruncate(content.descriptor, 0) }
            }
            // Not made durable: after a power failure it is only not known.
            content.append("\(key.hint) \(value.hint)\n")
        }
    }

    private func withContent<Result>(_ body: (inout Content) -> Result) -> Result {
        content.withLock { content in
            // Taken out, so that the table is changed in its place.
            var loaded = content.take() ?? load()
            defer { content = loaded }
            return body(&loaded)
        }
    }

    private func load() -> Content {
        let newline = UInt8(ascii: "\n")
        var lines = (try? Data(contentsOf: url))?.split(separator: newline) ?? []
        StateDirectory.make(url.deletingLastPathComponent())
        if lines.count > maximumLines {
            lines = lines.suffix(maximumLines / 2)
            let text = Data(lines.joined(separator: [newline]) + [newline])
            if (try? failpoint(.hintRewrite)) != nil { try? text.write(to: url, options: .atomic) }
        }
        // Not through an array of all entries: there can be a hundred thousand.
        let known: [Key: Value] = lines.reduce(into: [:]) { known, line in
            if let (key, value) = Self.entry(line) { known[key] = value }
        }
        // Appended to by several runs at once, a line with each write.
        let descriptor = open(url.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        let content = Content(known: known, descriptor: descriptor)
        // A line that a kill tore must not spoil the next one; empty lines are passed over.
        if content.descriptor >= 0, lseek(content.descriptor, 0, SEEK_END) > 0 { content.append("\n") }
        return content
    }

    private static func entry(_ line: Data) -> (key: Key, value: Value)? {
        guard let text = String(validating: line, as: UTF8.self) else { return nil }
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let key = Key(hint: parts[0]), let value = Value(hint: parts[1]) else { return nil }
        return (key, value)
    }
}

extension Digest: HintText {
    init?(hint: Substring) {
        guard let digest = try? Digest(String(hint)) else { return nil }
        self = digest
    }

    var hint: String { description }
}

extension RepositoryName: HintText {
    init?(hint: Substring) {
        guard let name = try? RepositoryName(String(hint)) else { return nil }
        self = name
    }

    var hint: String { text }
}

extension RegistryHost: HintText {
    init?(hint: Substring) {
        guard let host = try? RegistryHost(String(hint)) else { return nil }
        self = host
    }

    var hint: String { description }
}

extension Int64: HintText {
    init?(hint: Substring) { self.init(hint, radix: 10) }

    var hint: String { "\(self)" }
}

/// A tag of a repository, `team/app:1.2`.
struct TagPlace: HintText {
    let repository: RepositoryName
    let tag: TagName

    init(_ repository: RepositoryName, _ tag: TagName) {
        self.repository = repository
        self.tag = tag
    }

    init?(hint: Substring) {
        guard let colon = hint.lastIndex(of: ":"), let repository = try? RepositoryName(String(hint[..<colon])),
            let tag = try? TagName(String(hint[hint.index(after: colon)...]))
        else { return nil }
        self.init(repository, tag)
    }

    var hint: String { "\(repository):\(tag)" }
}
