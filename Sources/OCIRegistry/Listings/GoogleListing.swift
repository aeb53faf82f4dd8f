// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI
import OCIContent

/// The listings of Google's registries (Artifact Registry and gcr.io): the spec's list of tags, which says more there.
///
/// It has what every manifest is called, how large it is and when it came, and the names one level below, so that a tree of
/// repositories is walked without a catalog. Numbers are texts at gcr.io and numbers at Artifact Registry, and a date is
/// that of the manifest, not of its tag. Source: pkg/v1/google/list.go of google/go-containerregistry.
struct GoogleListing: ProductListing {
    /// Answers are not cut below this many tags.
    private static let query = "n=10000"

    func repositories(below paths: [RepositoryName], of endpoint: RemoteEndpoint) -> Pages<RepositoryName>? {
        guard !paths.isEmpty else { return nil }
        return Pages {
            var walk = Walk(paths)
            return {
                guard let place = walk.next else { return nil }
                let listed = try await listed(place, of: endpoint, isAskedFor: paths.contains(place))
                try walk.took(listed, endpoint)
                return listed.map { $0.isRepository ? [place] : [] } ?? []
            }
        }
    }

    /// What is listed at one place of the tree; `nil` if it is gone.
    private func listed(
        _ place: RepositoryName,
        of endpoint: RemoteEndpoint,
        isAskedFor: Bool
    ) async throws -> Listed? {
        let api = endpoint[place].api
        let url = api.request(.GET, "/v2/\(place)/tags/list", query: Self.query).url
        let reply = try await api.send(api.page(url), during: .listRepositories, subject: place.text)
        if reply.status == 404, !isAskedFor {
            try await reply.discard()
            return nil
        }
        guard reply.status == 200 else {
            throw try await api.error(from: reply, during: .listRepositories, subject: place.text)
        }
        return try await api.decoded(Listed.self, reply, during: .listRepositories, subject: place.text)
    }

    func tags(of repository: RepositoryName, at endpoint: RemoteEndpoint) -> Pages<TagEntry>? {
        endpoint[repository].api
            .listing(
                Listed.self,
                at: ["/v2/\(repository)/tags/list"],
                query: Self.query,
                by: \.tag,
                during: .listTags,
                subject: repository.text
            ) { listed in
                let known = listed.known
                return (listed.tags ?? [])
                    .compactMap { text in
                        guard let text, let tag = endpoint.tagName(text, of: repository) else { return nil }
                        return TagEntry(tag: tag, digest: known[text]?.digest, details: known[text]?.details)
                    }
            }
    }

    /// A breadth-first walk through a tree of names, whose depth the longest name bounds.
    private struct Walk {
        static let maximumPlaces = 100_000

        private var places: [RepositoryName] = []
        private var position = 0
        private var seen: Set<RepositoryName> = []

        init(_ roots: [RepositoryName]) { for root in roots { add(root) } }

        /// The place that comes next; the same until it was taken.
        var next: RepositoryName? { position < places.count ? places[position] : nil }

        /// Goes on behind a place with what is below it.
        mutating func took(_ listed: Listed?, _ endpoint: RemoteEndpoint) throws {
            let place = places[position]
            position += 1
            for child in listed?.child ?? [] {
                if let child, let name = endpoint.repositoryName("\(place)/\(child)") { add(name) }
            }
            guard places.count <= Self.maximumPlaces else {
                let what = "there are more than \(Self.maximumPlaces) names below each other"
                throw endpoint[place].api.error(.answer(what), during: .listRepositories, subject: place.text)
            }
        }

        private mutating func add(_ place: RepositoryName) { if seen.insert(place).inserted { places.append(place) } }
    }

    private struct Listed: Decodable {
        struct Manifest: Decodable {
            let imageSizeBytes: Number?
            let mediaType: String?
            let tag: [String?]?
            let timeUploadedMs: Number?
        }

        let tags: [String?]?
        let child: [String?]?
        let manifest: [String: Manifest]?

        var isRepository: Bool { !(tags ?? []).isEmpty || !(manifest ?? [:]).isEmpty }

        /// What the manifests say of the tags that point to them.
        var known: [String: (digest: Digest, details: TagEntry.Details)] {
            var known: [String: (digest: Digest, details: TagEntry.Details)] = [:]
            for (text, manifest) in manifest ?? [:] {
                guard let digest = try? Digest(text) else { continue }
                let details = TagEntry.Details(
                    size: manifest.imageSizeBytes?.value,
                    manifests: TagEntry.Details.manifests(ofType: manifest.mediaType),
                    pushed: manifest.timeUploadedMs?.value.map { $0 / 1000 }
                )
                for case let tag? in manifest.tag ?? [] { known[tag] = (digest, details) }
            }
            return known
        }
    }

    /// A number that may be written as a text.
    private struct Number: Decodable {
        /// The number; `nil` where it is none that says something.
        let value: Int64?

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let number = try? container.decode(Int64.self)
            let read = number ?? (try? container.decode(String.self)).flatMap { Int64($0) }
            value = read.flatMap { $0 > 0 ? $0 : nil }
        }
    }
}
