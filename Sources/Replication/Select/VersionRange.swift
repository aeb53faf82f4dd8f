// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Which versions are meant, in the syntax that npm made usual.
///
/// | Text | Versions |
/// |---|---|
/// | `>=1.24 <2` | both hold; a comma may stand between them |
/// | `1.2`, `1.x`, `1.2.*` | all that begin like that; `*` alone means every release |
/// | `=1.2.3`, `1.2.3` | that one |
/// | `^1.2` | from there to before the next change of the first number that is not zero |
/// | `~1.2.3` | from there to before the next minor version |
/// | `1.2 - 1.4` | from 1.2 to all that begin with 1.4 |
/// | `1.x \|\| >=3` | either |
///
/// A prerelease is meant only if what stands between two `||` holds for it and names a prerelease of the same numbers.
public struct VersionRange: Hashable, Sendable {
    /// Where a version stands in relation to a range.
    enum Standing: Hashable, Sendable {
        case inside
        /// It is between the bounds, but a prerelease of which the range does not speak.
        case prerelease
        case outside
    }

    /// The most bytes that a range may have.
    public static let maximumLength = 512

    /// The range as it is written.
    public let text: String
    private let alternatives: [[VersionBound]]

    /// Reads a range.
    /// - Throws: ``VersionRangeError`` with the place of the mistake.
    public init(_ text: String) throws(VersionRangeError) {
        guard text.utf8.count <= Self.maximumLength else {
            let reason = VersionRangeError.Reason.tooLong(Self.maximumLength)
            throw VersionRangeError(text: text, offset: Self.maximumLength, reason: reason)
        }
        var reader = VersionRangeReader(text)
        alternatives = try reader.readAlternatives()
        self.text = text
    }

    /// Whether a version is meant.
    public func contains(_ number: VersionNumber) -> Bool { standing(of: number) == .inside }

    /// Where a version stands.
    func standing(of number: VersionNumber) -> Standing {
        let holding = alternatives.filter { bounds in bounds.allSatisfy { $0.admits(number) } }
        if holding.isEmpty { return .outside }
        guard number.isPrerelease else { return .inside }
        let isNamed = holding.contains { bounds in bounds.contains { $0.namesPrerelease(like: number) } }
        return isNamed ? .inside : .prerelease
    }
}

extension VersionRange: CustomStringConvertible {
    /// The range as it is written.
    public var description: String { text }
}

/// One end of a range.
enum VersionBound: Hashable, Sendable {
    case equal(VersionNumber)
    case above(VersionNumber)
    case from(VersionNumber)
    case below(VersionNumber)
    case upTo(VersionNumber)
    /// Lower in its numbers, so that prereleases of the bound are beyond it too.
    case before(VersionNumber)

    func admits(_ number: VersionNumber) -> Bool {
        switch self {
        case .equal(let bound): number == bound
        case .above(let bound): number > bound
        case .from(let bound): number >= bound
        case .below(let bound): number < bound
        case .upTo(let bound): number <= bound
        case .before(let bound): number.numbers.lexicographicallyPrecedes(bound.numbers)
        }
    }

    func namesPrerelease(like number: VersionNumber) -> Bool {
        switch self {
        case .equal(let bound), .above(let bound), .from(let bound), .below(let bound), .upTo(let bound):
            bound.isPrerelease && bound.numbers == number.numbers
        case .before: false
        }
    }
}

/// Why a text is not a range of versions.
public struct VersionRangeError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Reason: Hashable, Sendable {
        /// There is no version where one must be.
        case empty
        /// It has more bytes than allowed.
        case tooLong(Int)
        /// The byte at the offset cannot stand there.
        case character
        /// What stands there is no version.
        case version(String)
        /// A version has a variant; ranges speak of versions only.
        case variant(String)
        /// No version is above or below every version.
        case nothing
    }

    /// The text that was to be read.
    public let text: String
    /// The byte in the text at which the mistaken part begins, from 0.
    public let offset: Int
    /// What is wrong.
    public let reason: Reason
}
