// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import OCI
import OCITestKit
import Testing

@testable import OCIRegistry

/// Against a double of the API of ECR (GetAuthorizationToken, Amazon ECR API Reference).
@Suite(.timeLimit(.minutes(1))) struct ECRAuthorizationTests {
    private static let keys = ["AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "env-secret"]
    private let host: RegistryHost

    init() throws { host = try RegistryHost("012345678901.dkr.ecr.eu-west-1.amazonaws.com") }

    @Test(arguments: [
        ("012345678901.dkr.ecr.eu-west-1.amazonaws.com", "eu-west-1", "api.ecr.eu-west-1.amazonaws.com"),
        (
            "012345678901.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1",
            "ecr-fips.us-gov-west-1.amazonaws.com"
        ),
        ("012345678901.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1", "api.ecr.cn-north-1.amazonaws.com.cn"),
        ("012345678901.dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", "api.ecr.eusc-de-east-1.amazonaws.eu"),
        ("012345678901.dkr-ecr.us-east-1.on.aws", "us-east-1", "ecr.us-east-1.api.aws"),
        ("012345678901.dkr-ecr-fips.us-east-1.on.aws", "us-east-1", "ecr-fips.us-east-1.api.aws"),
        ("012345678901.dkr.ecr.eu-west-1.amazonaws.com:443", "eu-west-1", "api.ecr.eu-west-1.amazonaws.com"),
    ])
    func `the name of a private registry says the region and the API`(_ text: String, region: String, api: String)
        throws
    {
        let host = try #require(ECRHost(RegistryHost(text)))
        #expect(host.region == region)
        #expect(host.apiHost == api)
    }

    @Test(arguments: [
        "public.ecr.aws", "12345678901.dkr.ecr.eu-west-1.amazonaws.com", "x12345678901.dkr.ecr.eu-west-1.amazonaws.com",
        "012345678901.dkr.ecr.eu-west-1.amazonaws.com.evil.test", "012345678901.dkr.ecr.amazonaws.com",
        "012345678901.dkr.ecr.eu-west-1.amazonaws.com.cn", "012345678901.dkr.ecr.cn-north-1.amazonaws.com",
        "012345678901.dkr.ecr.eu_west.amazonaws.com", "012345678901.dkr.ecr.a.b.amazonaws.com",
        "012345678901.dkr.s3.eu-west-1.amazonaws.com", "012345678901.dkr.ecr.eu-west-1.amazonaws.com:5000", "localhost",
    ])
    func `other names say nothing`(_ text: String) throws { #expect(ECRHost(try RegistryHost(text)) == nil) }

    @Test func `a password for twelve hours is bought with a signed request`() async throws {
        try await withAWSDouble { aws in
            try await CloudScene.with(Self.keys.merging(["AWS_ENDPOINT_URL_ECR": aws.url]) { $1 }) { scene in
                let found = try await scene.credentials().credential(of: .aws, for: host)
                let credential = try #require(found)
                #expect(credential.kind == .password(username: "AWS", Secret("double-ecr-password")))
                #expect(credential.origin == "the AWS keys in $AWS_ACCESS_KEY_ID, by a token of \(aws.url)")
                let life = try #require(credential.life)
                #expect(life > .seconds(43_000) && life <= .seconds(43_200))
                let request = try #require(aws.peer.requests.first)
                #expect(aws.transcript == ["POST /"])
                #expect(
                    request.header("x-amz-target") == "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
                )
                #expect(request.fields.filter { $0.name.lowercased() == "content-type" }.count == 1)
                #expect(String(decoding: request.body, as: UTF8.self) == "{}")
                let date = try #require(request.header("x-amz-date"))
                let authorization = try #require(request.header("authorization"))
                #expect(
                    authorization.hasPrefix(
                        "AWS4-HMAC-SHA256 Credential=AKIAENV/\(date.prefix(8))/eu-west-1/ecr/aws4_request, "
                            + "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="
                    )
                )
                // What the server sees is what was signed, the host with its port among it.
                let signature = SignatureV4(
                    keys: try await scene.keys(),
                    region: "eu-west-1",
                    service: "ecr",
                    time: try #require(Self.seconds(date))
                )
                let headers = ["Content-Type", "X-Amz-Target"]
                    .map { name in
                        (name: name, value: Secret(request.header(name) ?? ""))
                    }
                let url = try #require(RequestURL(written: "http://\(request.header("host") ?? "")/"))
                let expected = signature.headers(for: .POST, url, headers, body: request.body).last
                #expect(expected?.value.exposed == authorization)
            }
        }
    }

    /// Reads `20150830T123600Z`.
    private static func seconds(_ text: String) -> Int64? {
        let digits = Array(text)
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        let day = "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))"
        return AWSTime.seconds("\(day)T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z")
    }

    @Test func `a registry of another name is in the region of the environment or the profile`() async throws {
        let own = try RegistryHost("images.corp.test")
        try await CloudScene.with(Self.keys) { scene in
            func endpoint(_ scene: CloudScene) throws -> AWSEndpoint {
                try ECRAuthorization(context: scene.context(.aws)).endpoint(for: own)
            }
            func reason(_ scene: CloudScene) async throws -> CloudCredentialError.Reason {
                try await cloudReason { try await scene.credentials().credential(of: .aws, for: own) }
            }
            let places = ["AWS_REGION", "AWS_DEFAULT_REGION", scene.path(".aws/config")]
            #expect(try await reason(scene) == .regionUnknown(places: places))
            try scene.write("[default]\nregion = eu-north-1\n", to: ".aws/config")
            #expect(try endpoint(scene).url.text == "https://api.ecr.eu-north-1.amazonaws.com/")
            let said = scene.with(["AWS_DEFAULT_REGION": "cn-north-1"])
            #expect(try endpoint(said).url.text == "https://api.ecr.cn-north-1.amazonaws.com.cn/")
            #expect(try endpoint(said.with(["AWS_REGION": "us-east-2"])).region == "us-east-2")
            let bad = said.with(["AWS_REGION": "evil.test/"])
            #expect(try await reason(bad) == .variable("AWS_REGION", expected: "a region such as eu-west-1"))
        }
    }

    @Test func `the public registry has an API of its own, in one region`() async throws {
        try await withAWSDouble { aws in
            let variables = ["AWS_ENDPOINT_URL_ECR_PUBLIC": aws.url, "AWS_REGION": "eu-west-1"]
            try await CloudScene.with(Self.keys.merging(variables) { $1 }) { scene in
                let host = try RegistryHost("public.ecr.aws")
                let credential = try await scene.credentials().credential(of: .aws, for: host)
                #expect(credential?.kind == .password(username: "AWS", Secret("double-ecr-password")))
                let request = try #require(aws.peer.requests.first)
                #expect(request.header("x-amz-target") == "SpencerFrontendService.GetAuthorizationToken")
                #expect(request.header("authorization")?.contains("/us-east-1/ecr-public/aws4_request") == true)
            }
        }
    }

    @Test(arguments: [(Int.min, 60), (-1, 60), (0, 60), (Int.max, 43_200)])
    func `a life that no password has is not believed`(_ stated: Int, life: Int) async throws {
        try await withAWSDouble { aws in
            aws.change { $0.life = stated }
            try await CloudScene.with(Self.keys.merging(["AWS_ENDPOINT_URL": aws.url]) { $1 }) { scene in
                let credential = try await scene.credentials().credential(of: .aws, for: host)
                #expect(credential?.life == .seconds(life))
            }
        }
    }

    @Test func `a refusal is named by the word of the service`() async throws {
        try await withAWSDouble { aws in
            aws.change { $0.refusal = (400, "UnrecognizedClientException") }
            try await CloudScene.with(Self.keys.merging(["AWS_ENDPOINT_URL": aws.url]) { $1 }) { scene in
                let credentials = scene.credentials()
                let reason = try await cloudReason { try await credentials.credential(of: .aws, for: host) }
                #expect(reason == .refused(aws.url, status: 400, code: "UnrecognizedClientException"))
                // A failure stands for a while: the next repository does not ask again.
                _ = try await cloudReason { try await credentials.credential(of: .aws, for: host) }
                #expect(aws.transcript.count == 1)
                aws.change { $0.refusal = (400, "a\\u001b[31m") }
                let odd = try await cloudReason { try await scene.credentials().credential(of: .aws, for: host) }
                #expect(odd == .refused(aws.url, status: 400, code: nil))
            }
        }
    }

    @Test func `one password serves all registries of a region, and is renewed once before it ends`() async throws {
        let clock = ManualClock()
        try await withAWSDouble { aws in
            try await CloudScene.with(Self.keys.merging(["AWS_ENDPOINT_URL": aws.url]) { $1 }) { scene in
                let credentials = scene.credentials(clock: clock)
                let other = try RegistryHost("999999999999.dkr.ecr.eu-west-1.amazonaws.com")
                func askAll() async throws -> Set<Credential.Kind?> {
                    try await withThrowingTaskGroup(of: Credential?.self) { group in
                        for number in 0..<40 {
                            group.addTask {
                                try await credentials.credential(of: .aws, for: number % 2 == 0 ? host : other)
                            }
                        }
                        return try await group.reduce(into: []) { $0.insert($1?.kind) }
                    }
                }
                #expect(try await askAll() == [.password(username: "AWS", Secret("double-ecr-password"))])
                #expect(aws.transcript.count == 1)
                aws.change { $0.password = "second" }
                clock.advance(by: .seconds(8 * 3600))
                #expect(try await askAll() == [.password(username: "AWS", Secret("double-ecr-password"))])
                #expect(aws.transcript.count == 1)
                clock.advance(by: .seconds(3600 + 60))
                _ = try await askAll()
                #expect(try await askAll() == [.password(username: "AWS", Secret("second"))])
                #expect(aws.transcript.count == 2)
            }
        }
    }
}
