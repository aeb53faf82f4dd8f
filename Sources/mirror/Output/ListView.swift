// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import Replication
import Synchronization

/// Shows what a selection takes, as it is found.
final class ListView: Sendable {
    private let format: OutputOptions.Format
    private let explains: Bool
    private let subject: ListSubject
    private let out = Terminal.standardOutput
    private let failures = Mutex(0)

    init(format: OutputOptions.Format, explains: Bool, subject: ListSubject) {
        self.format = format
        self.explains = explains
        self.subject = subject
    }

    /// Whether something could not be listed.
    var hasFailures: Bool { failures.withLock { $0 > 0 } }

    func show(_ finding: Lister.Finding) {
        if case .failed(let name, let error) = finding {
            failures.withLock { $0 += 1 }
            let style = Terminal.standardError.style
            Terminal.standardError.write("\(style.red("failed:")) \(name): \(Wording.sentence(for: error))\n")
        }
        switch format {
        case .json: if let line = ListLine(finding, subject, explains: explains) { out.write(line.text + "\n") }
        case .text: if let line = text(finding, out.style) { out.write(line + "\n") }
        }
    }

    /// The line for people; `nil` for what is not shown.
    func text(_ finding: Lister.Finding, _ style: Style) -> String? {
        switch finding {
        case .failed: nil
        case .repository(let route, let verdict):
            explains ? style.bold(route.source.text) + destination(route) + reason(verdict) : nil
        case .leftOut(let name, let verdict):
            explains ? style.dim("\(name)  left out\(reason(verdict))") : nil
        case .tag(let route, let entry, let verdict): tag(route, entry, verdict, style)
        case .image(let route, let target): explains ? style.green("  + \(target)") : "\(route.source)\(target)"
        }
    }

    private func tag(_ route: Route, _ entry: TagEntry, _ verdict: TagVerdict, _ style: Style) -> String? {
        guard explains else { return verdict.isTaken ? "\(route.source):\(entry.tag)" : nil }
        let name = entry.tag.text.padding(toLength: max(24, entry.tag.text.count), withPad: " ", startingAt: 0)
        let line = "\(verdict.isTaken ? "  + " : "  - ")\(name)  \(SelectionWording.reason(verdict))"
        return verdict.isTaken ? style.green(line) : style.dim(line)
    }

    private func destination(_ route: Route) -> String {
        subject.destination.map { " → \(Address(place: $0, scope: .repository(route.destination)))" } ?? ""
    }

    private func reason(_ verdict: RepositoryVerdict?) -> String {
        guard let verdict, let rules = subject.rules else { return "" }
        return "  \(SelectionWording.reason(verdict, rules))"
    }
}

/// The line of a finding for scripts.
struct ListLine: Encodable {
    let event: String
    var repository: String
    var destination: String?
    var tag: String?
    var digest: String?
    var taken: Bool
    var reason: String?

    /// `nil` for what is not shown.
    init?(_ finding: Lister.Finding, _ subject: ListSubject, explains: Bool) {
        switch finding {
        case .failed: return nil
        case .repository(let route, let verdict):
            event = "repository"
            repository = route.source.text
            taken = true
            destination = subject.destination.map { "\(Address(place: $0, scope: .repository(route.destination)))" }
            reason = Self.reason(verdict, subject, explains)
        case .leftOut(let name, let verdict):
            guard explains else { return nil }
            event = "repository"
            repository = name.text
            taken = false
            reason = Self.reason(verdict, subject, explains)
        case .tag(let route, let entry, let verdict):
            guard explains || verdict.isTaken else { return nil }
            event = "tag"
            repository = route.source.text
            tag = entry.tag.text
            digest = entry.digest.map { "\($0)" }
            taken = verdict.isTaken
            reason = explains ? SelectionWording.reason(verdict) : nil
        case .image(let route, let target):
            event = "image"
            repository = route.source.text
            taken = true
            switch target {
            case .tag(let tag): self.tag = tag.text
            case .digest(let digest): self.digest = "\(digest)"
            }
        }
    }

    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func reason(_ verdict: RepositoryVerdict?, _ subject: ListSubject, _ explains: Bool) -> String? {
        guard explains, let verdict, let rules = subject.rules else { return nil }
        return SelectionWording.reason(verdict, rules)
    }
}
