// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Temporary keys for a token of another identity provider, as EKS gives to pods (`AssumeRoleWithWebIdentity` of STS).
struct AWSWebIdentity: Sendable {
    private let context: CloudContext
    private let tokenFile: String
    private let role: String
    private let session: String

    /// What the environment says, or the profile; `nil` if neither names a file.
    init?(_ context: CloudContext, _ profile: AWSProfile) throws {
        self.context = context
        let (file, role) = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN")
        if let path = context.variable(file) {
            guard let name = context.variable(role) else { throw context.error(.variableMissing(role, beside: file)) }
            (tokenFile, self.role) = (path, name)
        } else if let path = profile["web_identity_token_file"], let name = profile["role_arn"] {
            (tokenFile, self.role) = (path, name)
        } else {
            return nil
        }
        session = context.variable("AWS_ROLE_SESSION_NAME") ?? profile["role_session_name"] ?? "mirror"
    }

    /// Asks for keys; the token of the file is all that is shown.
    func keys(region: String) async throws -> AWSKeys {
        let usual = AWSRegion.variables.compactMap { context.variable($0) }.first { AWSRegion.isRegion($0) }
        let region = usual ?? region
        let endpoint = try AWSEndpoint(
            host: "sts.\(region).\(AWSEndpoint.domain(of: region))",
            region: region,
            service: "sts",
            variable: "STS",
            context
        )
        let service = "\(endpoint.url.origin)"
        // Unlike keys, which only sign, this token travels.
        guard CloudContext.url(service) != nil else { throw context.error(.plainText(service)) }
        let fields = [
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", session), ("WebIdentityToken", try context.token(in: tokenFile).exposed),
        ]
        var request = ShortExchange.Request.form(fields, to: endpoint.url)
        // Whoever accepts JSON gets a document of another form.
        request.accept = "application/xml"
        let answer = try await context.answer(to: request)
        func element(_ name: String) throws -> String {
            guard let text = XMLText.element(name, in: answer.body) else {
                throw context.error(.answer(service, missing: name))
            }
            return text
        }
        return AWSKeys(
            accessKeyID: try element("AccessKeyId"),
            secret: Secret(try element("SecretAccessKey")),
            sessionToken: Secret(try element("SessionToken")),
            expiration: AWSTime.seconds(try element("Expiration")),
            origin: "the AWS role \(role) for the token in \(tokenFile)"
        )
    }
}
