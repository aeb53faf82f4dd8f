// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCITestKit
import Testing

@testable import OCIRegistry

@Suite struct CloudCredentialStoreTests {
    private static let ecr = "012345678901.dkr.ecr.eu-west-1.amazonaws.com"
    private static let google = ["GOOGLE_APPLICATION_CREDENTIALS": "/key.json"]
    private static let secret = ["AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"]
    private static let pod = ["AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_FEDERATED_TOKEN_FILE": "/t"]

    @Test(
        arguments: [
            (ecr, [:], .aws), ("public.ecr.aws", ["AWS_ACCESS_KEY_ID": "x"], nil), ("gcr.io", [:], nil),
            ("gcr.io", google, .google), ("eu.gcr.io", google, .google), ("europe-docker.pkg.dev", google, .google),
            ("gcr.io.evil.test", google, nil), ("notgcr.io", google, nil), ("r.azurecr.io", [:], nil),
            ("r.azurecr.io", secret, .azure), ("r.azurecr.cn", pod, .azure), ("r.azurecr.us", secret, .azure),
            ("r.azurecr.io", ["AZURE_TENANT_ID": "t", "AZURE_CLIENT_SECRET": "s"], nil),
            ("r.azurecr.io", ["AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c"], nil), ("registry.lan", secret, nil),
        ] as [(String, [String: String], CloudProvider?)]
    )
    func `a registry is of a cloud by its name, if the environment shows that it is meant`(
        _ host: String,
        environment: [String: String],
        provider: CloudProvider?
    ) throws {
        #expect(CloudCredentialStore.provider(of: try RegistryHost(host), environment) == provider)
    }

    private func store(_ scene: CloudScene) -> CloudCredentialStore {
        CloudCredentialStore(scene.credentials(), environment: scene.variables)
    }

    @Test func `a private registry of AWS without keys anywhere is an error that names the places`() async throws {
        try await CloudScene.with { scene in
            let reason = try await cloudReason {
                try await store(scene).credential(for: RegistryHost(Self.ecr), repository: nil)
            }
            guard case .nothingFound(let places) = reason else {
                Issue.record("\(reason)")
                return
            }
            #expect(places.contains(scene.path(".aws/credentials")))
        }
    }

    @Test func `a file of Google that mirror cannot use leaves its registries to be read by anybody`() async throws {
        try await CloudScene.with { scene in
            let path = try scene.write(#"{"type":"external_account"}"#, to: "key.json")
            let named = scene.with(["GOOGLE_APPLICATION_CREDENTIALS": path])
            #expect(try await store(named).credential(for: RegistryHost("gcr.io"), repository: nil) == nil)
            let explicit = try await cloudReason {
                try await named.credentials().credential(of: .google, for: RegistryHost("gcr.io"))
            }
            #expect(explicit == .unsupported(path, "credentials of the type external_account"))
        }
    }

    @Test(
        arguments: [
            (.connection("s", .connectTimeout), true), (.connection("s", .certificate(.unknownAuthority)), false),
            (.refused("s", status: 503, code: nil), true), (.refused("s", status: 429, code: nil), true),
            (.refused("s", status: 400, code: nil), false), (.refused("s", status: 401, code: nil), false),
            (.fileMissing("f"), false), (.nothingFound(places: []), false),
        ] as [(CloudCredentialError.Reason, Bool)]
    )
    func `only what may pass by itself is met again`(_ reason: CloudCredentialError.Reason, isTransient: Bool) {
        #expect(CloudCredentialError(provider: .aws, reason: reason).isTransient == isTransient)
    }
}
