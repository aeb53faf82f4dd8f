// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import CryptoExtras
import Foundation
import OCI
import OCITestKit
import Testing

@testable import OCIRegistry

/// Against a double of Google's server of tokens (RFC 7523) and metadata server.
@Suite(.timeLimit(.minutes(1))) struct GoogleIdentityTests {
    private struct Claims: Decodable, Equatable {
        var iss: String
        var aud: String
        var scope: String
        var iat: Int
        var exp: Int
    }

    private static let metadata = "GET /computeMetadata/v1/instance/service-accounts/default/token"

    private func file(_ fields: [String: String]) throws -> String {
        String(decoding: try JSONEncoder().encode(fields), as: UTF8.self)
    }

    @Test func `a service account shows a token that its key has signed`() async throws {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        try await withGoogleDouble { google in
            try await CloudScene.with { scene in
                let path = try scene.write(
                    try file([
                        "type": "service_account", "client_email": "m@p.iam.gserviceaccount.com",
                        "private_key": key.pkcs8PEMRepresentation, "private_key_id": "k1",
                        "token_uri": "\(google.url)/token",
                    ]),
                    to: "key.json"
                )
                let named = scene.with(["GOOGLE_APPLICATION_CREDENTIALS": path])
                let credential = try await GoogleIdentity(context: named.context(.google, now: 1_000_000)).credential()
                #expect(credential.kind == .password(username: "oauth2accesstoken", Secret("ya29.double-token")))
                #expect(credential.life == .seconds(3599))
                let who = "the service account m@p.iam.gserviceaccount.com in \(path)"
                #expect(credential.origin == "\(who), by a token of \(google.url)")
                let request = try #require(google.peer.requests.first)
                #expect(google.transcript == ["POST /token"])
                #expect(request.form("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer")
                let assertion = try #require(request.form("assertion"))
                #expect(
                    JSONWebToken.claims(Claims.self, of: Secret(assertion))
                        == Claims(
                            iss: "m@p.iam.gserviceaccount.com",
                            aud: "\(google.url)/token",
                            scope: "https://www.googleapis.com/auth/cloud-platform",
                            iat: 1_000_000,
                            exp: 1_003_600
                        )
                )
                let parts = assertion.split(separator: ".")
                let signature = _RSA.Signing.RSASignature(rawRepresentation: try #require(Base64URL.decoded(parts[2])))
                let content = Data("\(parts[0]).\(parts[1])".utf8)
                #expect(key.publicKey.isValidSignature(signature, for: content, padding: .insecurePKCS1v1_5))
                google.change { $0.refusal = "invalid_grant" }
                let refused = try await cloudReason {
                    try await named.credentials().credential(of: .google, for: RegistryHost("gcr.io"))
                }
                #expect(refused == .refused(google.url, status: 400, code: "invalid_grant"))
            }
        }
    }

    @Test func `a user's refresh token is exchanged, from the file that gcloud writes`() async throws {
        try await withGoogleDouble { google in
            try await CloudScene.with { scene in
                let path = try scene.write(
                    try file([
                        "type": "authorized_user", "client_id": "c", "client_secret": "s&1", "refresh_token": "r+1",
                        "token_uri": "\(google.url)/token",
                    ]),
                    to: ".config/gcloud/application_default_credentials.json"
                )
                let credential = try await GoogleIdentity(context: scene.context(.google)).credential()
                #expect(credential.origin == "the user in \(path), by a token of \(google.url)")
                let request = try #require(google.peer.requests.first)
                #expect(
                    ["grant_type", "client_id", "client_secret", "refresh_token"].map { request.form($0) }
                        == ["refresh_token", "c", "s&1", "r+1"]
                )
            }
        }
    }

    @Test func `a machine of Google Cloud has an account, or not`() async throws {
        try await withGoogleDouble { google in
            try await CloudScene.with(["GCE_METADATA_HOST": google.peer.host]) { scene in
                let identity = GoogleIdentity(context: scene.context(.google))
                let credential = try await identity.credential()
                #expect(credential.kind == .password(username: "oauth2accesstoken", Secret("ya29.double-token")))
                #expect(credential.origin.hasPrefix("the account of this machine, from \(google.url)"))
                #expect(google.transcript == [Self.metadata])
                #expect(google.peer.requests.first?.header("metadata-flavor") == "Google")
                let places = [
                    "$GOOGLE_APPLICATION_CREDENTIALS",
                    scene.path(".config/gcloud/application_default_credentials.json"),
                    "the metadata of an instance of Google Cloud",
                ]
                google.change { $0.hasAccount = false }
                #expect(try await cloudReason { try await identity.credential() } == .nothingFound(places: places))
                google.change { $0 = GoogleBehaviour(isMetadataServer: false) }
                #expect(try await cloudReason { try await identity.credential() } == .nothingFound(places: places))
            }
        }
    }

    @Test(
        arguments: [
            ("{", .file("FILE", line: nil, expected: "JSON of Google Cloud's credentials")),
            (#"{"type":"a","type":"b"}"#, .file("FILE", line: nil, expected: "JSON of Google Cloud's credentials")),
            (#"{"type":"external_account"}"#, .unsupported("FILE", "credentials of the type external_account")),
            (#"{"type":"service_account"}"#, .file("FILE", line: nil, expected: "client_email")),
            (
                #"{"type":"service_account","client_email":"e","private_key":"-----BEGIN x"}"#,
                .file("FILE", line: nil, expected: "an RSA key in PEM form as private_key")
            ),
            (
                #"{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r","token_uri":"http://a.test"}"#,
                .file("FILE", line: nil, expected: "an https URL as token_uri")
            ),
        ] as [(String, CloudCredentialError.Reason)]
    )
    func `a file that cannot be used is named with what is wrong`(_ text: String, reason: CloudCredentialError.Reason)
        async throws
    {
        try await CloudScene.with { scene in
            let path = try scene.write(text, to: "key.json")
            let named = scene.with(["GOOGLE_APPLICATION_CREDENTIALS": path])
            let found = try await cloudReason {
                try await GoogleIdentity(context: named.context(.google)).credential()
            }
            #expect("\(found)".replacing(path, with: "FILE") == "\(reason)")
        }
    }
}
