// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
public import OCI
import OCIContent

extension RemoteRepository {
    /// The most entries of a list of referrers: whoever lists more wants to use up memory or requests.
    static let maximumReferrers = 10_000
    /// The most pages of one.
    private static let maximumReferrerPages = 100

    /// The manifests that refer to another one, page by page (distribution-spec, "Listing Referrers").
    ///
    /// A registry that has no such list is asked once in a run.
    public func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? {
        try await endpoint.registry.referrerSupport.ask { try await listReferrers(of: subject, type: type) }
    }

    private func listReferrers(of digest: Digest, type: String?) async throws -> ReferrerSupport.Answer {
        let first = api.request(
            .GET,
            path("referrers/\(digest)"),
            query: type.map { "artifactType=\($0.formEncoded)" },
            urgency: .urgent
        )
        var next: RequestURL? = first.url
        var seen: Set<String> = []
        var found: [Referrer] = []
        while let url = next {
            guard seen.insert(url.text).inserted, seen.count <= Self.maximumReferrerPages else {
                throw broken("the list of referrers does not end", digest)
            }
            var request = first
            request.url = url
            request.headers = [("Accept", MediaType.ociIndex.text)]
            let reply = try await api.send(request, during: .listReferrers, subject: subject(digest))
            guard reply.status == 200 else { return try await verdict(on: reply, isFirst: seen.count == 1, digest) }
            let isIndex = reply.headers.first(name: "Content-Type").flatMap(MediaType.init(contentType:))?.isIndex
            let bytes = try await api.body(
                of: reply,
                upTo: RegistryAPI.maximumListingPage,
                during: .listReferrers,
                subject: subject(digest)
            )
            guard let page = Referrer.list(in: bytes) else {
                // Some answer every address that they do not know with a page for people.
                if isIndex != true, seen.count == 1 { return .unsupported(isClear: false) }
                throw broken("the list of referrers is not the JSON that was expected", digest)
            }
            found += page
            guard found.count <= Self.maximumReferrers else {
                throw broken("the list of referrers has more than \(Self.maximumReferrers) entries", digest)
            }
            next = try LinkHeader.next(in: reply.headers["Link"]).map { try follow($0, from: url, digest) }
        }
        return .list(found)
    }

    /// What an answer that is no list says about the registry.
    private func verdict(on reply: Reply, isFirst: Bool, _ digest: Digest) async throws -> ReferrerSupport.Answer {
        let (error, _) = try await api.refusal(of: reply, during: .listReferrers, subject: subject(digest))
        guard isFirst, [400, 404, 405, 406, 501].contains(reply.status) else { throw error }
        // A repository that is not there yet says nothing about the registry.
        if case .status(_, let errors) = error.cause, errors.contains(where: { $0.code == "NAME_UNKNOWN" }) {
            return .nothing
        }
        return .unsupported(isClear: [404, 405, 501].contains(reply.status))
    }

    private func follow(_ link: String, from url: RequestURL, _ digest: Digest) throws -> RequestURL {
        do { return try endpoint.registry.transport.admit(link, answeredBy: url, for: .page) } catch {
            throw api.error(error.cause, during: .listReferrers, subject: subject(digest))
        }
    }

    private func broken(_ what: String, _ digest: Digest) -> RegistryError {
        api.error(.answer(what), during: .listReferrers, subject: subject(digest))
    }
}
