// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct ForeignLayerTests {
        @Test func `S10: a layer is never fetched from the addresses in its manifest, and is reported as left out`()
            async throws
        {
            try await withScriptedPeer { _ in
                PeerReply(404)
            } _: { peer in
                try await withDockerRegistry { source in
                    try await withDockerRegistry { destination in
                        let image = try await manifest(layerAt: "http://\(peer.host)/layer")
                        let name = try RepositoryName("windows/app")
                        try await withEndpoint(of: source) { endpoint in
                            try await endpoint[name].write(image.blobs)
                            try await endpoint[name].publish(image.document, as: .latest)
                        }
                        let result = try await Program.run("copy", "\(source.host)/", "\(destination.host)/")
                        #expect(result.ending == .exited(0), "\(result.errorText)")
                        #expect(result.outputText.contains("left out  1 layer"), "\(result.outputText)")
                        #expect(peer.connections == 0)
                        #expect(
                            try await allTags(of: destination)
                                == ["windows/app:latest": image.document.descriptor.digest]
                        )
                    }
                }
            }
        }

        /// An image of a layer that is there, and of one that is not, whose manifest says where else it is.
        private func manifest(layerAt url: String) async throws -> (document: ManifestDocument, blobs: [BuiltBlob]) {
            let built = try await BuiltImage.random(seed: 5)
            let foreign = Digester.digest(of: Array("not here".utf8))
            let layer = built.blobs[1].descriptor
            let config = built.blobs[0].descriptor
            let document = try ImageBuilder.document(
                """
                {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",\
                "config":{"mediaType":"\(config.mediaType)","digest":"\(config.digest)","size":\(config.size)},\
                "layers":[{"mediaType":"\(layer.mediaType)","digest":"\(layer.digest)","size":\(layer.size)},\
                {"mediaType":"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip","digest":"\(foreign)",\
                "size":8,"urls":["\(url)"]}]}
                """
            )
            return (document, Array(built.blobs[0...1]))
        }
    }
}
