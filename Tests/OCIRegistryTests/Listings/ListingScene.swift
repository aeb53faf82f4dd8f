// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

/// A client of a product, and what it was told besides what it asked for.
struct ListingScene {
    let registry: RemoteRegistry
    private let told = Shared<(notices: [RegistryNotice], skipped: [SkippedName])>(([], []))

    var notices: [RegistryNotice] { told.value.notices }
    var skipped: [SkippedName] { told.value.skipped }

    var endpoint: RemoteEndpoint {
        registry.endpoint(
            as: .source,
            skipped: { name in told.change { $0.skipped.append(name) } },
            noted: { notice in told.change { $0.notices.append(notice) } }
        )
    }

    func entries(_ repository: String) async throws -> [TagEntry] {
        try await endpoint[try RepositoryName(repository)].tags().all()
    }

    func repositories(below paths: String...) async throws -> [String] {
        let paths = try paths.map { try RepositoryName($0) }
        return try await endpoint.catalog(below: paths).all().map(\.text)
    }

    init(_ registry: RemoteRegistry) { self.registry = registry }
}

/// Runs `body` with a client of the registry at an address, of which the product is known.
func withListing(
    of product: RegistryProduct?,
    at host: String,
    api: String? = nil,
    credential: Credential.Kind? = nil,
    _ body: (ListingScene) async throws -> Void
) async throws {
    let registry = RemoteRegistry(
        host: try RegistryHost(host),
        scheme: .http,
        limits: .patient,
        access: RegistryAccess(
            credentials: OneCredential(kind: credential),
            api: try api.map { RequestURL.Origin(scheme: .http, host: try RegistryHost($0)) }
        ),
        product: product,
        userAgent: "mirror/test"
    )
    do {
        try await body(ListingScene(registry))
        try await registry.shutdown()
    } catch {
        try? await registry.shutdown()
        throw error
    }
}

/// Runs `body` with a client of a scripted peer.
func withListing(
    of product: RegistryProduct?,
    credential: Credential.Kind? = nil,
    _ script: @escaping ScriptedPeer.Script,
    _ body: (ListingScene, ScriptedPeer) async throws -> Void
) async throws {
    try await withScriptedPeer(script) { peer in
        try await withListing(of: product, at: peer.host, api: peer.host, credential: credential) {
            try await body($0, peer)
        }
    }
}

/// Runs `body` with a product's double and a client of it, who has the credential that the product's API wants.
func withListing(
    _ quirks: ProductQuirks,
    credential: Credential.Kind? = nil,
    _ body: (ListingScene, ProductRegistry) async throws -> Void
) async throws {
    let usual = quirks.api == .github ? Credential.Kind.alice : nil
    try await withProductRegistry(quirks) { peer in
        try await withListing(of: quirks.product, at: peer.host, api: peer.host, credential: credential ?? usual) {
            try await body($0, peer)
        }
    }
}

extension Credential.Kind {
    /// A user name and a password, `Basic YWxpY2U6czNjcmV0`.
    static let alice = Credential.Kind.password(username: "alice", Secret("s3cret"))
}

/// The same credential for everything, or none.
private struct OneCredential: CredentialStore {
    let kind: Credential.Kind?

    func credential(for host: RegistryHost, repository: RepositoryName?) async throws -> Credential? {
        kind.map { Credential($0, origin: "a test") }
    }
}

extension ProductQuirks {
    /// The products that list more than the specification asks for.
    static let listing = [gar, acr, harbor, quay, gitlab, ghcr]
    /// Those of them that do so at an address of their own.
    static let listingBeside = listing.filter { $0.api != .google }

    /// The same product with short pages.
    func paged(_ size: Int) -> ProductQuirks { with { $0.apiPageSize = size } }
}

extension ProductRegistry {
    /// Puts an image of one layer under each tag, each with content of its own.
    @discardableResult
    func fill(_ repository: String, tags: [String]) throws -> [String: Digest] {
        var digests: [String: Digest] = [:]
        for tag in tags {
            let config = BuiltBlob(Array(#"{"tag":"\#(repository):\#(tag)"}"#.utf8), mediaType: .ociConfig)
            let layer = BuiltBlob(Array("layer of \(repository):\(tag)".utf8))
            for blob in [config, layer] { _ = hold(blob.bytes, in: repository) }
            let manifest = try ImageBuilder.manifest(config: config.descriptor, layers: [layer.descriptor])
            hold(manifest, in: repository, as: tag)
            digests[tag] = manifest.descriptor.digest
        }
        return digests
    }

    /// The requests, each as its method and its target.
    var lines: [String] { exchanges.map { "\($0.method) \($0.uri)" } }
}

extension ScriptedPeer {
    /// The requests, each as its method and its target.
    var lines: [String] { requests.map { "\($0.method) \($0.uri)" } }
}

extension [TagEntry] {
    var digests: [String: Digest] {
        Dictionary(uniqueKeysWithValues: compactMap { entry in entry.digest.map { (entry.tag.text, $0) } })
    }

    var names: [String] { map(\.tag.text).sorted() }
}

extension Digest {
    /// A digest that is the same digit many times.
    static func of(_ digit: Character) throws -> Digest { try Digest("sha256:\(String(repeating: digit, count: 64))") }
}
