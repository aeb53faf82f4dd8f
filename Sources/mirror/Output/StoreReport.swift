// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCILayout

/// What came of looking after a store, for people and for scripts.
protocol StoreOutcome: Sendable {
    /// Lines for people.
    var text: String { get }
    /// One line for scripts.
    var json: String { get }
    var exitCode: ExitCode { get }
}

extension StoreOutcome {
    fileprivate static func line(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

extension StoreStats: StoreOutcome {
    var exitCode: ExitCode { .success }

    var text: String {
        """
        \(Measures.count(repositories, "repository", "repositories")), \(Measures.count(tags, "tag")), \
        \(Measures.count(manifests, "manifest")), \(Measures.count(blobs, "blob"))
          on disk   \(Measures.bytes(bytesOnDisk))
          unshared  \(Measures.bytes(bytesWithoutSharing))
          uploads   \(uploads) open (\(Measures.bytes(uploadBytes)))

        """
    }

    var json: String {
        struct Line: Encodable {
            let event = "stats"
            let repositories, tags, manifests, blobs, uploads: Int
            let bytesOnDisk, bytesWithoutSharing, uploadBytes: Int64
        }
        return Self.line(
            Line(
                repositories: repositories,
                tags: tags,
                manifests: manifests,
                blobs: blobs,
                uploads: uploads,
                bytesOnDisk: bytesOnDisk,
                bytesWithoutSharing: bytesWithoutSharing,
                uploadBytes: uploadBytes
            )
        )
    }
}

extension BlobSweep.Report: StoreOutcome {
    var exitCode: ExitCode { .success }

    var text: String {
        let verb = isRemoved ? "removed" : "garbage"
        var lines = [
            "\(verb): \(Measures.count(contents, "file")) with \(Measures.bytes(bytes)), in "
                + Measures.count(repositories, "repository", "repositories"),
            "  blobs      \(blobs)",
            "  manifests  \(manifests)",
            "  uploads    \(uploads)",
        ]
        for (name, digest) in skipped.sorted(by: { $0.key < $1.key }) {
            lines.append("  left alone \(name): the manifest \(digest) cannot be read")
        }
        if !isRemoved, contents + blobs + manifests + uploads > 0 { lines.append("  --delete removes it") }
        return lines.map { "\($0.printable)\n" }.joined()
    }

    var json: String {
        struct Line: Encodable {
            let event = "gc"
            let removed: Bool
            let repositories, manifests, blobs, files, uploads: Int
            let bytes: Int64
            let skipped: [String: String]
        }
        return Self.line(
            Line(
                removed: isRemoved,
                repositories: repositories,
                manifests: manifests,
                blobs: blobs,
                files: contents,
                uploads: uploads,
                bytes: bytes,
                skipped: Dictionary(skipped.map { ($0.key.text, "\($0.value)") }, uniquingKeysWith: { $1 })
            )
        )
    }
}

extension StoreCheck.Report: StoreOutcome {
    var exitCode: ExitCode { isSound ? .success : .failure }

    var text: String {
        var lines = [
            "\(isSound ? "sound" : "damaged"): \(Measures.count(files, "file")) with \(Measures.bytes(bytes)) read, "
                + "\(Measures.count(tags, "tag")) looked at"
        ]
        for damage in damaged {
            lines.append("  damaged  \(damage.digest)\(damage.repository.map { " in \($0)" } ?? "")")
        }
        if damagedCount > damaged.count { lines.append("  and \(damagedCount - damaged.count) damaged files more") }
        for tag in broken { lines.append("  broken   \(tag.repository):\(tag.tag), for lack of \(tag.digest)") }
        if brokenCount > broken.count { lines.append("  and \(brokenCount - broken.count) broken tags more") }
        for (name, error) in unreadable.sorted(by: { $0.key < $1.key }) {
            lines.append("  unread   \(name): \(Wording.sentence(for: error))")
        }
        if damagedCount > 0 {
            lines.append(isQuarantined ? "  moved to the quarantine" : "  --quarantine moves damaged files away")
        }
        return lines.map { "\($0.printable)\n" }.joined()
    }

    var json: String {
        struct Damaged: Encodable { let digest: String, repository: String? }
        struct Broken: Encodable { let repository, tag, digest: String }
        struct Line: Encodable {
            let event = "check"
            let sound, quarantined: Bool
            let files, tags, damagedCount, brokenCount: Int
            let bytes: Int64
            let damaged: [Damaged]
            let broken: [Broken]
            let unreadable: [String: String]
        }
        return Self.line(
            Line(
                sound: isSound,
                quarantined: isQuarantined,
                files: files,
                tags: tags,
                damagedCount: damagedCount,
                brokenCount: brokenCount,
                bytes: bytes,
                damaged: damaged.map { Damaged(digest: "\($0.digest)", repository: $0.repository?.text) },
                broken: broken.map { Broken(repository: $0.repository.text, tag: $0.tag.text, digest: "\($0.digest)") },
                unreadable: Dictionary(
                    unreadable.map { ($0.key.text, Wording.sentence(for: $0.value)) },
                    uniquingKeysWith: { $1 }
                )
            )
        )
    }
}
