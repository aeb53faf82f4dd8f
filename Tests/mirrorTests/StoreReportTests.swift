// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import Testing

@testable import OCILayout
@testable import mirror

@Suite struct StoreReportTests {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    @Test func `a sweep says what it found, and how it is removed`() throws {
        var report = BlobSweep.Report()
        (report.repositories, report.blobs, report.manifests) = (3, 2, 0)
        (report.contents, report.bytes, report.uploads) = (1, 1_234_567, 4)
        report.skipped = [try RepositoryName("b"): try Digest(Self.digest)]
        #expect(
            report.text == """
                garbage: 1 file with 1.23 MB, in 3 repositories
                  blobs      2
                  manifests  0
                  uploads    4
                  left alone b: the manifest \(Self.digest) cannot be read
                  --delete removes it

                """
        )
        report.isRemoved = true
        #expect(report.text.hasPrefix("removed: 1 file with 1.23 MB"))
        #expect(!report.text.contains("--delete"))
        #expect(
            report.json == """
                {"blobs":2,"bytes":1234567,"event":"gc","files":1,"manifests":0,"removed":true,"repositories":3,\
                "skipped":{"b":"\(Self.digest)"},"uploads":4}
                """
        )
        #expect(report.exitCode == .success)
    }

    @Test func `a check names what is damaged and broken, and fails`() throws {
        var report = StoreCheck.Report()
        (report.files, report.bytes, report.tags) = (2, 10, 1)
        #expect(report.text == "sound: 2 files with 10 B read, 1 tag looked at\n")
        #expect(report.exitCode == .success)
        let (name, digest) = (try RepositoryName("team/app"), try Digest(Self.digest))
        report.damaged = [.init(digest: digest, repository: nil), .init(digest: digest, repository: name)]
        report.damagedCount = 3
        report.broken = [.init(repository: name, tag: .latest, digest: digest)]
        report.brokenCount = 1
        report.unreadable = [name: .damaged(path: "index.json", reason: "has no end")]
        #expect(
            report.text == """
                damaged: 2 files with 10 B read, 1 tag looked at
                  damaged  \(Self.digest)
                  damaged  \(Self.digest) in team/app
                  and 1 damaged files more
                  broken   team/app:latest, for lack of \(Self.digest)
                  unread   team/app: cannot read index.json: it has no end
                  --quarantine moves damaged files away

                """
        )
        #expect(report.exitCode == .failure)
        let line = try #require(try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
        #expect(line["sound"] as? Bool == false)
        #expect((line["damaged"] as? [[String: Any]])?.count == 2)
    }

    @Test func `errors of a store are sentences`() {
        let id = UploadID.random()
        let errors: [(StoreError, String)] = [
            (.system(.write, path: "/s/x", errno: ENOSPC), "cannot write /s/x: No space left on device"),
            (.system(.sync, path: "/s/x", errno: EIO), "cannot save /s/x: Input/output error"),
            (.notAStore(path: "/s"), "/s is no store, and not an empty folder either"),
            (.readingOnly(path: "/s"), "the store /s is open for reading only"),
            (.uploadBusy(id), "the upload is being written to by somebody else"),
            (.locked(path: "/s/a"), "cannot lock /s/a: another process holds it for too long"),
        ]
        for (error, sentence) in errors { #expect(Wording.sentence(for: error) == sentence) }
        #expect(Wording.hint(for: errors[0].0) == "mirror store gc shows what can be removed")
    }

    @Test func `nothing is changed without being told, and the grace is bounded`() throws {
        #expect(try !StoreSweepCommand.parse([]).delete)
        #expect(try StoreSweepCommand.parse([]).grace == 60)
        #expect(try !StoreCheckCommand.parse([]).quarantine)
        #expect(try StoreStatsCommand.parse(["--store", "x", "--format", "json"]).options.store == "x")
        for grace in ["-1", "99999999999"] {
            #expect(throws: (any Error).self) { try StoreSweepCommand.parse(["--grace=\(grace)"]) }
        }
    }
}
