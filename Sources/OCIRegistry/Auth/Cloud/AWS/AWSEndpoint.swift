// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Where a service of AWS is called, and what it is signed for.
struct AWSEndpoint: Hashable, Sendable {
    let url: RequestURL
    let region: String
    /// The name that signatures use: `ecr`, `sts`.
    let service: String

    /// An endpoint at its usual host, or where the variables of the AWS SDKs say that it is.
    ///
    /// - Parameter variable: The name of the service in `AWS_ENDPOINT_URL_…`.
    /// - Throws: ``CloudCredentialError`` for a variable that is no URL.
    init(
        host: String,
        region: String,
        service: String,
        variable: String,
        _ context: CloudContext
    ) throws {
        self.region = region
        self.service = service
        for name in ["AWS_ENDPOINT_URL_\(variable)", "AWS_ENDPOINT_URL"] {
            guard let text = context.variable(name) else { continue }
            // Plain HTTP is what the user wrote; the keys themselves are never sent.
            guard let url = CloudContext.url(text, isSecret: false) else {
                throw context.error(.variable(name, expected: "a URL such as https://\(host)"))
            }
            self.url = url
            return
        }
        url = RequestURL(origin: RequestURL.Origin(scheme: .https, host: try RegistryHost(host)), path: "/")
    }

    /// The same service at an address that the user named.
    func at(_ origin: RequestURL.Origin) -> AWSEndpoint {
        AWSEndpoint(url: RequestURL(origin: origin, path: "/"), region: region, service: service)
    }

    private init(url: RequestURL, region: String, service: String) {
        self.url = url
        self.region = region
        self.service = service
    }

    /// The domain of the services of a region.
    static func domain(of region: String) -> String {
        if region.hasPrefix("cn-") { return "amazonaws.com.cn" }
        return region.hasPrefix("eusc-") ? "amazonaws.eu" : "amazonaws.com"
    }
}
