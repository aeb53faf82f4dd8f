// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI

/// Tells the product of a registry from its name and its answers.
///
/// What says so by mistake costs requests, not content; a config file can say better.
enum ProductDetection {
    /// The product that a hosted registry is known to be by its name.
    static func product(of host: RegistryHost) -> RegistryProduct? {
        let name = host.name
        func isBelow(_ domain: String) -> Bool { name == domain || name.hasSuffix(".\(domain)") }
        if host == .dockerHub { return .dockerHub }
        if name == ECRHost.publicName || ECRHost(host) != nil
            || (name.contains(".dkr.ecr") && (isBelow("amazonaws.com") || isBelow("amazonaws.com.cn")))
        {
            return .ecr
        }
        if isBelow("ghcr.io") { return .ghcr }
        if isBelow("azurecr.io") || isBelow("azurecr.cn") || isBelow("azurecr.us") { return .acr }
        if isBelow("gcr.io") || isBelow("pkg.dev") { return .gar }
        if isBelow("quay.io") { return .quay }
        if name == "registry.gitlab.com" { return .gitlab }
        if isBelow("jfrog.io") { return .artifactory }
        return nil
    }

    /// The product that the head of an answer shows.
    static func product(of headers: HTTPHeaders) -> RegistryProduct? {
        if headers.contains(name: "Gitlab-Container-Registry-Version") { return .gitlab }
        if headers.contains(name: "X-Artifactory-Id") || headers.contains(name: "X-JFrog-Version") {
            return .artifactory
        }
        if headers.first(name: "Server") == "mirror" { return .mirror }
        if let product = product(ofChallenges: headers["WWW-Authenticate"]) { return product }
        guard headers.contains(name: "Docker-Upload-UUID"), let location = headers.first(name: "Location") else {
            return nil
        }
        return product(ofSession: location)
    }

    /// The product that shows in what a registry calls itself to its token server.
    private static func product(ofChallenges headers: [String]) -> RegistryProduct? {
        guard !headers.isEmpty else { return nil }
        for challenge in Challenge.parse(headers) {
            switch challenge.parameters["service"] {
            // Harbor's src/core/service/token/creator.go, and the configuration of the registry in GitLab's documentation.
            case "harbor-registry": return .harbor
            case "container_registry": return .gitlab
            default: continue
            }
        }
        return nil
    }

    /// The product that the address of an upload shows.
    static func product(ofSession location: String) -> RegistryProduct? {
        // Distribution and what is built on it carry the state of an upload in its address.
        location.contains("_state=") ? .distribution2 : nil
    }
}
