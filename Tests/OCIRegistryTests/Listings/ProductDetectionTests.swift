// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import Testing

@testable import OCIRegistry

/// What the heads of answers tell of a registry.
@Suite struct ProductDetectionTests {
    @Test(
        arguments: [
            (#"Bearer realm="https://h.lan/service/token",service="harbor-registry""#, .harbor),
            (#"Bearer realm="https://g.lan/jwt/auth",service="container_registry",scope="x""#, .gitlab),
            (#"Basic realm="x", Bearer realm="https://g.lan/jwt/auth",service="container_registry""#, .gitlab),
            (#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io""#, nil),
            (#"Basic realm="harbor""#, nil), ("Bearer service=", nil), ("", nil),
        ] as [(String, RegistryProduct?)]
    )
    func `what a registry calls itself to its token server tells some products`(
        _ challenge: String,
        _ product: RegistryProduct?
    ) {
        #expect(ProductDetection.product(of: ["WWW-Authenticate": challenge]) == product)
    }

    @Test(
        arguments: [
            (["Gitlab-Container-Registry-Version": "4.1"], .gitlab), (["X-JFrog-Version": "7"], .artifactory),
            (["Server": "mirror"], .mirror),
            (["Docker-Upload-UUID": "1", "Location": "/v2/a/blobs/uploads/1?_state=x"], .distribution2), ([:], nil),
        ] as [(HTTPHeaders, RegistryProduct?)]
    )
    func `headers tell some products`(_ headers: HTTPHeaders, _ product: RegistryProduct?) {
        #expect(ProductDetection.product(of: headers) == product)
    }
}
