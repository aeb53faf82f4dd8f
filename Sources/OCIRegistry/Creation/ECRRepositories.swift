// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Makes repositories of Elastic Container Registry, which takes nothing into one that is not there ("CreateRepository", Amazon ECR
/// API Reference).
struct ECRRepositories: RepositoryCreation {
    let service: ECRService
    let template: ECRTemplate

    func create(_ repository: RepositoryName) async throws {
        struct Answer: Decodable {}
        let parameters: [String: JSONParameter] = [
            "repositoryName": .text(repository.text),
            "imageTagMutability": .text(template.hasImmutableTags ? "IMMUTABLE" : "MUTABLE"),
            "imageScanningConfiguration": .object(["scanOnPush": .flag(template.scansOnPush)]),
        ]
        do {
            _ = try await service.call(
                "CreateRepository",
                parameters,
                during: .createRepository,
                subject: repository.text,
                as: Answer.self
            )
        } catch let error as RegistryError where error.isAboutKnownRepository {
            // Somebody else was faster.
        }
    }
}

/// What repositories of ECR are like that are made.
public struct ECRTemplate: Hashable, Sendable {
    /// Whether a tag that points to an image stays with it.
    public var hasImmutableTags: Bool
    /// Whether images are scanned when they arrive.
    public var scansOnPush: Bool

    /// Makes a template.
    public init(hasImmutableTags: Bool = false, scansOnPush: Bool = false) {
        self.hasImmutableTags = hasImmutableTags
        self.scansOnPush = scansOnPush
    }
}

extension RegistryError {
    fileprivate var isAboutKnownRepository: Bool {
        guard case .status(_, let errors) = cause else { return false }
        return errors.contains { $0.code == "RepositoryAlreadyExistsException" }
    }
}
