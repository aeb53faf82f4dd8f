// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent

/// Finds out, before any byte is copied, whether a destination takes what not every place takes.
///
/// Written by its digest, a manifest is nothing that anybody sees before a tag moves.
struct DestinationTrial: Sendable {
    /// What the destination is called.
    let place: String
    let destination: any ContentSink

    /// Tries out what is unusual in an image, and in what hangs on it.
    /// - Throws: ``SparseIndexRefused`` and ``DigestRefused``, marked with their side.
    func run(_ plan: RootPlan) async throws {
        if let manifest = plan.manifestOfUnusualDigest { try await tryDigest(of: manifest) }
        if plan.isSparse { try await trySparse(plan.root) }
        for companion in plan.companions { try await run(companion) }
    }

    private func trySparse(_ root: ManifestDocument) async throws {
        do { try await destination.write(root) } catch {
            var isAboutMissing = (error as? any MissingReferencesError)?.isAboutMissingReferences == true
            if case ContentError.missing = error { isAboutMissing = true }
            let refused = SparseIndexRefused(place: place)
            throw SideFailure.wrapping(isAboutMissing ? refused : error, side: .destination)
        }
    }

    /// What the manifest points to may not be there yet, and places say so in many ways: only what is said of the digest
    /// counts, and all else is met again when the manifest is written.
    private func tryDigest(of manifest: ManifestDocument) async throws {
        do { try await destination.write(manifest) } catch {
            if error is CancellationError { throw error }
            guard let refused = DigestRefused(.manifests, manifest.descriptor.digest, by: place, error) else { return }
            throw SideFailure.wrapping(refused, side: .destination)
        }
    }
}

extension RootPlan {
    /// How many manifests are written before everything else, to find out whether the destination takes them.
    var trialCount: Int { (manifestOfUnusualDigest == nil ? 0 : 1) + (isSparse ? 1 : 0) }

    /// Without a tag, an index that is there would be taken for the whole image by the next run.
    fileprivate var isSparse: Bool { !omitted.isEmpty && tag != nil }

    /// A manifest that is not named by SHA-256, as all others are.
    ///
    /// None that refers to something: whoever takes it may have to list it at once.
    fileprivate var manifestOfUnusualDigest: ManifestDocument? {
        let written = children.joined() + (change == .unchanged || tag == nil ? [] : [root])
        return written.first { $0.descriptor.digest.algorithm != .sha256 && $0.subject == nil }
    }
}

/// A place does not take an index without everything that it points to.
public struct SparseIndexRefused: Error, Hashable, Sendable {
    /// The place.
    public let place: String
}

/// A place does not hold content under digests of an algorithm.
public struct DigestRefused: Error, Hashable, Sendable {
    /// What is named by a digest.
    public enum Content: String, Hashable, Sendable {
        /// Manifests.
        case manifests
        /// Configurations and layers.
        case blobs
    }

    /// What it does not hold.
    public let content: Content
    /// The algorithm.
    public let algorithm: Digest.Algorithm
    /// The place.
    public let place: String

    /// Describes a refusal.
    public init(content: Content, algorithm: Digest.Algorithm, place: String) {
        self.content = content
        self.algorithm = algorithm
        self.place = place
    }

    /// What an error means that came for content with a right digest: `nil` unless it is about the digest, and that is not
    /// one of those that all places know.
    init?(_ content: Content, _ digest: Digest, by place: String, _ error: any Error) {
        guard digest.algorithm != .sha256, (error as? any DigestRefusalError)?.isAboutDigest == true else { return nil }
        self.init(content: content, algorithm: digest.algorithm, place: place)
    }
}
