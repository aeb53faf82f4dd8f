// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Synchronization

/// The repositories that were made in a run: each once, however many uploads miss it at the same time.
final class CreatedRepositories: Sendable {
    private let outcomes = Mutex<[RepositoryName: Result<Void, any Error>]>([:])
    private let turn = Slots(1)

    /// Makes a repository, unless that was done already; whoever asks meanwhile waits for it.
    /// - Throws: Why it cannot be made. What would end the same is not tried again.
    func create(_ repository: RepositoryName, by creation: any RepositoryCreation) async throws {
        let slot = try await turn.acquire()
        defer { slot.release() }
        if let outcome = outcomes.withLock({ $0[repository] }) { return try outcome.get() }
        do {
            try await creation.create(repository)
            outcomes.withLock { $0[repository] = .success(()) }
        } catch {
            let isFinal = !(error is CancellationError) && (error as? any TransientError)?.isTransient != true
            if isFinal { outcomes.withLock { $0[repository] = .failure(error) } }
            throw error
        }
    }
}

extension RemoteRepository {
    /// How this repository is made when it is missing; `nil` where nobody said that it may be.
    private var creation: (any RepositoryCreation)? {
        switch endpoint.registry.access.creation {
        case .harborProjects(let isPublic)?:
            HarborProjects(api: endpoint.service(at: nil, name), isPublic: isPublic)
        case .ecrRepositories(let template)?:
            ECRService(endpoint).map { ECRRepositories(service: $0, template: template) }
        case .other(let creation)?: creation
        case nil: nil
        }
    }

    /// Makes the repository if an answer says that it is not there.
    /// - Returns: Whether the request can be made again.
    func createIfMissing(after error: RegistryError) async throws -> Bool {
        guard error.isAboutMissingRepository, let creation else { return false }
        try await endpoint.registry.createdRepositories.create(name, by: creation)
        return true
    }
}

extension RegistryError {
    /// Whether something could not be written because the repository, or the project that it is to be in, is not there.
    public var isAboutMissingRepository: Bool {
        guard [.startUpload, .writeManifest].contains(action), case .status(let status, let errors) = cause else {
            return false
        }
        switch status {
        // ECR has no repository that nobody has created.
        case 404: return errors.contains { $0.code == "NAME_UNKNOWN" }
        // Harbor says it only in the text of a refusal: "project team not found".
        case 401, 403:
            return errors.contains { $0.message.contains("project ") && $0.message.contains(" not found") }
        default: return false
        }
    }
}
