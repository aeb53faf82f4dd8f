// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import Synchronization

/// Keeps manifests by digest between runs, a file each, and what tags pointed to.
///
/// There are two folders: when the new one is full, it becomes the old one, and the old one is deleted. What is found in the
/// old one moves to the new one. So what was used last stays, without looking for what was not.
final class ManifestCache: DocumentMemory {
    /// How many manifests a folder holds.
    private static let capacity = 20_000
    /// Longer manifests are fetched again.
    private static let maximumSize = 64 << 10

    private let new: URL
    private let old: URL
    /// How many manifests the new folder has; counted when the first one is kept.
    private let count = Mutex<Int?>(nil)
    /// What a tag pointed to is of use only with its manifest.
    private static let maximumTags = 24_000
    private let seen: HintFile<TagPlace, Digest>

    /// Opens the cache; what tags pointed to is kept apart for each host.
    init(for host: RegistryHost, in state: URL = StateDirectory.url) {
        new = state.appending(path: "manifests/new")
        old = state.appending(path: "manifests/old")
        seen = HintFile(
            state.appending(path: "seen").appending(path: StateDirectory.fileName(for: host)),
            maximumLines: Self.maximumTags
        )
    }

    func document(_ digest: Digest) async -> ManifestDocument? {
        let name = Self.name(digest)
        if let document = Self.read(new.appending(path: name), digest) { return document }
        guard let document = Self.read(old.appending(path: name), digest) else { return nil }
        StateDirectory.make(new)
        try? FileManager.default.moveItem(at: old.appending(path: name), to: new.appending(path: name))
        return document
    }

    func keep(_ document: ManifestDocument) async {
        guard document.bytes.count <= Self.maximumSize else { return }
        makeRoom()
        // A file that a kill tore is not what its name says, and is passed over when it is read.
        let data = Data("\(document.descriptor.mediaType)\n".utf8) + document.bytes
        try? data.write(to: new.appending(path: Self.name(document.descriptor.digest)))
    }

    func lastSeen(_ tag: TagName, in repository: RepositoryName) async -> Digest? { seen[TagPlace(repository, tag)] }

    func noteSeen(_ tag: TagName, in repository: RepositoryName, _ digest: Digest) async {
        seen.note(TagPlace(repository, tag), digest)
    }

    private func makeRoom() {
        count.withLock { count in
            if count == nil { StateDirectory.make(new) }
            let kept = count ?? (try? FileManager.default.contentsOfDirectory(atPath: new.path).count) ?? 0
            count = kept + 1
            guard kept >= Self.capacity else { return }
            try? FileManager.default.removeItem(at: old)
            try? FileManager.default.moveItem(at: new, to: old)
            StateDirectory.make(new)
            count = 1
        }
    }

    private static func name(_ digest: Digest) -> String { "\(digest.algorithm.rawValue)-\(digest.hex)" }

    private static func read(_ url: URL, _ digest: Digest) -> ManifestDocument? {
        guard let data = try? Data(contentsOf: url), let end = data.firstIndex(of: UInt8(ascii: "\n")) else {
            return nil
        }
        let bytes = Array(data[data.index(after: end)...])
        var digester = Digester(digest.algorithm)
        bytes.withUnsafeBytes { digester.update($0) }
        guard digester.digest() == digest else { return nil }
        let mediaType = String(decoding: data[..<end], as: UTF8.self)
        return try? ManifestDocument(bytes: bytes, digest: digest, contentType: mediaType)
    }
}
