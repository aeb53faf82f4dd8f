// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@Suite struct ManifestDetailsTests {
    static let digest = "sha256:\(DigestTests.hex256)"

    private func details(_ text: String) throws -> ManifestDetails {
        let document = try ManifestDocument(
            bytes: Array(text.utf8),
            digest: try Digest(Self.digest),
            contentType: nil
        )
        return ManifestDetails(of: document)
    }

    private func image(_ rest: String) -> String {
        """
        {"schemaVersion":2,"config":{"mediaType":"\(MediaType.ociConfig)","digest":"\(Self.digest)","size":2}\(rest)}
        """
    }

    @Test func `an artifact says what it is and what it is about`() throws {
        let subject = #"{"mediaType":"\#(MediaType.ociManifest)","digest":"\#(Self.digest)","size":7}"#
        let details = try details(
            image(#","artifactType":"application/x","subject":\#(subject),"annotations":{"a":"1","b":""}"#)
        )
        #expect(details.artifactType == "application/x")
        #expect(details.subject?.digest.description == Self.digest)
        #expect(details.subject?.size == 7)
        #expect(details.annotations == ["a": "1", "b": ""])
        #expect(details.entries == [])
    }

    @Test func `an image that says nothing has nothing`() throws {
        let details = try details(image(""))
        #expect(details.artifactType == nil)
        #expect(details.subject == nil)
        #expect(details.annotations == [:])
        #expect(details.entries == [])
    }

    @Test func `an index says something of each of its entries`() throws {
        let entry = #""mediaType":"\#(MediaType.ociManifest)","digest":"\#(Self.digest)","size":7"#
        let details = try details(
            """
            {"schemaVersion":2,"annotations":{"i":"x"},"manifests":[{\(entry)},\
            {\(entry),"artifactType":"application/y","annotations":{"k":"v"}}]}
            """
        )
        #expect(details.annotations == ["i": "x"])
        #expect(details.entries == [.init(), .init(artifactType: "application/y", annotations: ["k": "v"])])
    }

    @Test func `what has another form is left out, and nothing else with it`() throws {
        let image = try details(image(#","artifactType":7,"subject":{"size":1},"annotations":{"a":1}"#))
        #expect(image.artifactType == nil)
        #expect(image.subject == nil)
        #expect(image.annotations == [:])
        let entry = #""mediaType":"\#(MediaType.ociManifest)","digest":"\#(Self.digest)","size":7"#
        let index = try details(
            #"{"manifests":[{\#(entry),"annotations":[]},{\#(entry),"artifactType":null,"annotations":{"k":"v"}}]}"#
        )
        #expect(index.entries == [.init(), .init(annotations: ["k": "v"])])
    }
}
