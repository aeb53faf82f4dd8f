// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Replication

/// What a verification found, in words.
enum VerifyWording {
    /// The line for an event that is a result; `nil` for those that only feed the counts.
    static func line(for event: VerifyEvent, _ style: Style) -> String? {
        switch event {
        case .found(let finding):
            let kind = finding.isDifference ? style.red(word(for: finding.kind)) : style.yellow("extra")
            return "\(kind) \(name(of: finding)): \(sentence(for: finding))"
        case .healed(let finding):
            return ([style.green("healed") + " " + name(of: finding)] + object(of: finding)).joined(separator: ": ")
        case .unhealed(let finding, let obstacle):
            let start = style.red("not healed") + " " + name(of: finding)
            let line = ([start] + object(of: finding) + [sentence(for: obstacle)]).joined(separator: ": ")
            return line + (hint(for: obstacle, finding).map { "\n  hint: \($0.printable)" } ?? "")
        default: return nil
        }
    }

    /// One word for a kind, in lines and in JSON.
    static func word(for kind: Finding.Kind) -> String {
        switch kind {
        case .missing: "missing"
        case .moved: "moved"
        case .unlisted: "unlisted"
        case .extra: "extra"
        case .incomplete: "incomplete"
        case .damaged: "damaged"
        }
    }

    /// What differs.
    static func sentence(for finding: Finding) -> String {
        switch finding.kind {
        case .missing(let digest): "the destination does not have it; at the source it is \(digest)"
        case .moved(let new, let old): "it points to \(old) instead of \(new)"
        case .unlisted(let subject): "the destination does not list it among what refers to \(subject)"
        case .extra: "nothing that is selected brings it"
        case .incomplete: "\(text(of: finding)) is not there"
        case .damaged(_, .bytes(let actual)): "\(text(of: finding)) has the bytes of \(actual)"
        case .damaged(let part, .size(let actual)):
            "\(text(of: finding)) has \(actual.map(String.init) ?? "more") bytes instead of "
                + (part.size.map(String.init) ?? "those that it should have")
        }
    }

    /// Why something was not mended.
    static func sentence(for obstacle: HealObstacle) -> String {
        switch obstacle {
        case .refused(let refusal): Wording.sentence(for: refusal)
        case .left: "another job brings it the other way"
        case .failed(let error): Wording.sentence(for: error)
        case .unchanged: "the destination confirmed what was sent, and is as it was"
        }
    }

    /// What can be done about that.
    static func hint(for obstacle: HealObstacle, _ finding: Finding) -> String? {
        switch obstacle {
        case .refused(let refusal): return Wording.hint(for: refusal)
        case .left: return nil
        case .failed(let error): return Wording.hint(for: error)
        case .unchanged:
            guard let digest = finding.part?.digest else { return nil }
            let path = "\(digest.algorithm.rawValue)/\(digest.hex.prefix(2))/\(digest.hex)"
            return
                "registries keep what they have under a digest, whatever is sent: have their administrator delete it "
                + "(docker-registry: the folder docker/registry/v2/blobs/\(path) of its storage, and restart it if it "
                + "caches), then heal again"
        }
    }

    /// What is concerned, if it is not the whole image: `the blob sha256:… of sha256:…`.
    private static func object(of finding: Finding) -> [String] { finding.part == nil ? [] : [text(of: finding)] }

    private static func text(of finding: Finding) -> String {
        guard let part = finding.part else { return "its tag" }
        guard let parent = part.parent else { return "its manifest \(part.digest)" }
        let noun = part.isManifest ? "manifest" : "blob"
        return "the \(noun) \(part.digest) of \(parent == finding.root ? "its manifest" : parent.short)"
    }

    private static func name(of finding: Finding) -> String {
        let repository = finding.route.destination
        return finding.tag.map { "\(repository):\($0)" } ?? "\(repository)\(finding.target)"
    }

    /// How far a verification is, in one line.
    static func progress(_ totals: VerifyTotals) -> String {
        "progress: \(Measures.count(totals.sound, "image")) sound, \(totals.imagesDiffering) differ, "
            + "\(Measures.bytes(totals.bytesMoved)) read, \(Measures.count(totals.flights.count, "blob")) on the way"
    }

    /// The end of a verification.
    static func finish(_ report: VerifyReport, out: Terminal, complaints: Terminal) {
        complaints.write(Report.lines(for: report.totals.failures, complaints.style).map { $0 + "\n" }.joined())
        if let failure = report.failure { Lines.complain(failure, to: complaints) }
        out.write(report.text(out.style) + "\n")
    }
}
