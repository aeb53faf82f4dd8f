// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// The sentences for what is wrong with a config file.
enum ConfigWording {
    /// A line for each mistake, `FILE:LINE:COLUMN: key.path: what`, printable.
    static func lines(for error: ConfigMistakes) -> [String] {
        error.mistakes.map { mistake in
            let path = mistake.path == .root ? "" : "\(mistake.path): "
            return "\(error.file):\(mistake.mark.line):\(mistake.mark.column): \(path)\(text(mistake.problem))"
                .printable
        }
    }

    private static func text(_ problem: ConfigMistake.Problem) -> String {
        switch problem {
        case .tooLarge(let limit): "the file has more than \(limit) bytes"
        case .notText: "the file is not UTF-8"
        case .syntax(let what): "this is not YAML: \(what)"
        case .refused(let what): "\(what) cannot stand in a config file; write out what is meant"
        case .tooDeep(let limit): "values stand more than \(limit) deep in each other"
        case .duplicateKey(let line): "the key stands already in line \(line)"
        case .unknownKey(let nearest?, _): "the key is not known; did you mean \(nearest)?"
        case .unknownKey(nil, let known): "the key is not known; known here: \(known.joined(separator: ", "))"
        case .missingKey(let key): "\(key) is missing"
        case .expected(let expected, let found): "expected \(expected), but found \(found)"
        case .notAllowed(let text, let allowed):
            "\"\(text.prefix(60))\" cannot stand here; write \(alternatives(allowed))"
        case .outOfRange(let text, let low, let high) where low == high: "\(text.prefix(30)) must be \(low)"
        case .outOfRange(let text, let low, let high): "\(text.prefix(30)) is not between \(low) and \(high)"
        case .badHost(let error): Wording.sentence(for: error)
        case .sameHost(let host, let line): "\(host) is the registry of line \(line), too"
        case .literalSecret:
            "a secret cannot stand in this file, which others read and which is kept in versions; "
                + "write {env: NAME} or {file: PATH}"
        case .oneOf(let keys): "exactly one must be here: \(alternatives(keys))"
        case .needs(let key): "\(key) is missing beside it"
        case .contradicts(let other): "it has no meaning beside \(other)"
        case .badName(let what): "this is not the name of \(what)"
        case .badAddress(let error): Wording.sentenceAndHint(for: error).replacing("\n  hint: ", with: "; ")
        case .badMapping(let error): Wording.sentence(for: error)
        case .badPattern(let error): SelectionWording.sentence(for: error)
        case .badRange(let error): SelectionWording.sentence(for: error)
        case .badTemplate(let error): SelectionWording.sentence(for: error)
        case .badDigest(let error): Wording.sentence(for: error)
        case .badPlace(let what): "expected \(what)"
        case .repeated(let name, let line): "\(name) stands already in line \(line); say there what is meant"
        case .neverUsed(let line):
            "it is never used: the entry in line \(line) has no repositories, and so fits all; it must be the last"
        case .excludedInLine(let line): "it is excluded in line \(line)"
        case .manyToOne: "every repository of the pattern would get this name; write {path} or {name} in it"
        case .oneRepositoryOnly: "a digest belongs to one repository, but the name is a pattern"
        case .cycle(let jobs): cycle(jobs)
        case .sameEnds: "from and to are the same place"
        case .badFile(let why): why
        case .unfilled("{{"): "a template is not filled in; take what `helm template` makes of it"
        case .unfilled(let text):
            "\"\(text.prefix(200))\" is not filled in; take what `helm template`, `docker compose config` or `envsubst` makes "
                + "of the file"
        case .imageID(let text):
            "\"\(text.prefix(200))\" is the ID of an image on one machine, and names nothing in a registry"
        case .afterReference: "something follows the reference"
        case .tooMany(let limit, let what): "there are more than \(limit) \(what)"
        }
    }

    private static func cycle(_ jobs: [String]) -> String {
        let way = ((jobs.last.map { [$0] } ?? []) + jobs).joined(separator: " → ")
        return "jobs copy into each other (\(way)), so each would undo what is pushed at its destination; "
            + "write overwrite: if-unchanged or never"
    }

    private static func alternatives(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return "\(words.dropLast().joined(separator: ", ")) or \(last)"
    }
}
