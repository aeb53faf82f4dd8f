// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
@testable import Replication
import Testing

@Suite struct TagVersionTests {
    /// What a tag reads as, in words: `1.27 rc.1 (alpine)`.
    private func reading(_ text: String) throws -> String? {
        guard let version = TagVersion(try TagName(text)) else { return nil }
        return "\(version.number)" + (version.variant.map { " (\($0))" } ?? "")
    }

    @Test(arguments: [
        // Releases.
        ("1", "1.0"), ("1.27", "1.27"), ("1.27.0", "1.27"), ("1.27.3", "1.27.3"), ("v1.2.3", "1.2.3"), ("V2", "2.0"),
        ("0", "0.0"), ("0.0.0", "0.0"), ("1.2.3.4.5", "1.2.3.4.5"), ("22.04", "22.4"), ("20240612", "20240612.0"),
        ("2024.06.12", "2024.6.12"), ("20240612123456", "20240612123456.0"), ("1234567", "1234567.0"),
        ("999999999999999999", "999999999999999999.0"),
        // Variants.
        ("1.27-alpine", "1.27 (alpine)"), ("1.27.3-alpine3.20-slim", "1.27.3 (alpine3.20-slim)"),
        ("1.27_alpine", "1.27 (alpine)"), ("3.12-slim-bookworm", "3.12 (slim-bookworm)"), ("8-jdk-17", "8.0 (jdk-17)"),
        ("26.0.7-0", "26.0.7 (0)"), ("1.2-Alpine", "1.2 (Alpine)"), ("1.2--x", "1.2 (-x)"), ("1.2-rcx", "1.2 (rcx)"),
        ("1.2-abcdef0", "1.2 (abcdef0)"), ("20240612-alpine", "20240612.0 (alpine)"), ("1.2-rc1x", "1.2 (rc1x)"),
        ("1.2-devel", "1.2 (devel)"), ("1.2-management-alpine", "1.2 (management-alpine)"),
        ("1.2-beta.", "1.2 (beta.)"),
        ("1.2-alpha..1", "1.2 (alpha..1)"), ("1.2-rc99999999999999999999", "1.2 (rc99999999999999999999)"),
        // Prereleases.
        ("1.27-rc1", "1.27-rc.1"), ("1.27-rc.1", "1.27-rc.1"), ("1.27-rc-1", "1.27-rc.1"), ("1.27-RC1", "1.27-rc.1"),
        ("1.27_rc1", "1.27-rc.1"), ("1.27rc1", "1.27-rc.1"), ("1.27.rc1", "1.27-rc.1"), ("3.13.0a2", "3.13-a.2"),
        ("3.14.0b1", "3.14-b.1"), ("17beta1", "17.0-beta.1"), ("1.0-beta-2", "1.0-beta.2"), ("1.0-alpha", "1.0-alpha"),
        ("v1.2.3-rc.1", "1.2.3-rc.1"), ("1.0-rc.1.2", "1.0-rc.1.2"), ("1.0-alpha.beta", "1.0-alpha.beta"),
        ("1.0-SNAPSHOT", "1.0-snapshot"), ("2.0-M3", "2.0-m.3"), ("2.0-milestone-3", "2.0-milestone.3"),
        ("1.0-nightly.20240612", "1.0-nightly.20240612"), ("1.0-canary", "1.0-canary"), ("1.0-next.4", "1.0-next.4"),
        ("1.0-pre", "1.0-pre"), ("1.0-preview2", "1.0-preview.2"), ("1.0-dev", "1.0-dev"), ("1.0-test1", "1.0-test.1"),
        // Prereleases of variants.
        ("1.27-rc1-alpine", "1.27-rc.1 (alpine)"), ("1.27-rc1-alpine3.20", "1.27-rc.1 (alpine3.20)"),
        ("3.13.0a2-slim-bookworm", "3.13-a.2 (slim-bookworm)"), ("17beta1-alpine", "17.0-beta.1 (alpine)"),
        ("24-ea-36-jdk", "24.0-ea.36 (jdk)"), ("1.0-beta-2slim", "1.0-beta (2slim)"), ("1.0-rc_x", "1.0-rc (x)"),
        ("1.0-dev-abcdef0", "1.0-dev (abcdef0)"), ("1.27-alpine-rc1", "1.27 (alpine-rc1)"),
    ])
    func `a tag reads as a version, a prerelease and a variant`(_ text: String, _ expected: String) throws {
        #expect(try reading(text) == expected)
    }

    @Test(arguments: [
        "latest", "stable", "main", "v", "vv1", "v-1", "version1", "jammy-20240530", "main-20240102-abcdef0",
        "alpine3.20",
        "RELEASE.2024-06-12", "x86_64", "1password", "3alpine", "1.x", "1.2.", "1..2", "1.2.Final", "1.2-", "1.2-rc1-",
        "1.2rc1x", "1.2foo", "_1",
        // Hashes.
        "abcdef0", "1a2b3c4", "12a4567", "1234567a", "0a1b2c3d4e5f", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "1a2b3c4-dirty",
        // Numbers that would overflow.
        "123456789012345678901234567890", "1.123456789012345678901234567890", "1000000000000000000",
    ])
    func `other tags are no versions`(_ text: String) throws {
        #expect(try reading(text) == nil)
    }

    /// Each is lower than the next.
    static let ascending = [
        "0.9", "1.0-a", "1.0-alpha", "1.0-alpha.1", "1.0-alpha.beta", "1.0-beta", "1.0-beta.2", "1.0-beta11", "1.0-rc1",
        "1.0-rc.10", "1.0", "1.0.0.1", "1.0.1-rc1", "1.0.1", "1.2", "1.10", "2-rc1", "2", "10", "20240612",
    ]

    @Test func `versions are ordered as semver orders them`() throws {
        let numbers = try Self.ascending.map { try #require(TagVersion(try TagName($0))).number }
        for (lower, left) in numbers.enumerated() {
            for (higher, right) in numbers.enumerated() {
                #expect((left < right) == (lower < higher), "\(left), \(right)")
                #expect((left == right) == (lower == higher), "\(left), \(right)")
            }
        }
    }

    @Test(arguments: [
        ["1.2", "v1.2", "1.2.0", "V1.2.0.0", "01.02"], ["1.2-rc1", "1.2.0-rc.1", "v1.2-RC-1", "1.2rc1", "1.2_rc1"],
        ["1.2-alpine", "v1.2.0-alpine"],
    ])
    func `the same version in other spellings is equal`(_ spellings: [String]) throws {
        let versions = try spellings.map { try #require(TagVersion(try TagName($0))) }
        #expect(Set(versions).count == 1)
    }

    @Test func `a plain version comes before its variants`() throws {
        let versions = try ["1.2", "1.2-alpine", "1.2-slim", "1.3"].map { try #require(TagVersion(try TagName($0))) }
        #expect(versions.reversed().sorted() == versions)
    }
}
