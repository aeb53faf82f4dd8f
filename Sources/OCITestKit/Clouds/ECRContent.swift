// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// The repositories of a double of Elastic Container Registry, as its API tells of them ("DescribeRepositories",
/// "DescribeImages" and "CreateRepository", Amazon ECR API Reference).
public final class ECRContent: Sendable {
    /// An image with all of its tags.
    public struct Image: Sendable {
        let digest: String
        let tags: [String]
        let size: Int64
        let mediaType: String

        /// Describes an image.
        public init(
            digest: String,
            tags: [String],
            size: Int64,
            mediaType: String = "application/vnd.oci.image.manifest.v1+json"
        ) {
            self.digest = digest
            self.tags = tags
            self.size = size
            self.mediaType = mediaType
        }
    }

    private let repositories: Mutex<[String: [Image]]>
    private let pageSize: Int
    private let created: @Sendable (String) -> Void

    /// - Parameters:
    ///   - pageSize: The longest page, whatever is asked for.
    ///   - created: Told of each repository that is made.
    public init(
        _ repositories: [String: [Image]] = [:],
        pageSize: Int = 1000,
        created: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.repositories = Mutex(repositories)
        self.pageSize = pageSize
        self.created = created
    }

    private struct Parameters: Decodable {
        struct Filter: Decodable {
            let tagStatus: String
        }
        struct Scanning: Decodable {
            let scanOnPush: Bool
        }
        let registryId: String?
        let repositoryName: String?
        let maxResults: Int?
        let nextToken: String?
        let filter: Filter?
        let imageTagMutability: String?
        let imageScanningConfiguration: Scanning?
    }

    /// The answer to a call; `nil` for a call of another kind.
    func answer(_ operation: Substring, _ body: [UInt8]) -> PeerReply? {
        guard let parameters = try? JSONDecoder().decode(Parameters.self, from: Data(body)) else {
            return Self.fault("SerializationException")
        }
        switch operation {
        case "DescribeRepositories":
            let names = repositories.withLock { $0.keys.sorted() }
            return page(of: names.map { #"{"repositoryName":"\#($0)","registryId":"1"}"# }, parameters, "repositories")
        case "DescribeImages": return images(parameters)
        case "CreateRepository": return create(parameters)
        default: return nil
        }
    }

    private func images(_ parameters: Parameters) -> PeerReply {
        guard parameters.filter?.tagStatus == "TAGGED" else { return Self.fault("InvalidParameterException") }
        let images = parameters.repositoryName.flatMap { name in repositories.withLock { $0[name] } }
        guard let images else { return Self.fault("RepositoryNotFoundException") }
        let items = images.map { image in
            let tags = image.tags.map { "\"\($0)\"" }.joined(separator: ",")
            return """
                {"imageDigest":"\(image.digest)","imageTags":[\(tags)],"imageSizeInBytes":\(image.size),\
                "imagePushedAt":1.767225600123E9,"imageManifestMediaType":"\(image.mediaType)"}
                """
        }
        return page(of: items, parameters, "imageDetails")
    }

    private func create(_ parameters: Parameters) -> PeerReply {
        guard let name = parameters.repositoryName, parameters.imageTagMutability != nil else {
            return Self.fault("InvalidParameterException")
        }
        let isNew = repositories.withLock { repositories in
            guard repositories[name] == nil else { return false }
            repositories[name] = []
            return true
        }
        guard isNew else { return Self.fault("RepositoryAlreadyExistsException") }
        created(name)
        return .text(200, #"{"repository":{"repositoryName":"\#(name)"}}"#, contentType: AWSBehaviour.contentType)
    }

    private func page(of items: [String], _ parameters: Parameters, _ name: String) -> PeerReply {
        let size = min(pageSize, parameters.maxResults ?? 100)
        let start = parameters.nextToken.flatMap { Int($0.dropFirst("after-".count)) } ?? 0
        let end = min(start + size, items.count)
        let next = end < items.count ? #","nextToken":"after-\#(end)""# : ""
        return .text(
            200,
            #"{"\#(name)":[\#(items[start..<end].joined(separator: ","))]\#(next)}"#,
            contentType: AWSBehaviour.contentType
        )
    }

    static func fault(_ code: String) -> PeerReply {
        .text(400, #"{"__type":"\#(code)","message":"no"}"#, contentType: AWSBehaviour.contentType)
    }
}
