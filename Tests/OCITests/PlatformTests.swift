// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@Suite struct PlatformTests {
    private static func platform(_ text: String) throws -> Platform { try #require(Platform(text)) }

    @Test(arguments: [
        ("linux/amd64", "linux/amd64"), ("linux/x86_64", "linux/amd64"), ("Linux/AMD64/v1", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3"), ("linux/aarch64", "linux/arm64"), ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm64/8", "linux/arm64"), ("linux/arm", "linux/arm/v7"), ("linux/arm/7", "linux/arm/v7"),
        ("linux/arm/v6", "linux/arm/v6"), ("linux/armhf", "linux/arm/v7"), ("linux/armel", "linux/arm/v6"),
        ("linux/i386", "linux/386"), ("macos/arm64", "darwin/arm64"), ("linux/s390x", "linux/s390x"),
    ])
    func `a platform is read in the form that container runtimes use`(_ text: String, _ normal: String) throws {
        #expect(try Self.platform(text).description == normal)
    }

    @Test(arguments: ["", "linux", "linux/", "/amd64", "linux/amd64/v2/x", "linux/am d64", "linux//v2"])
    func `what is no platform is not read`(_ text: String) { #expect(Platform(text) == nil) }

    @Test(arguments: [
        ("linux/amd64", ["linux/amd64", "linux/386"]),
        ("linux/amd64/v3", ["linux/amd64/v3", "linux/amd64/v2", "linux/amd64", "linux/386"]),
        ("linux/arm/v7", ["linux/arm/v7", "linux/arm/v6", "linux/arm/v5"]), ("linux/arm/v5", ["linux/arm/v5"]),
        ("linux/arm64", ["linux/arm64", "linux/arm/v8", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5"]),
        ("linux/ppc64le", ["linux/ppc64le"]),
        ("linux/amd64/v99999999999999999999", ["linux/amd64/v99999999999999999999", "linux/386"]),
    ])
    func `what runs on a platform is known, the best first`(_ text: String, _ runnable: [String]) throws {
        #expect(try Self.platform(text).runnable.map(\.description) == runnable)
    }

    private static let hex = String(repeating: "0", count: 63)

    /// An index whose entries are for these platforms; `@N` is an attestation of entry N, and an empty text says nothing.
    private static func index(_ entries: [String]) throws -> ManifestDocument {
        let texts = entries.enumerated()
            .map { place, entry -> String in
                var rest = ""
                if entry.hasPrefix("@") {
                    rest =
                        #","platform":{"os":"unknown","architecture":"unknown"},"annotations":{"vnd.docker.reference.digest":"#
                        + #""sha256:\#(hex)\#(entry.dropFirst())"}"#
                } else if let platform = Platform(entry) {
                    let variant = platform.variant.map { #","variant":"\#($0)""# } ?? ""
                    rest =
                        #","platform":{"os":"\#(platform.os)","architecture":"\#(platform.architecture)"\#(variant)}"#
                }
                return #"{"mediaType":"\#(MediaType.ociManifest)","digest":"sha256:\#(hex)\#(place)","size":1\#(rest)}"#
            }
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[\#(texts.joined(separator: ","))]}"#
        return try ManifestDocument(bytes: Array(text.utf8), digest: try Digest("sha256:\(hex)f"), contentType: nil)
    }

    @Test(arguments: [
        (["linux/amd64"], ["linux/amd64", "linux/arm64", "@0", "@1"], [0, 2]),
        (["linux/arm64/v8"], ["linux/amd64", "linux/arm64", "@0", "@1"], [1, 3]),
        (["linux/arm64"], ["linux/arm/v6", "linux/arm/v7"], [1]),
        (["linux/arm/v7"], ["linux/arm/v5", "linux/arm/v6"], [1]),
        (["linux/amd64"], ["linux/amd64/v2", "linux/amd64"], [1]),
        (["linux/amd64", "linux/s390x"], ["linux/s390x"], [0]),
        (["windows/amd64"], ["windows/amd64", "linux/amd64", "windows/amd64"], [0, 2]),
        (["linux/amd64"], ["linux/arm64", "@0"], []), (["linux/amd64"], ["", "linux/arm64"], [0]),
        (["linux/amd64"], [], []),
    ])
    func `of an index, what runs on the platforms is chosen, with its attestations`(
        _ wanted: [String],
        _ entries: [String],
        _ places: [Int]
    ) throws {
        let choice = PlatformChoice(try wanted.map(Self.platform))
        #expect(choice.places(in: try Self.index(entries)) == places)
    }
}
