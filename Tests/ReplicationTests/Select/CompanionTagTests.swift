// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication
import Testing

@Suite struct CompanionTagTests {
    static let hex = String(repeating: "0123456789abcdef", count: 4)

    @Test(arguments: [
        ("sha256-\(hex)", Digest.Algorithm.sha256, CompanionTag.Kind.referrers),
        ("sha256-\(hex).sig", .sha256, .signature),
        ("sha256-\(hex).att", .sha256, .attestation),
        ("sha256-\(hex).sbom", .sha256, .billOfMaterials),
        ("sha512-\(hex)", .sha512, .referrers),
        ("sha512-\(hex).sig", .sha512, .signature),
    ])
    func `a tag named after a digest is a companion`(
        _ text: String,
        _ algorithm: Digest.Algorithm,
        _ kind: CompanionTag.Kind
    ) throws {
        let companion = try #require(CompanionTag(try TagName(text)))
        #expect(companion.algorithm == algorithm)
        #expect(companion.hex == Self.hex)
        #expect(companion.kind == kind)
    }

    @Test(arguments: [
        "sha256-\(hex.dropLast())", "sha256-\(hex)0", "sha256-\(hex).foo", "sha256-\(hex).sig.sig", "sha256-\(hex)sig",
        "sha256-\(hex.uppercased())", "sha256_\(hex)", "sha1-\(hex)", "sha256-", "x-sha256-\(hex)", "latest",
        "sha256-\(hex).", "SHA256-\(hex)", hex,
    ])
    func `no other tag is a companion`(_ text: String) throws {
        #expect(CompanionTag(try TagName(text)) == nil)
    }
}
