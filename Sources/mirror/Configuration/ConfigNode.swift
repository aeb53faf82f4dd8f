// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication

/// A value of a config file, with its place in the file and its way from the root.
struct ConfigNode: Sendable {
    /// A line and a column, both from 1; columns count Unicode scalars.
    struct Mark: Hashable, Sendable, Comparable {
        let line: Int
        let column: Int

        static let start = Mark(line: 1, column: 1)

        static func < (left: Self, right: Self) -> Bool { (left.line, left.column) < (right.line, right.column) }
    }

    /// What stands there.
    enum Value: Sendable {
        /// A text; plain if it is written without quotes, so that it may mean a number, `true` or nothing.
        case scalar(String, isPlain: Bool)
        case list([ConfigNode])
        /// The entries in the order of the file, no key twice.
        case mapping([Entry])
        /// Something that was refused, and reported, when the file was parsed.
        case refused
    }

    /// A key with its value.
    struct Entry: Sendable {
        let key: String
        let keyMark: Mark
        let value: ConfigNode
    }

    let value: Value
    let mark: Mark
    let path: ConfigPath

    /// Whether nothing stands there: `key:` without a value, `null` or `~`.
    var isEmpty: Bool {
        guard case .scalar(let text, isPlain: true) = value else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }
}

/// The way from the root of a config file to a value: `registries."10.0.0.5:5000".token-servers[0]`.
struct ConfigPath: Hashable, Sendable, CustomStringConvertible {
    /// The way as it is shown; empty for the root.
    let description: String

    static let root = ConfigPath(description: "")

    /// The value of a key; keys with more than letters, digits and hyphens are quoted.
    ///
    /// What stands before an @ may be a password, and is not kept.
    func key(_ key: String) -> ConfigPath {
        let key = key.lastIndex(of: "@").map { "…\(key[$0...])" } ?? key
        let isPlain =
            !key.isEmpty
            && key.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
        let shown = isPlain ? key : "\"\(key.count > 60 ? key.prefix(60) + "…" : key)\""
        return ConfigPath(description: description.isEmpty ? shown : "\(description).\(shown)")
    }

    /// An item of a list, from 0.
    func item(_ index: Int) -> ConfigPath { ConfigPath(description: "\(description)[\(index)]") }
}

/// What is wrong at one place of a config file.
struct ConfigMistake: Hashable, Sendable {
    /// What is wrong there.
    enum Problem: Hashable, Sendable {
        /// The file has more bytes than are read.
        case tooLarge(Int)
        /// The file is not UTF-8.
        case notText
        /// The file is not YAML; what the parser says.
        case syntax(String)
        /// Something that YAML can do, but a config file may not: `an anchor`, `a tag`.
        case refused(String)
        /// Values stand too deep in each other.
        case tooDeep(Int)
        /// The key stands a second time; the line of the first.
        case duplicateKey(firstLine: Int)
        /// The key is not known; which one may be meant, or all that are known.
        case unknownKey(nearest: String?, known: [String])
        /// A key is missing.
        case missingKey(String)
        /// Something else should stand here.
        case expected(String, found: String)
        /// The text is not one of those that may stand here.
        case notAllowed(String, allowed: [String])
        /// The number or duration is outside of what is allowed.
        case outOfRange(String, from: String, to: String)
        /// The key is not the name of a registry.
        case badHost(NameError)
        /// Two keys name one registry; the line of the first.
        case sameHost(String, firstLine: Int)
        /// A secret stands in the file itself.
        case literalSecret
        /// Of several keys exactly one must be there.
        case oneOf([String])
        /// One key needs another.
        case needs(String)
        /// One key has no meaning beside another: `transport: http`.
        case contradicts(String)
        /// The name of a helper or a variable cannot be one.
        case badName(String)
        /// The text is no address, or none that fits here.
        case badAddress(AddressError)
        /// The two addresses of a job do not fit each other.
        case badMapping(MappingError)
        /// The text is no pattern of repositories or tags.
        case badPattern(PatternError)
        /// The text is no range of versions.
        case badRange(VersionRangeError)
        /// The text is no template of names.
        case badTemplate(TemplateError)
        /// The text is no digest.
        case badDigest(DigestError)
        /// The text names another kind of place than can stand here.
        case badPlace(String)
        /// Something stands a second time; the line of the first.
        case repeated(String, firstLine: Int)
        /// What stands here never holds: what stands before it, whose line it is, holds for everything.
        case neverUsed(coveredInLine: Int)
        /// An exclusion leaves out what is named; its line.
        case excludedInLine(Int)
        /// Many repositories would become one.
        case manyToOne
        /// Something has a meaning only for one repository, not for a pattern.
        case oneRepositoryOnly
        /// Jobs copy into each other, so tags would go to and fro.
        case cycle([String])
        /// The source and the destination are one place.
        case sameEnds
        /// A file that is named cannot be used, and why.
        case badFile(String)
        /// The text has a place of a template, or a variable, that is not filled in.
        case unfilled(String)
        /// An image is called by the digest of its configuration, by which nothing can be fetched.
        case imageID(String)
        /// Something follows a reference in its line.
        case afterReference
        /// There is more of something than is read.
        case tooMany(Int, String)
    }

    let mark: ConfigNode.Mark
    let path: ConfigPath
    let problem: Problem
}

/// A config file that cannot be used, with all that is wrong with it, in the order of the file.
struct ConfigMistakes: Error, Hashable {
    let file: String
    let mistakes: [ConfigMistake]
}
