// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Finds keys of AWS where its SDKs look for them, in their order.
///
/// 1. the environment
/// 2. a web identity, which EKS gives to a pod
/// 3. the shared files
/// 4. the container's endpoint, of ECS and of EKS Pod Identity
/// 5. the instance's metadata
struct AWSKeyChain: Sendable {
    let context: CloudContext

    /// The first keys that are found.
    /// - Parameter region: The region that is asked for temporary keys, unless the environment says one.
    /// - Throws: ``CloudCredentialError``; also if there are none, or a place that is named has none. `SmallFileError`.
    func keys(region: String) async throws -> AWSKeys {
        if let keys = try environmentKeys() { return keys }
        let profile = try AWSProfile(context)
        if let identity = try AWSWebIdentity(context, profile) { return try await identity.keys(region: region) }
        if let keys = try profile.keys() { return keys }
        if let keys = try await AWSContainer(context: context).keys() { return keys }
        if let keys = try await AWSInstance(context: context).keys() { return keys }
        throw context.error(.nothingFound(places: places(profile)))
    }

    private func environmentKeys() throws -> AWSKeys? {
        let (identifier, secret) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        switch (context.variable(identifier), context.variable(secret)) {
        case (nil, nil): return nil
        case (.some, nil): throw context.error(.variableMissing(secret, beside: identifier))
        case (nil, .some): throw context.error(.variableMissing(identifier, beside: secret))
        case (let key?, let text?):
            return AWSKeys(
                accessKeyID: key,
                secret: Secret(text),
                sessionToken: context.variable("AWS_SESSION_TOKEN").map { Secret($0) },
                origin: "the AWS keys in $\(identifier)"
            )
        }
    }

    /// Where keys were looked for, as people know these places.
    private func places(_ profile: AWSProfile) -> [String] {
        ["$AWS_ACCESS_KEY_ID", "$AWS_WEB_IDENTITY_TOKEN_FILE"] + profile.files
            + ["$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "$AWS_CONTAINER_CREDENTIALS_FULL_URI"]
            + (AWSInstance.isAsked(context) ? ["the metadata of an EC2 instance"] : [])
    }
}
