// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

extension ImageFixture {
    /// An artifact: anything that is no image, in the form of one.
    /// - Parameters:
    ///   - type: What it is, where the type of the configuration does not say it.
    ///   - more: Further members of the manifest, each with a comma in front.
    static func artifact(
        type: String? = nil,
        config: BuiltBlob,
        layers: [BuiltBlob],
        more: String = ""
    ) throws -> ImageFixture {
        let typeText = type.map { #""artifactType":"\#($0)","# } ?? ""
        let entries = layers.map { ImageBuilder.json($0.descriptor) }.joined(separator: ",")
        let manifest = try ImageBuilder.document(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)",\(typeText)\
            "config":\(ImageBuilder.json(config.descriptor)),"layers":[\(entries)]\(more)}
            """
        )
        return ImageFixture(manifests: [manifest], blobs: [config] + layers)
    }

    /// As `helm push` writes it.
    static func helmChart() throws -> ImageFixture {
        let about = #"{"name":"demo","version":"0.1.0","description":"A chart","apiVersion":"v2","type":"application"}"#
        let archive = SmallTar.bytes(of: [
            ("demo/Chart.yaml", "apiVersion: v2\nname: demo\nversion: 0.1.0\ntype: application\n"),
            ("demo/values.yaml", "replicas: 1\n"),
            (
                "demo/templates/configmap.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata: {}\n"
            ),
        ])
        return try artifact(
            config: BuiltBlob(Array(about.utf8), mediaType: .of("application/vnd.cncf.helm.config.v1+json")),
            layers: [
                BuiltBlob(
                    SmallTar.gzip(archive),
                    mediaType: .of("application/vnd.cncf.helm.chart.content.v1.tar+gzip")
                )
            ],
            more: #","annotations":{"org.opencontainers.image.title":"demo"}"#
        )
    }

    /// The smallest module that there is: its magic number and its version.
    static func webAssembly() throws -> ImageFixture {
        let module = BuiltBlob([0, 0x61, 0x73, 0x6D, 1, 0, 0, 0], mediaType: .of("application/wasm"))
        let config = """
            {"created":"2026-01-01T00:00:00Z","architecture":"wasm","os":"wasip2",\
            "layerDigests":["\(module.descriptor.digest)"]}
            """
        return try artifact(
            config: BuiltBlob(Array(config.utf8), mediaType: .of("application/vnd.wasm.config.v0+json")),
            layers: [module]
        )
    }

    static func billOfMaterials() throws -> ImageFixture {
        let text = """
            {"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT","name":"demo",\
            "documentNamespace":"https://example.test/demo","packages":[]}
            """
        let type = "application/spdx+json"
        return try artifact(type: type, config: .empty, layers: [BuiltBlob(Array(text.utf8), mediaType: .of(type))])
    }

    static func inlineData() throws -> ImageFixture {
        let layer = BuiltBlob(Array("all of it\n".utf8), mediaType: .of("text/plain"))
        let entries = [BuiltBlob.empty, layer]
            .map { ImageBuilder.json($0.descriptor, #","data":"\#($0.data)""#) }
        let manifest = try ImageBuilder.document(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)","artifactType":"application/vnd.example.note",\
            "config":\(entries[0]),"layers":[\(entries[1])]}
            """
        )
        return ImageFixture(manifests: [manifest], blobs: [.empty, layer])
    }
}
