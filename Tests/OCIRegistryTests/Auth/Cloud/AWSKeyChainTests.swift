// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCITestKit
import Testing

@testable import OCIRegistry

/// The order and the names are those of "Standardized credential providers" (AWS SDKs and Tools Reference Guide).
@Suite struct AWSKeyChainTests {
    private static let environment = ["AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "env-secret"]

    private func withFiles(_ variables: [String: String] = [:], _ body: (CloudScene) async throws -> Void) async throws
    {
        try await CloudScene.with(variables) { scene in
            try scene.write(
                """
                # keys
                [default]
                aws_access_key_id = AKIADEFAULT
                aws_secret_access_key=default-secret
                [work]
                AWS_ACCESS_KEY_ID = AKIAWORK  # of work
                aws_secret_access_key = work/secret+=
                aws_session_token = work-session
                [half]
                aws_access_key_id = AKIAHALF
                """,
                to: ".aws/credentials"
            )
            try scene.write(
                """
                [default]
                region = eu-west-1
                s3 =
                  addressing_style = path
                [profile  only-config]
                aws_access_key_id = AKIACONFIG
                aws_secret_access_key = config-secret
                [profile sso]
                sso_session = corp
                [profile program]
                credential_process = /bin/keys
                [profile empty]
                output = json
                """,
                to: ".aws/config"
            )
            try await body(scene)
        }
    }

    @Test func `the environment comes first`() async throws {
        try await withFiles(Self.environment) { scene in
            let keys = try await scene.keys()
            #expect(keys.accessKeyID == "AKIAENV")
            #expect(keys.secret == Secret("env-secret"))
            #expect(keys.sessionToken == nil)
            #expect(keys.origin == "the AWS keys in $AWS_ACCESS_KEY_ID")
            let session = try await scene.with(["AWS_SESSION_TOKEN": "env-session"]).keys()
            #expect(session.sessionToken == Secret("env-session"))
        }
    }

    @Test func `half of the keys in the environment is a mistake`() async throws {
        try await withFiles { scene in
            for (name, other) in [
                ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
            ] {
                let reason = try await cloudReason { try await scene.with([name: "x", other: ""]).keys() }
                #expect(reason == .variableMissing(other, beside: name))
            }
        }
    }

    @Test func `a profile is read from the two shared files`() async throws {
        try await withFiles { scene in
            let usual = try await scene.keys()
            #expect(usual.accessKeyID == "AKIADEFAULT")
            #expect(usual.secret == Secret("default-secret"))
            #expect(usual.origin == "the AWS keys of the profile default in \(scene.path(".aws/credentials"))")
            let work = try await scene.with(["AWS_PROFILE": "work"]).keys()
            #expect(work.accessKeyID == "AKIAWORK")
            #expect(work.secret == Secret("work/secret+="))
            #expect(work.sessionToken == Secret("work-session"))
            let config = try await scene.with(["AWS_PROFILE": "only-config"]).keys()
            #expect(config.accessKeyID == "AKIACONFIG")
            #expect(config.origin == "the AWS keys of the profile only-config in \(scene.path(".aws/config"))")
            #expect(try AWSProfile(scene.context(.aws))["region"] == "eu-west-1")
            #expect(try AWSProfile(scene.context(.aws))["addressing_style"] == nil)
        }
    }

    @Test func `the files may be elsewhere`() async throws {
        try await withFiles { scene in
            let other = try scene.write(
                "[default]\naws_access_key_id=AKIAOTHER\naws_secret_access_key=s\n",
                to: "other"
            )
            let keys = try await scene.with(["AWS_SHARED_CREDENTIALS_FILE": other]).keys()
            #expect(keys.accessKeyID == "AKIAOTHER")
        }
    }

    @Test(
        arguments: [
            ("half", .file("HOME/.aws/credentials", line: nil, expected: "aws_secret_access_key in the profile half")),
            ("absent", .profileMissing("absent", files: ["HOME/.aws/credentials", "HOME/.aws/config"])),
            (
                "sso",
                .unsupported(
                    "the profile sso in HOME/.aws/credentials and HOME/.aws/config",
                    "AWS IAM Identity Center (sso_session)"
                )
            ),
            (
                "program",
                .unsupported(
                    "the profile program in HOME/.aws/credentials and HOME/.aws/config",
                    "a program (credential_process)"
                )
            ),
        ] as [(String, CloudCredentialError.Reason)]
    )
    func `a profile that is of no use is named`(_ profile: String, reason: CloudCredentialError.Reason) async throws {
        try await withFiles(["AWS_PROFILE": profile]) { scene in
            let found = try await cloudReason { try await scene.keys() }
            let shown = "\(found)".replacing(scene.folder.path, with: "HOME")
            #expect(shown == "\(reason)")
        }
    }

    @Test(arguments: [("[default\n", 1), ("\n; x\nkey = value\n", 3), ("[default]\nno value\n", 2)])
    func `a file that cannot be read is named with its line`(_ text: String, line: Int) async throws {
        try await CloudScene.with { scene in
            let path = try scene.write(text, to: ".aws/config")
            let reason = try await cloudReason { try await scene.keys() }
            #expect(reason == .file(path, line: line, expected: "[profile] or name = value"))
        }
    }

    @Test func `where nothing is, the places are named`() async throws {
        try await withFiles(["AWS_PROFILE": "empty"]) { scene in
            let reason = try await cloudReason { try await scene.keys() }
            #expect(
                reason
                    == .nothingFound(places: [
                        "$AWS_ACCESS_KEY_ID", "$AWS_WEB_IDENTITY_TOKEN_FILE", scene.path(".aws/credentials"),
                        scene.path(".aws/config"), "$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                        "$AWS_CONTAINER_CREDENTIALS_FULL_URI",
                    ])
            )
        }
    }

    @Test func `an instance gives the keys of its role, for a token of IMDSv2`() async throws {
        try await withAWSDouble { aws in
            let url = aws.url
            try await CloudScene.with(["AWS_EC2_METADATA_SERVICE_ENDPOINT": url, "AWS_EC2_METADATA_DISABLED": "false"])
            {
                scene in
                let keys = try await scene.keys()
                #expect(keys.accessKeyID == "ASIADOUBLE")
                #expect(keys.secret == Secret("double-secret"))
                #expect(keys.sessionToken == Secret("double-session"))
                #expect(keys.expiration == 4_070_908_800)
                #expect(keys.origin == "the AWS keys of the instance's role mirror-role, from \(url)")
                #expect(
                    aws.transcript == [
                        "PUT /latest/api/token", "GET /latest/meta-data/iam/security-credentials/",
                        "GET /latest/meta-data/iam/security-credentials/mirror-role",
                    ]
                )
                #expect(aws.peer.requests.first?.header("x-aws-ec2-metadata-token-ttl-seconds") == "300")
                #expect(aws.peer.requests.allSatisfy { $0.header("user-agent") == "mirror/test" })
                let off = try await cloudReason {
                    try await scene.with(["AWS_EC2_METADATA_DISABLED": "TRUE"]).keys()
                }
                guard case .nothingFound = off else { throw Unexpected(reason: off) }
                #expect(aws.transcript.count == 3)
            }
        }
    }

    private struct Unexpected: Error { let reason: CloudCredentialError.Reason }

    @Test func `an instance without a role, or without metadata, has no keys, and ended keys are a mistake`()
        async throws
    {
        try await withAWSDouble { aws in
            let instance = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": aws.url, "AWS_EC2_METADATA_DISABLED": ""]
            try await CloudScene.with(instance) { scene in
                let changes: [(inout AWSBehaviour) -> Void] = [
                    { $0.role = nil }, { $0.metadataRefusal = 403 }, { $0.metadataRefusal = 404 },
                ]
                for change in changes {
                    aws.change { behaviour in
                        behaviour = AWSBehaviour()
                        change(&behaviour)
                    }
                    let reason = try await cloudReason { try await scene.keys() }
                    guard case .nothingFound(let places) = reason else { throw Unexpected(reason: reason) }
                    #expect(places.last == "the metadata of an EC2 instance")
                }
                aws.change {
                    $0 = AWSBehaviour()
                    $0.expiration = "2001-01-01T00:00:00Z"
                }
                let reason = try await cloudReason { try await scene.keys() }
                #expect(reason == .answer(aws.url, missing: "keys that are still good"))
            }
        }
    }

    @Test func `a container gives keys for the token that the environment or a file has`() async throws {
        var behaviour = AWSBehaviour()
        behaviour.containerToken = "pod-token"
        try await withAWSDouble(behaviour) { aws in
            let full = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": aws.url + AWSBehaviour.containerPath]
            try await CloudScene.with(full) { scene in
                let keys = try await scene.with(["AWS_CONTAINER_AUTHORIZATION_TOKEN": "pod-token"]).keys()
                #expect(keys.accessKeyID == "ASIADOUBLE")
                #expect(keys.origin == "the AWS keys of the container, from \(aws.url)")
                let file = try scene.write("pod-token\n", to: "token")
                let variables = [
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "another",
                ]
                #expect(try await scene.with(variables).keys() == keys)
                let refused = try await cloudReason { try await scene.keys() }
                #expect(refused == .refused(aws.url, status: 401, code: nil))
                let absent = try await cloudReason {
                    try await scene.with(["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": scene.path("absent")]).keys()
                }
                #expect(absent == .fileMissing(scene.path("absent")))
                #expect(aws.transcript.allSatisfy { $0 == "GET \(AWSBehaviour.containerPath)" })
            }
        }
    }

    @Test(arguments: [
        "http://10.0.0.1/x", "http://169.254.169.254/x", "ftp://localhost/", "http://localhost@evil.test/",
    ])
    func `a container's endpoint is on this machine, at the known addresses, or spoken to by TLS`(_ url: String)
        async throws
    {
        try await CloudScene.with(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]) { scene in
            let reason = try await cloudReason { try await scene.keys() }
            #expect(
                reason
                    == .variable(
                        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                        expected: "a URL of https, or of this machine"
                    )
            )
        }
    }

    @Test func `a web identity is exchanged for the keys of a role, without a signature`() async throws {
        try await withAWSDouble { aws in
            try await CloudScene.with(["AWS_ENDPOINT_URL_STS": aws.url]) { scene in
                let file = try scene.write("web+token/1", to: "token")
                let named = scene.with(["AWS_WEB_IDENTITY_TOKEN_FILE": file])
                let half = try await cloudReason { try await named.keys() }
                #expect(half == .variableMissing("AWS_ROLE_ARN", beside: "AWS_WEB_IDENTITY_TOKEN_FILE"))
                let role = "arn:aws:iam::012345678901:role/mirror"
                let keys = try await named.with(["AWS_ROLE_ARN": role]).keys()
                #expect(keys.accessKeyID == "ASIADOUBLE")
                #expect(keys.secret == Secret("double-secret"))
                #expect(keys.sessionToken == Secret("double-session"))
                #expect(keys.expiration == 4_070_908_800)
                #expect(keys.origin == "the AWS role \(role) for the token in \(file)")
                let request = try #require(aws.peer.requests.first)
                #expect(request.header("authorization") == nil)
                #expect(request.form("WebIdentityToken") == "web+token/1")
                #expect(request.form("RoleArn") == role)
                #expect(request.form("RoleSessionName") == "mirror")
                try scene.write("[default]\nrole_arn = r\nweb_identity_token_file = \(file)\n", to: ".aws/config")
                #expect(try await scene.keys().origin == "the AWS role r for the token in \(file)")
                aws.change { $0.refusal = (400, "ExpiredTokenException") }
                let refused = try await cloudReason { try await scene.keys() }
                #expect(refused == .refused(aws.url, status: 400, code: "ExpiredTokenException"))
            }
        }
    }
}
