// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// What the name of a registry of Elastic Container Registry says:
/// `ACCOUNT.dkr.ecr[-fips].REGION.amazonaws.com[.cn]`, or `ACCOUNT.dkr-ecr[-fips].REGION.on.aws`.
struct ECRHost: Hashable, Sendable {
    /// The registry that everybody can read from.
    static let publicName = "public.ecr.aws"

    let region: String
    /// The host of its API.
    let apiHost: String

    /// Reads the name of a private registry; `nil` for any other host.
    init?(_ host: RegistryHost) {
        let labels = host.name.split(separator: ".", omittingEmptySubsequences: false)
        guard host.port == nil || host.port == 443, let account = labels.first, account.utf8.count == 12,
            account.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let rest = labels.dropFirst()
        let place: ArraySlice<Substring>
        let isFIPS: Bool
        switch (rest.first, rest.dropFirst().first) {
        case ("dkr", "ecr"), ("dkr", "ecr-fips"):
            isFIPS = rest.dropFirst().first == "ecr-fips"
            place = rest.dropFirst(2)
        case ("dkr-ecr", _), ("dkr-ecr-fips", _):
            isFIPS = rest.first == "dkr-ecr-fips"
            place = rest.dropFirst()
        default: return nil
        }
        guard let region = place.first, AWSRegion.isRegion(region) else { return nil }
        self.region = String(region)
        switch place.dropFirst().joined(separator: ".") {
        case "on.aws": apiHost = "\(isFIPS ? "ecr-fips" : "ecr").\(region).api.aws"
        case AWSEndpoint.domain(of: self.region): apiHost = Self.apiHost(in: self.region, isFIPS: isFIPS)
        default: return nil
        }
    }

    /// The host of the API in a region.
    static func apiHost(in region: String, isFIPS: Bool = false) -> String {
        "\(isFIPS ? "ecr-fips" : "api.ecr").\(region).\(AWSEndpoint.domain(of: region))"
    }
}
