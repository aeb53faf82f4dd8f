// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    /// The program at registries of clouds, of which each is a real registry, or a double, behind a double of its cloud.
    @Suite(.serialized)
    struct CloudTests {
        private static let password = "canary-ecr/pass+1"
        private static let keys = [
            "AWS_ACCESS_KEY_ID": "AKIACANARY", "AWS_SECRET_ACCESS_KEY": "canary/secret+2",
            "AWS_SESSION_TOKEN": "canary-session+3==", "AWS_REGION": "eu-west-1",
        ]

        /// Lends a home whose config file takes the credentials of a cloud for a registry.
        private func withHome(
            of provider: String,
            for host: String,
            _ variables: [String: String],
            _ body: (Home, String) async throws -> Void
        ) async throws {
            try await EndToEndTests.withHome { home in
                let file = try home.configure("\"\(host)\": {credentials: {provider: \(provider)}}")
                let all = variables.merging(["AWS_EC2_METADATA_DISABLED": "true"]) { $1 }
                try await body(all.reduce(home) { $0.with($1.key, $1.value) }, file)
            }
        }

        /// Lends a registry that takes the passwords of ECR, with an image, and AWS.
        private func withECR(_ body: (DockerRegistry, CloudDouble<AWSBehaviour>) async throws -> Void) async throws {
            var behaviour = AWSBehaviour()
            behaviour.password = Self.password
            try await withAWSDouble(behaviour) { aws in
                try await withDockerRegistry(authentication: .htpasswd(["AWS": Self.password])) { registry in
                    let person = Person(name: "AWS", password: Self.password)
                    for name in ["team/app:1", "team/app:2", "team/web:1"] {
                        try await put(BuiltImage.tiny(1), name, into: registry.host, as: person)
                    }
                    try await body(registry, aws)
                }
            }
        }

        @Test func `copies from a registry of ECR with keys of the environment, buying one password for all of it`()
            async throws
        {
            try await withECR { source, aws in
                try await withDockerRegistry { destination in
                    let variables = Self.keys.merging(["AWS_ENDPOINT_URL_ECR": aws.url]) { $1 }
                    try await withHome(of: "aws", for: source.host, variables) { home, file in
                        let result = try await home.run(
                            "copy",
                            "--config",
                            file,
                            "\(source.host)/team/**",
                            "\(destination.host)/m"
                        )
                        #expect(result.succeeded, "\(result.errorText)")
                        #expect(result.outputText.contains("done: 3 published"), "\(result.outputText)")
                        #expect(aws.transcript == ["POST /"])
                        let doctor = try await home.run("auth", "doctor", "--config", file, source.host)
                        #expect(
                            doctor.outputText == """
                                \(source.host)
                                  credential  user AWS, from the AWS keys in $AWS_ACCESS_KEY_ID, by a token of \(aws.url)
                                  signs in    by user name and password, which the registry takes

                                """,
                            "\(doctor.errorText)"
                        )
                    }
                }
            }
        }

        @Test func `K01, K02, K03: no secret of a cloud is in what a run prints or keeps`() async throws {
            let canaries = Canaries()
            canaries.add(Self.password)
            for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] { canaries.add(Self.keys[name] ?? "") }
            try await withECR { source, aws in
                try await withDockerRegistry { destination in
                    let variables = Self.keys.merging(["AWS_ENDPOINT_URL_ECR": aws.url]) { $1 }
                    try await withHome(of: "aws", for: source.host, variables) { home, file in
                        var seen = ""
                        func run(_ arguments: String...) async throws -> ChildProcess.Result {
                            let result = try await home.start(arguments + ["--config", file]).wait()
                            seen += result.outputText + result.errorText
                            return result
                        }
                        let image = "\(source.host)/team/app:1"
                        let copied = try await run("copy", "--verbose", image, "\(destination.host)/a")
                        #expect(copied.succeeded, "\(copied.errorText)")
                        #expect(copied.errorText.contains("source: GET http://\(source.host)/v2/"))
                        _ = try await run("copy", "--verbose", "--format", "json", image, "\(destination.host)/b")
                        _ = try await run("auth", "doctor", image)
                        aws.change { $0.password = "canary-wrong" }
                        let wrong = try await run("copy", "--verbose", image, "\(destination.host)/c")
                        #expect(wrong.errorText.contains("answered 401"), "\(wrong.errorText)")
                        aws.change { $0.refusal = (400, "InvalidSignatureException") }
                        let refused = try await run("copy", "--verbose", image, "\(destination.host)/d")
                        #expect(!refused.succeeded)
                        #expect(
                            refused.errorText.contains(
                                "cannot get a credential of AWS: \(aws.url) answered 400 InvalidSignatureException"
                            ),
                            "\(refused.errorText)"
                        )
                        for request in aws.peer.requests { canaries.take(request) }
                        canaries.add("canary-wrong")
                        #expect(aws.peer.requests.count == 5)
                        #expect(canaries.found(in: seen) == [], "\(seen)")
                        #expect(canaries.found(below: home.directory, but: file) == [])
                    }
                }
            }
        }

        @Test func `a registry that is of AWS by its name needs no word in a config file`() async throws {
            try await withECR { source, aws in
                try await withDockerRegistry { destination in
                    let host = "012345678901.dkr.ecr.eu-north-1.amazonaws.com"
                    var options = ConnectProxy.Options()
                    options.routes = ["\(host):80": source.port]
                    try await withConnectProxy(options) { proxy in
                        try await EndToEndTests.withHome { home in
                            let variables = Self.keys.merging(
                                ["AWS_ENDPOINT_URL_ECR": aws.url, "HTTP_PROXY": proxy.url]
                            ) { $1 }
                            let home = variables.reduce(home) { $0.with($1.key, $1.value) }
                            let target = "\(destination.host)/a"
                            let result = try await home.run("copy", "http://\(host)/team/app:1", target)
                            #expect(result.succeeded, "\(result.errorText)")
                            let request = try #require(aws.peer.requests.first)
                            // The region is that of the name, not of the environment.
                            #expect(request.header("authorization")?.contains("/eu-north-1/ecr/aws4_request") == true)
                            // A password, and what the repository's tags point to: signatures have tags, too.
                            let calls = aws.peer.requests.map { $0.header("x-amz-target")?.split(separator: ".").last }
                            #expect(calls == ["GetAuthorizationToken", "DescribeImages"])
                        }
                    }
                }
            }
        }

        @Test func `a service account of Google Cloud signs in`() async throws {
            try await withGoogleDouble { google in
                let users = ["oauth2accesstoken": "ya29.double-token"]
                try await withDockerRegistry(authentication: .htpasswd(users)) { registry in
                    try await withHome(of: "google", for: registry.host, [:]) { home, file in
                        let pem = "\(home.directory)/key.pem"
                        #expect(try await ChildProcess.run("openssl", ["genrsa", "-out", pem, "2048"]).succeeded)
                        let account = [
                            "type": "service_account", "client_email": "m@p.test", "token_uri": "\(google.url)/token",
                            "private_key": try String(contentsOfFile: pem, encoding: .utf8),
                        ]
                        let text = String(decoding: try JSONEncoder().encode(account), as: UTF8.self)
                        let key = try home.write(text, to: "key.json")
                        let result = try await home.with("GOOGLE_APPLICATION_CREDENTIALS", key)
                            .run("auth", "doctor", "--config", file, registry.host)
                        #expect(result.ending == .exited(0), "\(result.errorText)")
                        let who = "user oauth2accesstoken, from the service account m@p.test in \(key)"
                        #expect(result.outputText.contains("\(who), by a token of \(google.url)\n"))
                    }
                }
            }
        }

        @Test func `an application of Azure signs in, and one that is refused is told so`() async throws {
            try await withAzureDouble { azure in
                let variables = [
                    "AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "canary-4",
                    "AZURE_AUTHORITY_HOST": azure.url,
                ]
                try await withHome(of: "azure", for: azure.peer.host, variables) { home, file in
                    let result = try await home.run("auth", "doctor", "--config", file, azure.peer.host)
                    #expect(result.ending == .exited(0), "\(result.errorText)")
                    let who = "an identity token, from the Azure application c with $AZURE_CLIENT_SECRET"
                    #expect(result.outputText.contains("\(who), by a token of \(azure.url)\n"))
                    azure.change { $0.refusal = "invalid_client" }
                    let refused = try await home.run("auth", "doctor", "--config", file, azure.peer.host)
                    #expect(refused.ending == .exited(69))
                    #expect(
                        refused.errorText == """
                            error: cannot get a credential of Azure: \(azure.url) answered 401 invalid_client
                              hint: check the client secret, and whether it has ended

                            """
                    )
                }
            }
        }

        @Test func `a private registry of AWS without keys is told where they were looked for, before it is asked`()
            async throws
        {
            try await EndToEndTests.withHome { home in
                let host = "012345678901.dkr.ecr.eu-west-1.amazonaws.com"
                let result = try await home.with("AWS_EC2_METADATA_DISABLED", "true").run("auth", "doctor", host)
                #expect(result.ending == .exited(78))
                #expect(result.errorText.contains("none is in $AWS_ACCESS_KEY_ID, "), "\(result.errorText)")
                #expect(result.errorText.contains("\(home.directory)/.aws/credentials"))
                #expect(result.errorText.contains("hint: export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"))
            }
        }
    }
}
