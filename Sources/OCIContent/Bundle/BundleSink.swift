// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A bundle that is being written: each piece of content once, whichever repositories need it.
public protocol BundleSink: Sendable {
    /// Whether pieces can only be written in the order in which the contents name them.
    var isSequential: Bool { get }

    /// Begins with what the bundle will hold.
    ///
    /// What an interrupted attempt left of the very same bundle is kept.
    func begin(_ contents: BundleContents) async throws

    /// Whether a piece is there already, whole and verified.
    func holds(_ digest: Digest) async throws -> Bool

    /// Writes a blob.
    func write(_ blob: BlobContent) async throws

    /// Writes a manifest.
    func write(_ document: ManifestDocument) async throws

    /// Ends the bundle; before that, it cannot be mistaken for a whole one.
    func finish() async throws
}
