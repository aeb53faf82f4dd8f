// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The numbers of a version and what makes it a prerelease, in the order that semver.org gives them.
///
/// Missing numbers are zeros, so `1.2` and `1.2.0` are equal. A prerelease is lower than its release.
public struct VersionNumber: Hashable, Sendable {
    /// One part of what makes a version a prerelease.
    public enum Identifier: Hashable, Sendable {
        /// A number.
        case number(UInt64)
        /// A word, in lower case.
        case word(String)
    }

    /// The numbers, from the major one, without zeros at the end.
    public let numbers: [UInt64]
    /// The parts of the prerelease: `rc` and 1 for `rc.1`, `rc-1` or `rc1`; none for a release.
    public let prerelease: [Identifier]

    /// Makes a version.
    public init(numbers: [UInt64], prerelease: [Identifier] = []) {
        self.numbers = Array(numbers[..<(numbers.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0)])
        self.prerelease = prerelease
    }

    /// Whether the version comes before a release of the same numbers.
    public var isPrerelease: Bool { !prerelease.isEmpty }
}

extension VersionNumber: Comparable {
    /// Orders by the numbers; then prereleases come before the release, by their identifiers.
    public static func < (left: Self, right: Self) -> Bool {
        if left.numbers != right.numbers { return left.numbers.lexicographicallyPrecedes(right.numbers) }
        guard left.isPrerelease, right.isPrerelease else { return left.isPrerelease && !right.isPrerelease }
        return left.prerelease.lexicographicallyPrecedes(right.prerelease)
    }
}

extension VersionNumber.Identifier: Comparable {
    /// Orders numbers by their size and before words, and words by their bytes.
    public static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.number(let left), .number(let right)): left < right
        case (.number, .word): true
        case (.word, .number): false
        case (.word(let left), .word(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
        }
    }
}

extension VersionNumber: CustomStringConvertible {
    /// The version with at least two numbers, as in `1.27` or `1.0-rc.1`.
    public var description: String {
        let shown = numbers + Array(repeating: 0, count: max(0, 2 - numbers.count))
        let release = shown.map(String.init).joined(separator: ".")
        guard isPrerelease else { return release }
        let parts = prerelease.map { identifier in
            switch identifier {
            case .number(let number): String(number)
            case .word(let word): word
            }
        }
        return "\(release)-\(parts.joined(separator: "."))"
    }
}
