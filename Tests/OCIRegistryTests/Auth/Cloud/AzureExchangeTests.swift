// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

@testable import OCIRegistry

/// Against a double of Microsoft Entra ID, of the metadata of a machine, and of a registry (AAD-OAuth.md of Azure/acr).
@Suite(.timeLimit(.minutes(1))) struct AzureExchangeTests {
    private static let application = ["AZURE_TENANT_ID": "tenant-1", "AZURE_CLIENT_ID": "client-1"]

    @Test func `a client secret becomes a token of the registry, which signs in`() async throws {
        try await withAzureDouble { azure in
            let variables = ["AZURE_CLIENT_SECRET": "s~1+&", "AZURE_AUTHORITY_HOST": azure.url]
            try await CloudScene.with(Self.application.merging(variables) { $1 }) { scene in
                let host = try RegistryHost(azure.peer.host)
                let credential = try #require(try await scene.credentials().credential(of: .azure, for: host))
                #expect(credential.kind == .identityToken(Secret("double-refresh-token")))
                #expect(credential.life == .seconds(3600))
                let who = "the Azure application client-1 with $AZURE_CLIENT_SECRET"
                #expect(credential.origin == "\(who), by a token of \(azure.url)")
                #expect(azure.transcript == ["POST /tenant-1/oauth2/v2.0/token", "POST /oauth2/exchange"])
                let (proof, exchange) = (azure.peer.requests[0], azure.peer.requests[1])
                #expect(
                    ["client_id", "scope", "grant_type", "client_secret"].map { proof.form($0) } == [
                        "client-1", "https://containerregistry.azure.net/.default", "client_credentials", "s~1+&",
                    ]
                )
                #expect(
                    ["grant_type", "service", "tenant", "access_token"].map { exchange.form($0) } == [
                        "access_token", "127.0.0.1", "tenant-1", "double-entra-token",
                    ]
                )
                let registry = RemoteRegistry(
                    host: host,
                    scheme: .http,
                    access: RegistryAccess(credentials: StubCredentials(credential))
                )
                try await registry.endpoint().verifyAccess()
                try await registry.shutdown()
                #expect(azure.transcript.suffix(3) == ["GET /v2/", "POST /oauth2/token", "GET /v2/"])
            }
        }
    }

    @Test func `a pod proves by the token of a file who it is, and a machine by its identity`() async throws {
        try await withAzureDouble { azure in
            try await CloudScene.with(Self.application) { scene in
                let host = try RegistryHost(azure.peer.host)
                let file = try scene.write("pod-token\n", to: "token")
                let pod = scene.with(["AZURE_FEDERATED_TOKEN_FILE": file, "AZURE_AUTHORITY_HOST": "\(azure.url)/"])
                let first = try #require(try await pod.credentials().credential(of: .azure, for: host))
                #expect(first.origin.hasPrefix("the Azure application client-1 with \(file), "))
                let proof = try #require(azure.peer.requests.first)
                #expect(proof.form("client_assertion") == "pod-token")
                #expect(
                    proof.form("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
                )
                #expect(proof.form("client_secret") == nil)

                let machine = scene.with(["AZURE_POD_IDENTITY_AUTHORITY_HOST": azure.url])
                let second = try #require(try await machine.credentials().credential(of: .azure, for: host))
                #expect(second.origin.hasPrefix("the managed identity of this machine, from \(azure.url)"))
                let asked = try #require(azure.peer.requests.first { $0.method == "GET" })
                #expect(asked.header("metadata") == "true")
                #expect(asked.query("resource") == "https://containerregistry.azure.net")
                #expect(asked.query("api-version") == "2018-02-01")
                #expect(asked.query("client_id") == "client-1")
            }
        }
    }

    @Test func `a token that says how long it is good is believed, whatever this machine's clock says`() async throws {
        var behaviour = AzureBehaviour()
        let claims = Base64URL.encoded(Array(#"{"iat":100,"exp":10900}"#.utf8))
        behaviour.refreshToken = "e30.\(claims).x"
        try await withAzureDouble(behaviour) { azure in
            try await CloudScene.with(["AZURE_POD_IDENTITY_AUTHORITY_HOST": azure.url]) { scene in
                let host = try RegistryHost(azure.peer.host)
                let exchange = AzureExchange(context: scene.context(.azure))
                #expect(try await exchange.credential(for: host, .http).life == .seconds(10_800))
            }
        }
    }

    @Test func `what is missing, wrong or refused is named`() async throws {
        try await withAzureDouble { azure in
            try await CloudScene.with(["AZURE_POD_IDENTITY_AUTHORITY_HOST": azure.url]) { scene in
                func reason(_ variables: [String: String], _ host: RegistryHost? = nil) async throws
                    -> CloudCredentialError.Reason
                {
                    let exchange = AzureExchange(context: scene.with(variables).context(.azure))
                    return try await cloudReason {
                        try await exchange.credential(for: host ?? RegistryHost(azure.peer.host), .http)
                    }
                }
                #expect(
                    try await reason(["AZURE_CLIENT_SECRET": "s", "AZURE_TENANT_ID": "t"])
                        == .variableMissing("AZURE_CLIENT_ID", beside: "AZURE_CLIENT_SECRET")
                )
                #expect(
                    try await reason([
                        "AZURE_CLIENT_SECRET": "s", "AZURE_TENANT_ID": "t/../x", "AZURE_CLIENT_ID": "c",
                    ]) == .variable("AZURE_TENANT_ID", expected: "the identifier of a tenant")
                )
                var secret = Self.application.merging(["AZURE_CLIENT_SECRET": "s"]) { $1 }
                secret["AZURE_AUTHORITY_HOST"] = "http://login.test"
                #expect(
                    try await reason(secret)
                        == .variable(
                            "AZURE_AUTHORITY_HOST",
                            expected: "an https URL such as https://login.microsoftonline.com"
                        )
                )
                let plain = try await reason(secret, RegistryHost("r.azurecr.io"))
                #expect(plain == .plainText("http://r.azurecr.io"))
                #expect(azure.transcript == [])
                secret["AZURE_AUTHORITY_HOST"] = azure.url
                azure.change { $0.refusal = "invalid_client" }
                #expect(try await reason(secret) == .refused(azure.url, status: 401, code: "invalid_client"))
                azure.change { $0 = AzureBehaviour(hasIdentity: false) }
                #expect(try await reason([:]) == .refused(azure.url, status: 400, code: "invalid_request"))
            }
        }
    }
}
