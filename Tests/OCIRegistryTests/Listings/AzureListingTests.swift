// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// The list of tags of Azure's registries, with the answer of GetTagList.json in the data-plane specification of
    /// Azure/azure-rest-api-specs (Azure.ContainerRegistry, 2021-07-01).
    @Suite struct AzureListingTests {
        private static let body = """
            {"registry":"acrapi.azurecr-test.io","imageName":"nanoserver","tags":[
            {"name":"4.7.2-20180905-nanoserver-1803",
            "digest":"sha256:110d2b6c84592561338aa040b1b14b7ab81c2f9edbd564c2285dd7d70d777086",
            "createdTime":"2018-09-06T06:17:21.0856539Z","lastUpdateTime":"2018-09-06T06:17:21.0856539Z",
            "changeableAttributes":{"deleteEnabled":true,"writeEnabled":true,"readEnabled":true,"listEnabled":true}},
            {"name":"4.7.2-20180906-nanoserver-1803",
            "digest":"sha256:7af5cd1dde3e8f5c2c9103860afa4ca871a6075373b6564b0e7b1b47866dab52",
            "createdTime":"2018-09-06T16:30:43.3860166Z","lastUpdateTime":"2018-09-07T16:30:46.7022734Z",
            "changeableAttributes":{"deleteEnabled":true,"writeEnabled":true,"readEnabled":true,"listEnabled":true}}]}
            """

        @Test func `the token is one for metadata, and dates are those of the last change`() async throws {
            try await withListing(of: .acr, credential: .alice) { request in
                if request.path == "/oauth2/token" { return .text(200, #"{"access_token":"metadata"}"#) }
                guard request.header("authorization") == "Bearer metadata" else {
                    let realm = "http://\(request.header("host") ?? "")/oauth2/token"
                    let scope = "repository:nanoserver:metadata_read"
                    let challenge = #"Bearer realm="\#(realm)",service="test",scope="\#(scope)",error="invalid_token""#
                    return .error(401, "UNAUTHORIZED", headers: [("WWW-Authenticate", challenge)])
                }
                return .text(200, Self.body)
            } _: { scene, peer in
                let entries = try await scene.entries("nanoserver")
                #expect(
                    entries.digests.values.map(\.description).sorted() == [
                        "sha256:110d2b6c84592561338aa040b1b14b7ab81c2f9edbd564c2285dd7d70d777086",
                        "sha256:7af5cd1dde3e8f5c2c9103860afa4ca871a6075373b6564b0e7b1b47866dab52",
                    ]
                )
                #expect(entries.map(\.details?.pushed) == [1_536_214_641, 1_536_337_846])
                #expect(
                    peer.requests.map(\.path) == [
                        "/acr/v1/nanoserver/_tags", "/oauth2/token", "/acr/v1/nanoserver/_tags",
                    ]
                )
                let token = try #require(peer.requests.dropFirst().first)
                #expect(token.query("scope") == "repository:nanoserver:metadata_read")
                #expect(token.header("authorization") == "Basic YWxpY2U6czNjcmV0")
                #expect(peer.requests.last?.query("n") == "100")
            }
        }

        @Test func `repositories are those of the catalog`() async throws {
            try await withListing(.acr) { scene, peer in
                try peer.fill("team/app", tags: ["a"])
                #expect(try await scene.repositories(below: "team") == ["team/app"])
                #expect(peer.lines == ["GET /v2/_catalog?n=1000"])
            }
        }
    }
}
