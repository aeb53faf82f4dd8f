// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// The kinds of image that are met in the field, or that the specifications allow.
///
/// The raw value is a tag, by which an image of the kind can be put beside those of the others.
public enum ImageKind: String, CaseIterable, Sendable {
    /// An index in an index in an index.
    case nestedIndex = "nested-index"
    /// An index of nothing.
    case emptyIndex = "empty-index"
    /// An index of one image.
    case singleChildIndex = "single-child-index"
    /// A manifest list of Docker, of two images with media types of Docker throughout.
    case dockerList = "docker-list"
    /// An index as BuildKit writes it, with an attestation for no platform.
    case attestation = "attestation"
    /// An index, and an image in it, that do not say what they are.
    case untyped = "untyped"
    /// A chart of Helm.
    case helmChart = "helm-chart"
    /// A module of WebAssembly.
    case webAssembly = "wasm"
    /// A bill of materials in the form of SPDX.
    case billOfMaterials = "sbom"
    /// An artifact without any layer, whose configuration is the empty one.
    case noLayers = "no-layers"
    /// An artifact whose content stands in its manifest, too.
    case inlineData = "inline-data"
    /// An image with a layer that is compressed by Zstandard.
    case zstandardLayer = "zstd-layer"
    /// An image with a layer of no bytes.
    case emptyLayer = "empty-layer"
    /// An image with a layer that is named by SHA-512.
    case sha512Layer = "sha512-layer"
    /// An index of an image whose manifest is named by SHA-512.
    case sha512Child = "sha512-child"
    /// An image with a manifest of 3.9 MB.
    case largeManifest = "large-manifest"
    /// An image whose manifest is written in odd ways: spaces, escapes, order, unknown members, deep nesting.
    case oddText = "odd-text"

    /// The tag of an image of the kind.
    public var tag: TagName {
        guard let tag = try? TagName(rawValue) else { preconditionFailure("\(rawValue) is no tag") }
        return tag
    }

    /// Builds an image of the kind: the same one each time.
    public func build() async throws -> ImageFixture {
        switch self {
        case .nestedIndex: try await .nestedIndex()
        case .emptyIndex: ImageFixture(manifests: [try ImageBuilder.index([])], blobs: [])
        case .singleChildIndex: try await .singleChildIndex()
        case .dockerList: try await .dockerList()
        case .attestation: try await .attestation()
        case .untyped: try await .untyped()
        case .helmChart: try .helmChart()
        case .webAssembly: try .webAssembly()
        case .billOfMaterials: try .billOfMaterials()
        case .noLayers: try .artifact(type: "application/vnd.example.marker", config: .empty, layers: [])
        case .inlineData: try .inlineData()
        case .zstandardLayer: try await .zstandardLayer()
        case .emptyLayer: try await .emptyLayer()
        case .sha512Layer: try await .sha512Layer()
        case .sha512Child: try await .sha512Child()
        case .largeManifest: try await .largeManifest()
        case .oddText: try await .oddText(seed: 617)
        }
    }
}
