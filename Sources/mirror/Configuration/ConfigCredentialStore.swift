// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIRegistry

/// The credentials that a config file leads to; they are looked up when they are asked for, each time anew.
struct ConfigCredentialStore: CredentialStore {
    let configuration: MirrorConfiguration
    /// What variables and helpers are looked up in.
    let environment: [String: String]
    /// What clouds give.
    let clouds: CloudCredentials

    /// The most bytes that a file of one secret may have.
    private static let maximumSize = 64 << 10

    init(
        _ configuration: MirrorConfiguration,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        clouds: CloudCredentials
    ) {
        self.configuration = configuration
        self.environment = environment
        self.clouds = clouds
    }

    /// The credential for a registry, or for one of its repositories.
    ///
    /// A helper that has none for the registry leaves it to the next place.
    /// - Throws: ``SettingError`` for a secret that is not where the file says; `SmallFileError`, `CredentialHelperError`,
    ///   `CloudCredentialError`.
    func credential(for host: RegistryHost, repository: RepositoryName?) async throws -> Credential? {
        guard let credentials = configuration[host].credentials(for: repository) else { return nil }
        switch credentials {
        case .password(let username, let source):
            let (secret, place) = try await secret(source, host)
            return Credential(.password(username: username, secret), origin: place)
        case .identityToken(let source):
            let (secret, place) = try await secret(source, host)
            return Credential(.identityToken(secret), origin: place)
        case .helper(let name):
            return try await answer(of: name, host).map { Credential($0, origin: helperPlace(name)) }
        case .provider(let provider): return try await clouds.credential(of: provider, for: host)
        }
    }

    private func secret(_ source: RegistrySettings.SecretSource, _ host: RegistryHost) async throws -> (Secret, String)
    {
        func fail(_ reason: SettingError.Reason) -> SettingError {
            SettingError(file: configuration.file, host: host, reason: reason)
        }
        switch source {
        case .environment(let name):
            guard let text = environment[name], !text.isEmpty else { throw fail(.variableMissing(name)) }
            return (Secret(text), "$\(name), which \(configuration.file) names")
        case .file(let path):
            guard let file = try SmallFile.read(path, limit: Self.maximumSize) else { throw fail(.fileMissing(path)) }
            guard let text = String(validating: file.bytes, as: UTF8.self) else { throw fail(.fileNotText(path)) }
            let secret = text.droppingNewline
            guard !secret.isEmpty else { throw fail(.fileEmpty(path)) }
            return (Secret(secret), "\(path), which \(configuration.file) names")
        case .helper(let name):
            switch try await answer(of: name, host) {
            case .password(_, let secret), .identityToken(let secret), .registryToken(let secret):
                return (secret, helperPlace(name))
            case nil: throw fail(.helperHasNone(name))
            }
        }
    }

    private func answer(of name: String, _ host: RegistryHost) async throws -> Credential.Kind? {
        try await CredentialHelper(name, environment: environment).get(for: host)
    }

    private func helperPlace(_ name: String) -> String {
        "docker-credential-\(name), which \(configuration.file) names"
    }
}

/// A secret is not where the config file says.
struct SettingError: Error, Hashable {
    /// What is missing.
    enum Reason: Hashable {
        /// An environment variable is not set, or empty.
        case variableMissing(String)
        case fileMissing(String)
        case fileEmpty(String)
        /// The file is not UTF-8.
        case fileNotText(String)
        /// A helper has nothing for the registry.
        case helperHasNone(String)
    }

    /// The config file.
    let file: String
    let host: RegistryHost
    let reason: Reason
}

extension String {
    /// The text without the one newline that editors and `echo` put at the end.
    var droppingNewline: String {
        // A carriage return and a newline are one character.
        hasSuffix("\n") || hasSuffix("\r\n") ? String(dropLast()) : self
    }
}
