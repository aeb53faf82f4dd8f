// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication

/// The sentences for rules that cannot be read, and for what rules decide.
enum SelectionWording {
    static func sentence(for error: PatternError) -> String {
        let what = "\(quoted(error.text)) is not a pattern"
        return switch error.reason {
        case .empty: "the pattern is empty"
        case .tooLong(let limit): "the pattern has more than \(limit) bytes"
        case .character: "\(what): byte \(error.offset + 1) can stand in no name, and is no wildcard"
        case .emptyComponent: "\(what): byte \(error.offset + 1): a name is missing beside a slash"
        case .doubleStar: "\(what): ** stands for whole parts between slashes, as in team/**"
        case .name(.tooLong(let limit)): "\(what): a name has at most \(limit) bytes"
        case .name: "\(what): byte \(error.offset + 1) cannot stand there in a name"
        case .unclosedExpression: "\(what): a regular expression ends with a slash, as in /v[0-9]+/"
        case .afterExpression:
            "\(what): byte \(error.offset + 1): nothing can follow the slash that ends a regular expression"
        case .expression(let why): "\(quoted(error.text)) is not a regular expression: \(why)"
        }
    }

    static func sentence(for error: VersionRangeError) -> String {
        let what = "\(quoted(error.text)) is not a range of versions: byte \(error.offset + 1)"
        return switch error.reason {
        case .empty: "\(what): a version is missing; write >=1.24, ^1.2, 1.x or 1.2 - 1.4"
        case .tooLong(let limit): "the range has more than \(limit) bytes"
        case .character: "\(what) cannot stand there"
        case .version(let text): "\(what): \(quoted(text)) is no version"
        case .variant(let text): "\(what): \(quoted(text)) names a variant; choose variants by include and exclude"
        case .nothing: "\(what): there is no such version"
        }
    }

    static func sentence(for error: TemplateError) -> String {
        let what = "\(quoted(error.text)) is not a template of names: byte \(error.offset + 1)"
        return switch error.reason {
        case .empty: "the name is empty"
        case .tooLong(let limit): "the name has more than \(limit) bytes"
        case .character: "\(what) can stand in no name"
        case .unclosed: "\(what): the brace is not closed"
        case .unopened: "\(what): the brace closes nothing"
        case .unknown(let word, let known):
            "\(what): {\(word)} is not known; known are \(listed(known.map { "{\($0)}" }))"
        case .constantTag: "every image would get the tag \(quoted(error.text)); write {hex} or {short} in it"
        case .tag(let name): "\(quoted(error.text)) makes no tag of a digest: \(AddressWording.sentence(for: name))"
        case .companionTag:
            "\(quoted(error.text)) makes tags that stand for signatures and lists of referrers; put a word in front"
        case .noParent(let name): "\(name) has no part before its last, which \(quoted(error.text)) asks for"
        }
    }

    private static func listed(_ words: [String]) -> String {
        words.dropLast().joined(separator: ", ") + (words.last.map { " and \($0)" } ?? "")
    }

    static func sentence(for error: ReferenceListError) -> String {
        switch error {
        case .tooManyBytes(let limit): "the list has more than \(limit) bytes"
        case .tooManyLines(let limit): "the list has more than \(limit) lines"
        case .mistakes(let mistakes):
            mistakes.prefix(20)
                .map { mistake in
                    let reason =
                        switch mistake.reason {
                        case .name(let error): AddressWording.sentence(for: error)
                        case .digest(let error): Wording.digest(error)
                        case .afterReference: "something follows the reference"
                        }
                    return "line \(mistake.line), byte \(mistake.column): \(reason)"
                }
                .joined(separator: "; ") + (mistakes.count > 20 ? "; and \(mistakes.count - 20) more" : "")
        }
    }

    /// Images of files that lie elsewhere than a job's source, and that no job takes.
    static func missed(_ images: [ListedImage], below source: Address) -> String {
        let shown = images.prefix(10).map { "\($0.address) (\($0.place))" }.joined(separator: ", ")
        let rest = images.count > 10 ? " and \(images.count - 10) more" : ""
        return "not below \(source), and taken by no job: \(shown)\(rest)"
    }

    static func sentence(for error: ImageNamesTaken) -> String {
        let names = error.names.prefix(10)
            .map { name in
                let images = name.images.map { image in
                    "\(Address(place: image.address.place, scope: .repository(image.repository))) (\(image.place))"
                }
                return "\(name.destination) at the destination would be \(images.joined(separator: " and "))"
            }
        let rest = error.names.count > 10 ? "; and \(error.names.count - 10) more" : ""
        return "images of several registries would have one name: \(names.joined(separator: "; "))\(rest)"
    }

    static func sentence(for refusal: Refusal) -> String {
        let old = refusal.old.map(\.short) ?? "nothing"
        return switch refusal.reason {
        case .neverOverwrites: "the destination has \(old), and the job never overwrites (overwrite: never)"
        case .changedThere(let last):
            "somebody moved it at the destination: it was \(last.short) when both sides were equal, and is \(old) now"
        case .unknownThere:
            "the destination has \(old), and it is not known whether somebody moved it there (overwrite: if-unchanged)"
        case .notAsPlanned(let planned):
            "the plan counted on \(planned.map(\.short) ?? "nothing") at the destination, which has \(old) now"
        case .changedMeanwhile(let expected):
            "somebody moved it at the destination while it was copied, from \(expected.map(\.short) ?? "nothing") to \(old)"
        }
    }

    static func hint(for refusal: Refusal) -> String? {
        switch refusal.reason {
        case .neverOverwrites: nil
        case .changedThere, .unknownThere:
            "make both sides equal by hand: copy the one that is right with mirror copy, and run the job again"
        case .notAsPlanned: "make a new plan"
        case .changedMeanwhile: "run the same command again"
        }
    }

    /// Why a repository is taken or left out.
    static func reason(_ verdict: RepositoryVerdict, _ rules: RepositoryRules) -> String {
        switch verdict {
        case .taken(let index): "by \(rules.rules[index].pattern)"
        case .excluded(let pattern): "excluded by !\(pattern)"
        case .unmatched: "nothing names it"
        }
    }

    /// Why a tag is taken or left out.
    static func reason(_ verdict: TagVerdict) -> String {
        switch verdict {
        case .undecided: "undecided"
        case .taken(let reason): self.reason(reason)
        case .dropped(let reason): self.reason(reason)
        }
    }

    private static func reason(_ reason: TakenReason) -> String {
        var parts: [String] = []
        if let pattern = reason.pattern { parts.append("include \(pattern)") }
        if let range = reason.versions { parts.append("semver \(range)") }
        if let date = reason.date { parts.append(self.date(date)) }
        if let place = reason.place { parts.append(self.place(place)) }
        return parts.isEmpty ? "all tags are taken" : parts.joined(separator: ", ")
    }

    private static func reason(_ reason: DroppedReason) -> String {
        switch reason {
        case .companion: "belongs to another image"
        case .notIncluded: "no include covers it"
        case .excluded(let pattern): "exclude \(pattern)"
        case .noVersion: "is no version"
        case .outOfRange(let version, let range): "\(version) is not in \(range)"
        case .prerelease(let version, let range): "\(version) is a prerelease, which \(range) does not name"
        case .noDate: "its date is not known"
        case .tooOld(let date, let since): "\(self.date(date)), before \(Measures.date(since))"
        case .notNewest(let place): self.place(place)
        }
    }

    private static func date(_ date: TagDate) -> String { "\(date.kind.rawValue) \(Measures.date(date.seconds))" }

    private static func place(_ place: NewestPlace) -> String {
        let variant = place.variant.map { " of variant \($0)" } ?? ""
        let order = place.order == .date ? " by date" : ""
        return
            "\(ordinal(place.place)) newest\(variant)\(order); \(place.count) \(place.count == 1 ? "is" : "are") kept"
    }

    private static func ordinal(_ number: Int) -> String {
        let ending =
            switch (number % 10, number % 100) {
            case (_, 11...13): "th"
            case (1, _): "st"
            case (2, _): "nd"
            case (3, _): "rd"
            default: "th"
            }
        return "\(number)\(ending)"
    }

    private static func quoted(_ text: String) -> String {
        "\"\(text.count > 100 ? text.prefix(100) + "…" : Substring(text))\""
    }
}
