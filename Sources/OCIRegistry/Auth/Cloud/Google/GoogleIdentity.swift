// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import CryptoExtras
import FoundationEssentials
import OCI

/// Who somebody is at Google Cloud, as a file of credentials or the machine says.
struct GoogleIdentity: Sendable {
    private struct File: Decodable {
        var type: String?
        var clientEmail: String?
        var privateKey: String?
        var privateKeyID: String?
        var tokenURI: String?
        var clientID: String?
        var clientSecret: String?
        var refreshToken: String?

        enum CodingKeys: String, CodingKey {
            case type
            case clientEmail = "client_email"
            case privateKey = "private_key"
            case privateKeyID = "private_key_id"
            case tokenURI = "token_uri"
            case clientID = "client_id"
            case clientSecret = "client_secret"
            case refreshToken = "refresh_token"
        }
    }

    /// What may be done with the token; the roles of the account decide within it.
    private static let scope = "https://www.googleapis.com/auth/cloud-platform"
    private static let variable = "GOOGLE_APPLICATION_CREDENTIALS"

    let context: CloudContext

    /// Whether the environment names a file of credentials.
    static func isNamed(_ environment: [String: String]) -> Bool { !(environment[variable] ?? "").isEmpty }

    /// A token for the registries of Google, from the named file, the usual one, or the metadata server.
    func credential() async throws -> Credential {
        if let path = context.variable(Self.variable) {
            guard let text = try context.text(of: path) else { throw context.error(.fileMissing(path)) }
            return try await credential(in: path, text)
        }
        let folder = context.variable("CLOUDSDK_CONFIG") ?? context.home(".config/gcloud")
        let usual = folder.map { "\($0)/application_default_credentials.json" }
        if let usual, let text = try context.text(of: usual) { return try await credential(in: usual, text) }
        if let credential = try await GoogleMetadata(context: context).credential() { return credential }
        let places = ["$\(Self.variable)", usual, "the metadata of an instance of Google Cloud"]
        throw context.error(.nothingFound(places: places.compactMap(\.self)))
    }

    private func credential(in path: String, _ text: String) async throws -> Credential {
        guard let file = CloudContext.decoded(File.self, Array(text.utf8)) else {
            throw context.error(.file(path, line: nil, expected: "JSON of Google Cloud's credentials"))
        }
        switch file.type {
        case "service_account": return try await serviceAccount(file, path)
        case "authorized_user": return try await user(file, path)
        case let type: throw context.error(.unsupported(path, "credentials of the type \(type ?? "none")"))
        }
    }

    /// A service account shows a token that its key has signed (RFC 7523, 2.1).
    private func serviceAccount(_ file: File, _ path: String) async throws -> Credential {
        let email = try need(file.clientEmail, "client_email", path)
        let pem = try need(file.privateKey, "private_key", path)
        guard let key = try? _RSA.Signing.PrivateKey(pemRepresentation: pem) else {
            throw context.error(.file(path, line: nil, expected: "an RSA key in PEM form as private_key"))
        }
        let url = try tokenURL(file, path)
        let now = context.now()
        let assertion = try JSONWebToken.signed(
            [
                .init(key: "iss", value: .text(email)), .init(key: "scope", value: .text(Self.scope)),
                .init(key: "aud", value: .text(url.text)), .init(key: "iat", value: .scalar("\(now)")),
                .init(key: "exp", value: .scalar("\(now + 3600)")),
            ],
            by: key,
            keyID: file.privateKeyID
        )
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        let fields = [("grant_type", grant), ("assertion", assertion.exposed)]
        return try await token(fields, from: url, "the service account \(email) in \(path)")
    }

    private func user(_ file: File, _ path: String) async throws -> Credential {
        let fields = [
            ("grant_type", "refresh_token"), ("client_id", try need(file.clientID, "client_id", path)),
            ("client_secret", try need(file.clientSecret, "client_secret", path)),
            ("refresh_token", try need(file.refreshToken, "refresh_token", path)),
        ]
        return try await token(fields, from: try tokenURL(file, path), "the user in \(path)")
    }

    private func token(_ fields: [(String, String)], from url: RequestURL, _ who: String) async throws -> Credential {
        let token: CloudToken = try await context.document(.form(fields, to: url))
        return try token.googleCredential("\(who), by a token of \(url.origin)", by: url, context)
    }

    private func need(_ value: String?, _ name: String, _ path: String) throws -> String {
        guard let value, !value.isEmpty else { throw context.error(.file(path, line: nil, expected: name)) }
        return value
    }

    /// Where the file says that tokens are to be had.
    private func tokenURL(_ file: File, _ path: String) throws -> RequestURL {
        guard let url = CloudContext.url(file.tokenURI ?? "https://oauth2.googleapis.com/token") else {
            throw context.error(.file(path, line: nil, expected: "an https URL as token_uri"))
        }
        return url
    }
}

extension CloudToken {
    /// The token as registries of Google take it.
    func googleCredential(_ origin: String, by url: RequestURL, _ context: CloudContext) throws -> Credential {
        guard let token else { throw context.error(.answer("\(url.origin)", missing: "access_token")) }
        return Credential(.password(username: "oauth2accesstoken", token), origin: origin, life: life)
    }
}
