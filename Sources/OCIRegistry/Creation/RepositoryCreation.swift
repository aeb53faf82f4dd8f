// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A way to make repositories be there, in registries where a push alone does not.
public protocol RepositoryCreation: Sendable {
    /// Makes a repository, or that which it must stand in; one that is there already is a success.
    ///
    /// It is asked for a repository of which the registry has just said that it is not there.
    /// - Throws: ``RegistryError`` with the action ``RegistryError/Action/createRepository`` if the registry refuses.
    func create(_ repository: RepositoryName) async throws
}

/// How repositories of a registry are made when they are missing.
public enum CreationWay: Sendable {
    /// By a project of Harbor, in which repositories come to be by themselves; public ones can be read by everybody.
    case harborProjects(isPublic: Bool)
    /// By a repository of Elastic Container Registry.
    case ecrRepositories(ECRTemplate)
    /// By something of its own.
    case other(any RepositoryCreation)
}
