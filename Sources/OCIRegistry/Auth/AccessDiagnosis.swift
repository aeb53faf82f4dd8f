// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent

/// How a registry lets itself be convinced, and what a credential brings there; for people who ask why something is
/// refused.
public struct AccessDiagnosis: Hashable, Sendable {
    /// What a registry wants to see.
    public enum Method: Hashable, Sendable {
        /// Nothing.
        case open
        /// A user name and a password, with each request.
        case basic
        /// A token of a server.
        case bearer(server: String, service: String?)
    }

    /// What the registry wants to see.
    public let method: Method
    /// What was asked for: `repository:team/app:pull`, one action each.
    public let wanted: [String]
    /// What the token allows of it; `nil` where tokens are used that do not say so, or none.
    public let granted: [String]?

    /// Makes a diagnosis.
    public init(method: Method, wanted: [String], granted: [String]?) {
        self.method = method
        self.wanted = wanted
        self.granted = granted
    }

    /// What was asked for and not granted, as far as it can be known.
    public var missing: [String] { granted.map { granted in wanted.filter { !granted.contains($0) } } ?? [] }
}

extension RemoteEndpoint {
    /// Signs in to the registry, and looks at what that brings.
    ///
    /// - Parameter repository: The repository that is to be read and written; `nil` for the registry as a whole.
    /// - Throws: ``RegistryError`` if the registry or its token server refuses.
    public func diagnose(_ repository: RepositoryName?) async throws -> AccessDiagnosis {
        try await verifyAccess()
        let scopes: Set<AccessScope> = repository.map { [.repository($0, .pullAndPush)] } ?? []
        let access = Authenticator.Access(repository: repository, scopes: scopes)
        do {
            return try await registry.transport.diagnose(access, observer: observer)
        } catch let failure as Transport.Failure {
            throw api(access)
                .error(
                    failure.cause,
                    during: .signIn,
                    subject: repository?.text ?? "",
                    retryAfter: failure.retryAfter
                )
        }
    }
}

extension AccessScope {
    /// The scope with one action each.
    var single: [String] { actions.rawValue.split(separator: ",").map { "\(resource):\($0)" } }
}

extension Token {
    /// What the token says that it allows, with one action each; `nil` for a token that is no JWT.
    ///
    /// The signature is not checked: only the registry can, and only it decides.
    var claims: [String]? {
        struct Payload: Decodable {
            struct Access: Decodable {
                var type: String
                var name: String
                var actions: [String]
            }
            var access: [Access]?
        }
        guard let access = JSONWebToken.claims(Payload.self, of: value)?.access else { return nil }
        return access.flatMap { entry in entry.actions.map { "\(entry.type):\(entry.name):\($0)" } }
    }
}
