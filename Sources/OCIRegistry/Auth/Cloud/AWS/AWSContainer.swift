// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// The keys that a container's surroundings give to it: of a task of ECS, or by EKS Pod Identity.
struct AWSContainer: Sendable {
    /// The addresses of endpoints that are asked by plain HTTP: those of ECS and of EKS, and this machine's own.
    private static let plainHosts: Set<String> = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"]

    let context: CloudContext

    /// Asks the endpoint that the environment names; `nil` if it names none.
    func keys() async throws -> AWSKeys? {
        guard let url = try url() else { return nil }
        var headers: [(name: String, value: Secret)] = []
        if let path = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            headers = [("Authorization", try context.token(in: path))]
        } else if let token = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            headers = [("Authorization", Secret(token))]
        }
        let answer: AWSKeyDocument = try await context.document(.init(url: url, headers: headers), .metadata)
        return try answer.keys("the AWS keys of the container, from \(url.origin)", by: url, context)
    }

    private func url() throws -> RequestURL? {
        let (relative, full) = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
        if let path = context.variable(relative) {
            guard path.hasPrefix("/"), let url = RequestURL(written: "http://169.254.170.2\(path)") else {
                throw context.error(.variable(relative, expected: "a path that begins with /"))
            }
            return url
        }
        guard let text = context.variable(full) else { return nil }
        guard let url = CloudContext.url(text) ?? RequestURL(written: text).flatMap(Self.known) else {
            throw context.error(.variable(full, expected: "a URL of https, or of this machine"))
        }
        return url
    }

    private static func known(_ url: RequestURL) -> RequestURL? {
        plainHosts.contains(url.origin.hostName) ? url : nil
    }
}

/// The form in which metadata servers of AWS give keys.
struct AWSKeyDocument: Decodable {
    var identifier: String
    var secret: String
    var token: String?
    var expiration: String?

    enum CodingKeys: String, CodingKey {
        case identifier = "AccessKeyId"
        case secret = "SecretAccessKey"
        case token = "Token"
        case expiration = "Expiration"
    }

    /// The keys, if they are not over.
    func keys(_ origin: String, by url: RequestURL, _ context: CloudContext) throws -> AWSKeys {
        let end = expiration.flatMap(AWSTime.seconds)
        guard !identifier.isEmpty, !secret.isEmpty, end.map({ $0 > context.now() }) ?? true else {
            throw context.error(.answer("\(url.origin)", missing: "keys that are still good"))
        }
        return AWSKeys(
            accessKeyID: identifier,
            secret: Secret(secret),
            sessionToken: token.map { Secret($0) },
            expiration: end,
            origin: origin
        )
    }
}
