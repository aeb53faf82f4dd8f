// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Replication

extension JSONLine {
    /// Something that an image consists of, and what is wrong with it.
    struct Part: Encodable {
        let type: String
        let digest: String
        let size: Int64?
        let parent: String?
        var actualDigest: String?
        var actualSize: Int64?

        init(_ part: Finding.Part, _ kind: Finding.Kind) {
            type = part.isManifest ? "manifest" : "blob"
            digest = part.digest.description
            size = part.size
            parent = part.parent?.description
            switch kind {
            case .damaged(_, .bytes(let actual)): actualDigest = actual.description
            case .damaged(_, .size(let actual)): actualSize = actual
            case .missing, .moved, .unlisted, .extra, .incomplete: break
            }
        }
    }

    /// How many of everything a verification found.
    struct Verified: Encodable {
        let repositories, sound, differing, missing, moved, incomplete, damaged, unlisted, extra: Int
        let healed, remaining, failed, blobsRead, blobsSent: Int
        let bytesRead, bytesSent: Int64

        init(_ totals: VerifyTotals) {
            repositories = totals.repositories
            sound = totals.sound
            differing = totals.imagesDiffering
            missing = totals.missing
            moved = totals.moved
            incomplete = totals.incomplete
            damaged = totals.damaged
            unlisted = totals.unlisted
            extra = totals.extra
            healed = totals.healed
            remaining = totals.remaining
            failed = totals.failures.count
            blobsRead = totals.blobsRead
            blobsSent = totals.blobsSent
            bytesRead = totals.bytesRead
            bytesSent = totals.bytesSent
        }
    }

    /// Which blobs were drawn.
    struct Sample: Encodable {
        let share: Double
        let seed: UInt64
    }

    /// The line for an event of a verification; `nil` for those that only feed the counts.
    init?(verified event: VerifyEvent) {
        switch event {
        case .routeFound(let route): self.init("repository", route)
        case .routeFailed(let name, let error):
            self.init(event: "failed", message: Wording.sentence(for: error), hint: Wording.hint(for: error))
            source = name.text
        case .sound(let route, let target, let digest):
            self.init("sound", route)
            take(target)
            self.digest = digest.description
        case .found(let finding):
            self.init("finding", finding)
            message = VerifyWording.sentence(for: finding).printable
        case .healed(let finding): self.init("healed", finding)
        case .unhealed(let finding, let obstacle):
            self.init("unhealed", finding)
            message = VerifyWording.sentence(for: obstacle).printable
            hint = VerifyWording.hint(for: obstacle, finding)?.printable
        case .failed(let route, let target, let error):
            self.init("failed", route)
            take(target)
            message = Wording.sentence(for: error)
            hint = Wording.hint(for: error)
        case .readingStarted, .readingMoved, .readingEnded, .transfer: return nil
        }
    }

    private init(_ event: String, _ finding: Finding) {
        self.init(event, finding.route)
        kind = VerifyWording.word(for: finding.kind)
        tag = finding.tag?.text
        digest = finding.root?.description
        switch finding.kind {
        case .moved(_, let old): oldDigest = old.description
        case .extra(let there): oldDigest = there?.description
        case .missing, .unlisted, .incomplete, .damaged: break
        }
        part = finding.part.map { Part($0, finding.kind) }
    }

    /// The end of a verification.
    init(_ report: VerifyReport) {
        self.init(event: "verified")
        verified = Verified(report.totals)
        seconds = report.duration / .seconds(1)
        interrupted = report.interruption != nil
        switch report.terms.depth {
        case .tags: depth = "tags"
        case .closure: depth = "closure"
        case .content(let drawn):
            depth = "content"
            if drawn.share < 1 { sample = Sample(share: drawn.share, seed: drawn.seed) }
        }
    }
}
