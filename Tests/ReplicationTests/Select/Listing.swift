// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCITestKit

/// A tag of a made listing, with what it was made from.
struct MadeTag: Hashable, Sendable {
    let text: String
    /// The numbers of the version, if it is one.
    var numbers: [Int]?
    var variant = ""
    var isPrerelease = false
}

/// Listings in the styles of well-known repositories.
enum Listing: String, CaseIterable, Sendable {
    case nginx, postgres, python, node, golang, alpine, ubuntu, grafana, keycloak
    case calendar, semver, commits, branches, companions

    var tags: [MadeTag] {
        switch self {
        case .nginx:
            words("latest", "stable", "mainline", "alpine", "stable-alpine-slim")
                + releases([[1], Array(0...29), Array(0...9)], ["", "-alpine", "-alpine-slim", "-bookworm", "-perl"])
                + releases([[1], Array(0...29)], ["", "-alpine", "-perl"])
        case .postgres:
            words("latest", "alpine", "bookworm")
                + releases([Array(9...17), Array(0...24)], ["", "-alpine", "-alpine3.19", "-alpine3.20", "-bookworm"])
                + prereleases([[18]], ["beta1", "beta2", "rc1"], ["", "-alpine", "-bookworm"])
        case .python:
            words("latest", "slim", "slim-bookworm", "bookworm")
                + releases(
                    [[3], Array(8...13), Array(0...19)],
                    ["", "-slim", "-slim-bookworm", "-alpine3.20", "-windowsservercore"]
                )
                + prereleases([[3], [14], [0]], (1...7).map { "a\($0)" } + (1...4).map { "b\($0)" }, ["", "-slim"])
        case .node:
            words("latest", "lts", "lts-alpine", "current", "iron", "iron-slim")
                + releases(
                    [Array(12...22), Array(0...19), Array(0...3)],
                    ["", "-alpine", "-alpine3.20", "-slim", "-bookworm"]
                )
        case .golang:
            words("latest", "bookworm", "tip")
                + releases([[1], Array(10...22), Array(0...14)], ["", "-alpine", "-bookworm", "-nanoserver"])
                + prereleases([[1], [23]], ["rc1", "rc2"], ["", "-alpine", "-bookworm"])
        case .alpine:
            words("latest", "edge")
                + releases([[3], Array(0...20)], [""]) + releases([[3], Array(0...20), Array(0...9)], [""])
                + releases([[20_230_901, 20_240_606, 20_240_807]], [""])
        case .ubuntu:
            words("latest", "rolling", "devel")
                + ["jammy", "noble", "focal"]
                .flatMap { name in
                    words(name) + (1...28).map { MadeTag(text: "\(name)-202405\(Self.twoDigits($0))") }
                }
                + (14...24)
                .flatMap { year in
                    [4, 10].map { MadeTag(text: "\(year).\(Self.twoDigits($0))", numbers: [year, $0]) }
                }
        case .grafana:
            words("latest", "main", "main-ubuntu")
                + releases([Array(7...11), Array(0...5), Array(0...9)], ["", "-ubuntu"])
                + prereleases([[12], [0], [0]], ["-beta1", "-beta2"], ["", "-ubuntu"])
        case .keycloak:
            words("latest", "nightly")
                + releases([Array(17...26), [0], Array(0...8)], ["", "-0", "-1"])
                + releases([Array(17...26), [0]], [""])
        case .calendar:
            words("stable", "dev")
                + releases([Array(2019...2024), Array(1...12), Array(0...6)], [""])
                + prereleases([Array(2019...2024), Array(1...12), [0]], ["b0", "b1", "b2"], [""])
        case .semver:
            releases([[0, 1, 2], Array(0...19), Array(0...9)], ["", "-debug"], prefix: "v")
                + prereleases(
                    [[0, 1, 2], Array(0...19), [0]],
                    ["-rc.1", "-rc.2", "-alpha.1", "-beta.11"],
                    ["", "-debug"],
                    prefix: "v"
                )
        case .commits:
            (0..<9_000).map { MadeTag(text: hex(40, seed: UInt64($0))) }
                + (9_000..<16_000).map { MadeTag(text: "c" + hex(6, seed: UInt64($0))) }
        case .branches:
            words("main", "develop", "feature-login")
                + (1...12)
                .flatMap { month in
                    (1...28)
                        .flatMap { day in
                            (0..<15)
                                .map { build in
                                    let date = "2024\(Self.twoDigits(month))\(Self.twoDigits(day))"
                                    return MadeTag(text: "main-\(date)-\(hex(7, seed: UInt64(build + 100 * day)))")
                                }
                        }
                }
        case .companions:
            (0..<1_900)
                .flatMap { number in
                    ["", ".sig", ".att", ".sbom"]
                        .map { MadeTag(text: "sha256-\(hex(64, seed: UInt64(1 << 32 + number)))\($0)") }
                }
        }
    }

    private func words(_ texts: String...) -> [MadeTag] { texts.map { MadeTag(text: $0) } }

    private func releases(_ numbers: [[Int]], _ variants: [String], prefix: String = "") -> [MadeTag] {
        Self.products(numbers)
            .flatMap { numbers in
                variants.map { variant in
                    MadeTag(text: prefix + Self.joined(numbers) + variant, numbers: numbers, variant: variant)
                }
            }
    }

    private func prereleases(
        _ numbers: [[Int]],
        _ labels: [String],
        _ variants: [String],
        prefix: String = ""
    ) -> [MadeTag] {
        Self.products(numbers)
            .flatMap { numbers in
                labels.flatMap { label in
                    variants.map { variant in
                        let text = prefix + Self.joined(numbers) + label + variant
                        return MadeTag(text: text, numbers: numbers, variant: variant, isPrerelease: true)
                    }
                }
            }
    }

    private func hex(_ count: Int, seed: UInt64) -> String {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in String(random.next(in: 0...15), radix: 16) }.joined()
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func joined(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ".") }

    private static func products(_ columns: [[Int]]) -> [[Int]] {
        columns.reduce([[]]) { rows, column in rows.flatMap { row in column.map { row + [$0] } } }
    }
}
