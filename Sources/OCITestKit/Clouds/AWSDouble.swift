// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What AWS is to somebody who looks for a credential: the API of ECR, STS, and the metadata of instances and containers.
///
/// The answers have the form of the public documents: "GetAuthorizationToken" (Amazon ECR and Amazon ECR Public API References),
/// "AssumeRoleWithWebIdentity" (AWS STS API Reference), "Use the Instance Metadata Service" (Amazon EC2 User Guide) and
/// "Container credential provider" (AWS SDKs and Tools Reference Guide).
public struct AWSBehaviour: Sendable {
    /// The path of a container's keys.
    public static let containerPath = "/v2/credentials/of-a-task"
    /// What the metadata of an instance are shown for.
    private static let session = "double-imds-session"
    static let contentType = "application/x-amz-json-1.1"
    private static let rolePath = "/latest/meta-data/iam/security-credentials/"

    /// The password for registries.
    public var password = "double-ecr-password"
    /// How many seconds it is good for.
    public var life = 43_200
    /// The role of the instance; `nil` for none.
    public var role: String? = "mirror-role"
    /// The keys that metadata and STS give.
    public var keys = (identifier: "ASIADOUBLE", secret: "double-secret", token: "double-session")
    /// When these keys end.
    public var expiration = "2099-01-01T00:00:00Z"
    /// What the container's endpoint wants to see.
    public var containerToken: String?
    /// How the metadata of the instance are refused; `nil` for not at all.
    public var metadataRefusal: Int?
    /// What its registry has.
    public var content = ECRContent()
    /// The calls of ECR that a policy does not allow.
    public var denied: Set<String> = []
    /// How calls of services are refused; `nil` for not at all.
    public var refusal: (status: Int, code: String)?

    /// An AWS that gives what it is asked for.
    public init() {}

    @Sendable func answer(_ request: PeerRequest) -> PeerReply {
        switch (request.method, request.path) {
        case ("POST", "/"): request.header("x-amz-target") == nil ? role(request) : authorization(request)
        case ("PUT", "/latest/api/token"): metadataSession(request)
        case ("GET", Self.containerPath):
            request.header("authorization") == containerToken ? keyDocument : .text(401, "{}")
        case ("GET", let path) where path.hasPrefix(Self.rolePath): metadata(request)
        default: PeerReply(404)
        }
    }

    /// `GetAuthorizationToken`.
    private func authorization(_ request: PeerRequest) -> PeerReply {
        if let refusal {
            return .text(refusal.status, #"{"__type":"com.amazon.coral.service#\#(refusal.code)","message":"no"}"#)
        }
        let isPublic = request.header("x-amz-target") == "SpencerFrontendService.GetAuthorizationToken"
        let operation = request.header("x-amz-target")?.split(separator: ".").last ?? ""
        guard isPublic || request.header("x-amz-target") == "AmazonEC2ContainerRegistry_V20150921.\(operation)",
            request.header("content-type") == Self.contentType,
            request.header("authorization")?.hasPrefix("AWS4-HMAC-SHA256 Credential=") == true
        else { return ECRContent.fault("UnknownOperationException") }
        if denied.contains(String(operation)) { return ECRContent.fault("AccessDeniedException") }
        if !isPublic, let answer = content.answer(operation, request.body) { return answer }
        guard operation == "GetAuthorizationToken" else { return ECRContent.fault("UnknownOperationException") }
        let token = Data("AWS:\(password)".utf8).base64EncodedString()
        let end = Date().timeIntervalSince1970.rounded() + Double(life)
        let entry =
            #"{"authorizationToken":"\#(token)","expiresAt":\#(end),"proxyEndpoint":"https://012345678901.dkr.ecr"}"#
        // The public registry is one, the private ones may be several.
        let data = isPublic ? entry : "[\(entry)]"
        return .text(200, #"{"authorizationData":\#(data)}"#, contentType: Self.contentType)
    }

    /// `AssumeRoleWithWebIdentity`.
    private func role(_ request: PeerRequest) -> PeerReply {
        let namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
        if let refusal {
            let error = "<Error><Type>Sender</Type><Code>\(refusal.code)</Code><Message>no</Message></Error>"
            let text = "<ErrorResponse xmlns=\"\(namespace)\">\(error)</ErrorResponse>"
            return .text(refusal.status, text, contentType: "text/xml")
        }
        guard request.form("Action") == "AssumeRoleWithWebIdentity", request.form("Version") == "2011-06-15" else {
            return PeerReply(400)
        }
        // STS answers in JSON to whoever accepts it.
        guard request.header("accept")?.contains("json") != true else {
            return .text(200, #"{"AssumeRoleWithWebIdentityResponse":{}}"#)
        }
        let text = """
            <AssumeRoleWithWebIdentityResponse xmlns="\(namespace)"><AssumeRoleWithWebIdentityResult><Credentials>
              <AccessKeyId>\(keys.identifier)</AccessKeyId>
              <SecretAccessKey>\(keys.secret)</SecretAccessKey>
              <SessionToken>\(keys.token)</SessionToken>
              <Expiration>\(expiration)</Expiration>
            </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
            """
        return .text(200, text, contentType: "text/xml")
    }

    /// The first request of the second version of the metadata service.
    private func metadataSession(_ request: PeerRequest) -> PeerReply {
        if let metadataRefusal { return PeerReply(metadataRefusal) }
        guard let life = request.header("x-aws-ec2-metadata-token-ttl-seconds").flatMap({ Int($0) }),
            (1...21_600).contains(life)
        else { return PeerReply(400) }
        return .text(200, Self.session, contentType: "text/plain")
    }

    private func metadata(_ request: PeerRequest) -> PeerReply {
        guard request.header("x-aws-ec2-metadata-token") == Self.session else { return PeerReply(401) }
        guard let role else { return PeerReply(404) }
        if request.path == Self.rolePath { return .text(200, role, contentType: "text/plain") }
        return request.path == Self.rolePath + role ? keyDocument : PeerReply(404)
    }

    private var keyDocument: PeerReply {
        .text(
            200,
            """
            {"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"\(keys.identifier)",
            "SecretAccessKey":"\(keys.secret)","Token":"\(keys.token)","Expiration":"\(expiration)"}
            """
        )
    }
}

/// Runs a double of AWS for as long as `body` runs.
public func withAWSDouble<Value: Sendable>(
    _ behaviour: AWSBehaviour = AWSBehaviour(),
    _ body: (CloudDouble<AWSBehaviour>) async throws -> Value
) async throws -> Value {
    try await CloudDouble.run(behaviour, { $1.answer($0) }, body)
}
