// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import OCI
import Testing

@Suite struct MediaTypeTests {
    @Test(arguments: [
        "application/vnd.oci.image.manifest.v1+json", "application/json", "x", "text/plain; charset=utf-8", "a  b",
        String(repeating: "m", count: 255),
    ])
    func `keeps a media type as it is written`(_ text: String) throws {
        #expect(try #require(MediaType(text)).text == text)
        #expect(try #require(MediaType(text)).description == text)
    }

    @Test(arguments: [
        "application/json", "application/json; charset=utf-8", "Application/JSON ;x", " \tapplication/json\t ;",
    ])
    func `reads a header without its parameters and its case`(_ text: String) {
        #expect(MediaType(contentType: text)?.text == "application/json")
    }

    @Test(arguments: ["", ";", " ; charset=utf-8", "a\nb", "a\0"])
    func `refuses a header without a type`(_ text: String) {
        #expect(MediaType(contentType: text) == nil)
    }

    @Test(arguments: [
        "", " ", " a", "a ", "a\t", "a\r\nX: y", "a\0b", "a\u{7F}", "a\u{1B}[m", "é", "a/\u{301}",
        String(repeating: "m", count: 256),
    ])
    func `refuses what cannot stand in a header`(_ text: String) {
        #expect(MediaType(text) == nil)
    }

    @Test(arguments: [
        ("application/vnd.oci.image.manifest.v1+json", true, false),
        ("application/vnd.docker.distribution.manifest.v2+json", true, false),
        ("application/vnd.oci.image.index.v1+json", true, true),
        ("application/vnd.docker.distribution.manifest.list.v2+json", true, true),
        ("application/vnd.oci.image.config.v1+json", false, false),
        ("application/vnd.oci.image.layer.v1.tar+gzip", false, false),
        ("application/vnd.docker.distribution.manifest.v1+json", false, false),
        ("application/vnd.oci.image.manifest.v1+json; charset=utf-8", false, false),
        ("application/json", false, false),
    ])
    func `tells manifests and indexes from blobs`(_ text: String, isManifest: Bool, isIndex: Bool) throws {
        let mediaType = try #require(MediaType(text))
        #expect(mediaType.isManifest == isManifest)
        #expect(mediaType.isIndex == isIndex)
        #expect(MediaType.manifests.contains(mediaType) == isManifest)
    }

    @Test(arguments: [
        ("application/vnd.docker.distribution.manifest.v1+json", true),
        ("application/vnd.docker.distribution.manifest.v1+prettyjws", true),
        ("application/vnd.docker.distribution.manifest.v2+json", false),
    ])
    func `C13: knows schema 1`(_ text: String, isSchema1: Bool) throws {
        #expect(try #require(MediaType(text)).isSchema1 == isSchema1)
    }

    @Test(arguments: [
        ("application/vnd.oci.image.layer.nondistributable.v1.tar", true),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", true),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", true),
        ("application/vnd.oci.image.layer.v1.tar+gzip", false),
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", false),
    ])
    func `knows layers that may be absent`(_ text: String, isNonDistributable: Bool) throws {
        #expect(try #require(MediaType(text)).isNonDistributable == isNonDistributable)
    }

    @Test func `reads and writes JSON strings`() throws {
        let list = try JSONDecoder().decode([MediaType].self, from: Data(#"["application\/json"]"#.utf8))
        #expect(list.map(\.text) == ["application/json"])
        #expect(try JSONDecoder().decode([MediaType].self, from: JSONEncoder().encode(list)) == list)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([MediaType].self, from: Data(#"["a\n"]"#.utf8)) }
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([MediaType].self, from: Data(#"[""]"#.utf8)) }
    }
}
