// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// What can be relied on in a registry: how blobs are sent to it, where an upload can go on, and whether what it confirms is
/// true.
public struct RegistryProfile: Hashable, Sendable {
    /// Whether an upload can go on after an interruption: between two pieces at least, at some products at any byte.
    ///
    /// Where it cannot, blobs are sent in one request, and what is cut begins anew.
    public var goesOn: Bool
    /// The bytes of a piece, where blobs are sent in pieces.
    public var chunk: Int64
    /// Blobs above this size must come in pieces, by PATCH, before the PUT that ends the upload; `nil` if none must.
    public var chunksAbove: Int64?
    /// Whether the registry compares what it was sent with the digest before it confirms.
    public var checksDigests = true
}

extension RegistryProfile {
    private static let mebibyte: Int64 = 1 << 20

    /// What can be relied on in a product; in one that is not known, if none is given.
    ///
    /// Nothing here is needed for a copy to be right, but `checksDigests`: a registry that does otherwise is met by
    /// ``UploadMachine``, at the price of some requests.
    public init(of product: RegistryProduct?) {
        let small = 16 * Self.mebibyte
        let large = 64 * Self.mebibyte
        switch product {
        case .distribution3, .mirror, .oci: self.init(goesOn: true, chunk: large)
        // The state in their Locations fits only what had arrived when they gave it (distribution 2.8, blobupload.go);
        // Docker Hub, Harbor and GitLab are built on the same code.
        case .distribution2, .dockerHub, .harbor, .gitlab: self.init(goesOn: true, chunk: small)
        // 413 above some 20 MB (harbor#23015); every reset loses the session (azure-sdk-for-python#29738).
        case .acr: self.init(goesOn: false, chunk: small, chunksAbove: small)
        // ECR's Range stops after the first piece (containers-roadmap#2831), GHCR takes pieces of 4 MiB only (ocx#237), GAR
        // none (kitops#777), Quay's were reported not right (oras-py#137).
        case .ecr, .gar, .quay: self.init(goesOn: false, chunk: small)
        case .ghcr: self.init(goesOn: false, chunk: 4 * Self.mebibyte)
        // Some versions refuse a PUT that carries the blob (containerd#3533).
        case .artifactory: self.init(goesOn: false, chunk: .max, chunksAbove: 0)
        case .lenient: self.init(goesOn: false, chunk: small, checksDigests: false)
        case nil: self.init(goesOn: true, chunk: small, checksDigests: false)
        }
    }
}
