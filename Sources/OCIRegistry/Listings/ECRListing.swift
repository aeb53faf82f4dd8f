// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// The listings of Elastic Container Registry, at the API that its passwords are bought from.
///
/// Both take an action of their own in the policy of the keys (`ecr:DescribeRepositories`, `ecr:DescribeImages`), which whoever may
/// pull need not have. An image is listed with all of its tags; the bytes of an index are not those of its images, and are
/// left out. Source: "DescribeRepositories" and "DescribeImages" in the Amazon ECR API Reference.
struct ECRListing: ProductListing {
    /// The longest page that there is.
    private static let pageSize = 1000

    func repositories(below paths: [RepositoryName], of endpoint: RemoteEndpoint) -> Pages<RepositoryName>? {
        guard let service = ECRService(endpoint) else { return nil }
        struct Answer: Decodable {
            struct Repository: Decodable {
                let repositoryName: String
            }
            let repositories: [Repository]
            let nextToken: String?
        }
        let api = service.api
        return api.listing(from: "", by: { $0 }, during: .listRepositories, subject: "") { token, _ in
            let answer = try await service.listed(
                "DescribeRepositories",
                Self.page(token),
                during: .listRepositories,
                subject: "",
                as: Answer.self
            )
            let names = answer.repositories.compactMap { repository -> RepositoryName? in
                do throws(NameError) { return try RepositoryName(repository.repositoryName) } catch {
                    endpoint.skipped(SkippedName(repository: nil, error: error))
                    return nil
                }
            }
            return (names, answer.nextToken)
        }
    }

    func tags(of repository: RepositoryName, at endpoint: RemoteEndpoint) -> Pages<TagEntry>? {
        guard let service = ECRService(endpoint) else { return nil }
        struct Answer: Decodable {
            let imageDetails: [Image]
            let nextToken: String?
        }
        let api = service.api
        return api.listing(from: "", by: \.tag, during: .listTags, subject: repository.text) { token, _ in
            var parameters = Self.page(token)
            parameters["repositoryName"] = .text(repository.text)
            parameters["filter"] = .object(["tagStatus": .text("TAGGED")])
            let answer = try await service.listed(
                "DescribeImages",
                parameters,
                during: .listTags,
                subject: repository.text,
                as: Answer.self
            )
            let entries = answer.imageDetails.flatMap { image in
                image.entries { endpoint.skipped(SkippedName(repository: repository, error: $0)) }
            }
            return (entries, answer.nextToken)
        }
    }

    private static func page(_ token: String) -> [String: JSONParameter] {
        var parameters: [String: JSONParameter] = ["maxResults": .number(pageSize)]
        if !token.isEmpty { parameters["nextToken"] = .text(token) }
        return parameters
    }

    private struct Image: Decodable {
        let imageDigest: String?
        let imageTags: [String]?
        let imageSizeInBytes: Int64?
        /// Seconds since 1970, with a fraction.
        let imagePushedAt: Double?
        let imageManifestMediaType: String?

        func entries(_ skipped: (NameError) -> Void) -> [TagEntry] {
            let digest = imageDigest.flatMap { try? Digest($0) }
            let isIndex = imageManifestMediaType.flatMap { MediaType($0) }?.isIndex
            let details = TagEntry.Details(
                size: isIndex == true ? nil : imageSizeInBytes.flatMap { $0 >= 0 ? $0 : nil },
                manifests: isIndex == false ? 1 : nil,
                pushed: imagePushedAt.flatMap { Int64(exactly: $0.rounded(.down)) }
            )
            return (imageTags ?? [])
                .compactMap { text -> TagEntry? in
                    do throws(NameError) {
                        return TagEntry(tag: try TagName(text), digest: digest, details: details)
                    } catch {
                        skipped(error)
                        return nil
                    }
                }
        }
    }
}

extension ECRService {
    /// Calls the API for a page of a list.
    /// - Throws: ``ListingUnavailable`` where there are no keys to sign with, besides what ``call(_:_:during:subject:as:)`` throws.
    fileprivate func listed<Answer: Decodable>(
        _ operation: String,
        _ parameters: [String: JSONParameter],
        during action: RegistryError.Action,
        subject: String,
        as type: Answer.Type
    ) async throws -> Answer {
        do {
            return try await call(operation, parameters, during: action, subject: subject, as: type)
        } catch let error as RegistryError {
            guard case .credential(let reason as CloudCredentialError) = error.cause,
                case .nothingFound = reason.reason
            else { throw error }
            throw ListingUnavailable()
        }
    }
}
