// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import OCITestKit
import Testing

@testable import OCIRegistry

@Suite struct SignatureV4Tests {
    /// The keys and the time of the published vectors, aws-sig-v4-test-suite.
    private static let keys = AWSKeys(
        accessKeyID: "AKIDEXAMPLE",
        secret: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        origin: "a test"
    )
    /// 2015-08-30T12:36:00Z.
    private static let time: Int64 = 1_440_938_160

    private static func authorization(
        _ method: HTTPMethod,
        _ path: String,
        _ headers: [(String, String)],
        _ body: String = ""
    ) throws -> String {
        let url = try #require(RequestURL(written: "https://example.amazonaws.com\(path)"))
        let signed = SignatureV4(keys: keys, region: "us-east-1", service: "service", time: time)
            .headers(for: method, url, headers.map { (name: $0.0, value: Secret($0.1)) }, body: Array(body.utf8))
        #expect(signed.map(\.name) == ["X-Amz-Date", "Authorization"])
        #expect(signed.first?.value.exposed == "20150830T123600Z")
        return signed.last?.value.exposed ?? ""
    }

    @Test(
        arguments: [
            ("get-vanilla", .GET, "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            ("post-vanilla", .POST, "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            (
                "get-vanilla-query-order-key-case", .GET, "/?Param2=value2&Param1=value1",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
            ),
            (
                "get-vanilla-query-order-key", .GET, "/?Param1=value2&Param1=Value1",
                "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"
            ),
            (
                "get-unreserved", .GET, "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
                "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"
            ),
        ] as [(String, HTTPMethod, String, String)]
    )
    func `requests without more headers are signed as the vectors say`(
        _ name: String,
        method: HTTPMethod,
        path: String,
        signature: String
    ) throws {
        #expect(
            try Self.authorization(method, path, [])
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=host;x-amz-date, Signature=\(signature)",
            "\(name)"
        )
    }

    @Test func `headers and bodies are signed as the vectors get-header-value-trim and post-x-www-form-urlencoded say`()
        throws
    {
        let spaced = try Self.authorization(
            .GET,
            "/",
            [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\" ")]
        )
        #expect(
            spaced.hasSuffix(
                "SignedHeaders=host;my-header1;my-header2;x-amz-date, "
                    + "Signature=acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
            )
        )
        let form = try Self.authorization(
            .POST,
            "/",
            [("Content-Type", "application/x-www-form-urlencoded")],
            "Param1=value1"
        )
        #expect(
            form.hasSuffix(
                "SignedHeaders=content-type;host;x-amz-date, "
                    + "Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
            )
        )
    }

    @Test func `the token of a session is sent and signed`() throws {
        let keys = AWSKeys(accessKeyID: "A", secret: Secret("s"), sessionToken: Secret("session/1=="), origin: "a test")
        let url = try #require(RequestURL(written: "https://h.test/"))
        let headers = SignatureV4(keys: keys, region: "r", service: "ecr", time: 0).headers(for: .POST, url)
        #expect(headers.map(\.name) == ["X-Amz-Date", "X-Amz-Security-Token", "Authorization"])
        #expect(headers[1].value.exposed == "session/1==")
        #expect(headers[2].value.exposed.contains("SignedHeaders=host;x-amz-date;x-amz-security-token, "))
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0, "19700101T000000Z"), ("2024-02-29T23:59:59Z", 1_709_251_199, "20240229T235959Z"),
        ("2015-08-30T12:36:00.987Z", 1_440_938_160, "20150830T123600Z"),
    ])
    func `times are read and written`(_ text: String, seconds: Int64, basic: String) {
        #expect(AWSTime.seconds(text) == seconds)
        #expect(AWSTime.basic(seconds) == basic)
    }

    @Test(arguments: ["", "tomorrow", "2015-08-30", "1440938160"])
    func `what is no time is not read`(_ text: String) { #expect(AWSTime.seconds(text) == nil) }

    // What follows compares with an independent implementation.

    /// A request of a peculiar kind, by a seed.
    private struct Sample: Encodable {
        let method: String
        let url: String
        let headers: [[String]]
        let body: String
        let key: String
        let secret: String
        let token: String?
        let region: String
        let service: String
        let time: String
        let seconds: Int64

        init(_ random: inout SeededRandom) {
            func pick<Item>(_ items: [Item]) -> Item { items[random.next(in: 0...(items.count - 1))] }
            func text(_ letters: String, _ range: ClosedRange<Int>) -> String {
                let letters = Array(letters)
                return String((0..<random.next(in: range)).map { _ in pick(letters) })
            }
            method = pick(["GET", "POST", "PUT"])
            let path = (0..<random.next(in: 0...3)).map { _ in text("aZ09-_~.%2F%20é!$'()*+,:@", 1...6) }
                .map { $0.contains("%") || $0.allSatisfy { $0 == "." } ? "p%2Fq" : $0.formEncoded }
            let query = (0..<random.next(in: 0...3))
                .map { _ in
                    "\(text("abAB", 1...2))=\(text("aA 1/é=&+", 0...4).formEncoded)"
                }
            let port = pick(["", ":4566", ":443"])
            url =
                "https://\(text("ab", 1...3)).test\(port)/\(path.joined(separator: "/"))"
                + (query.isEmpty ? "" : "?\(query.joined(separator: "&"))")
            headers = (0..<random.next(in: 0...3)).map { ["X-Some-\($0)", text("a B\"=;,", 1...12)] }
            body = text("a{}\":é\n ", 0...40)
            key = text("AKI07", 4...20)
            secret = text("aA+/=", 1...40)
            token = pick([nil, text("aA+/=", 1...60)])
            region = pick(["eu-west-1", "us-gov-east-1"])
            service = pick(["ecr", "sts"])
            seconds = Int64(random.next(in: 0...4_000_000_000))
            time = AWSTime.basic(seconds)
        }
    }

    /// The steps of botocore's signer, without the step that asks a clock.
    private static let script = #"""
        import json, sys
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        for line in sys.stdin:
            s = json.loads(line)
            auth = SigV4Auth(Credentials(s["key"], s["secret"], s.get("token")), s["service"], s["region"])
            request = AWSRequest(s["method"], s["url"], headers=dict(s["headers"]), data=s["body"].encode())
            request.context["timestamp"] = s["time"]
            auth._modify_request_before_signing(request)
            text = auth.string_to_sign(request, auth.canonical_request(request))
            auth._inject_signature_to_request(request, auth.signature(text, request))
            print(request.headers["Authorization"])
        """#

    private static func python() async -> String? {
        for path in ["python3", "/usr/bin/python3"] {
            let result = try? await ChildProcess.run(path, ["-c", "import botocore.auth"])
            if result?.succeeded == true { return path }
        }
        return nil
    }

    @Test(.enabled("python3-botocore is not there") { await python() != nil })
    func `a hundred peculiar requests are signed as botocore signs them`() async throws {
        let python = try #require(await Self.python())
        var random = SeededRandom(seed: 20)
        let samples = (0..<100).map { _ in Sample(&random) }
        let lines = try samples.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        let result = try await ChildProcess.run(
            python,
            ["-c", Self.script],
            input: Array(lines.joined(separator: "\n").utf8)
        )
        #expect(result.succeeded, "\(result.errorText)")
        let expected = result.outputText.split(separator: "\n").map(String.init)
        try #require(expected.count == samples.count)
        for (sample, expected) in zip(samples, expected) {
            let keys = AWSKeys(
                accessKeyID: sample.key,
                secret: Secret(sample.secret),
                sessionToken: sample.token.map { Secret($0) },
                origin: "a test"
            )
            let headers = SignatureV4(keys: keys, region: sample.region, service: sample.service, time: sample.seconds)
                .headers(
                    for: HTTPMethod(rawValue: sample.method),
                    try #require(RequestURL(written: sample.url), "\(sample.url)"),
                    sample.headers.map { (name: $0[0], value: Secret($0[1])) },
                    body: Array(sample.body.utf8)
                )
            #expect(headers.last?.value.exposed == expected, "\(sample)")
        }
    }
}
