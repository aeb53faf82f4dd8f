// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The region that is used where nothing else says one.
enum AWSRegion {
    static let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"]

    /// Looks into the environment, then into the profile.
    /// - Throws: ``CloudCredentialError`` if neither has one, or what is there cannot be a region.
    static func usual(_ context: CloudContext, _ profile: AWSProfile) throws -> String {
        for name in variables {
            guard let region = context.variable(name) else { continue }
            guard isRegion(region) else { throw context.error(.variable(name, expected: "a region such as eu-west-1")) }
            return region
        }
        guard let region = profile["region"], isRegion(region) else {
            throw context.error(.regionUnknown(places: variables + [profile.configFile].compactMap(\.self)))
        }
        return region
    }

    /// Whether a text can be a region: it becomes a part of host names.
    static func isRegion(_ text: some StringProtocol) -> Bool {
        (1...32).contains(text.utf8.count) && !text.hasPrefix("-")
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
            }
    }
}
