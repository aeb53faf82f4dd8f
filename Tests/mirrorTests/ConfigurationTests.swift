// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIRegistry
import Testing

@testable import mirror

@Suite struct ConfigurationTests {
    private func read(_ text: String, file: String = "mirror.yaml") throws(ConfigMistakes) -> MirrorConfiguration {
        try MirrorConfiguration(parsing: Array(text.utf8), file: file)
    }

    private func registry(_ text: String, file: String = "mirror.yaml") throws -> RegistrySettings {
        try read("version: 1\nregistries: { r.lan: { \(text) } }", file: file)[RegistryHost("r.lan")]
    }

    /// The lines that tell what is wrong with a text.
    private func mistakes(_ text: String) -> [String] {
        do {
            _ = try read(text)
            return []
        } catch {
            return ConfigWording.lines(for: error)
        }
    }

    @Test func `every key is read`() throws {
        let text = """
            version: 1
            registries:                       # only what differs
              docker.io:        { credentials: { username: acme, password: { env: HUB_TOKEN } } }
              10.0.0.5:5000:    { transport: http }
              "[::1]:5000":
                transport: https
                credentials: { identity-token: { file: secrets/token } }
                certificate-authority: ca.pem
                client-certificate: /etc/ssl/me.pem
                client-key: ../me.key
                minimum-tls: "1.3"
                limits: { requests: 8, bandwidth: 20MiB/s }
                timeouts: { connect: 500ms, idle: 2m, commit: 1h }
                token-servers: [auth.corp.lan, "10.0.0.5:5001"]
                upload-hosts:
                  - uploads.corp.lan
              lax.lan:
                credentials: { helper: pass }
                skip-certificate-verification: true
                minimum-tls: 1.2
              cloud.lan:
                credentials: { provider: google }
            """
        let configuration = try read(text, file: "/etc/mirror/mirror.yaml")
        #expect(configuration.registries.count == 5)
        #expect(
            configuration[.dockerHub]
                == RegistrySettings(credentials: .password(username: "acme", .environment("HUB_TOKEN")))
        )
        #expect(try configuration[RegistryHost("10.0.0.5:5000")] == RegistrySettings(scheme: .http))
        let full = try configuration[RegistryHost("[::1]:5000")]
        #expect(
            try full
                == RegistrySettings(
                    credentials: .identityToken(.file("/etc/mirror/secrets/token")),
                    scheme: .https,
                    certificateAuthority: "/etc/mirror/ca.pem",
                    clientCertificate: .init(certificate: "/etc/ssl/me.pem", key: "/etc/mirror/../me.key"),
                    minimumTLS: .v13,
                    requests: 8,
                    bandwidth: ByteRate("20MiB/s"),
                    connectTimeout: .milliseconds(500),
                    idleTimeout: .seconds(120),
                    commitTimeout: .seconds(3600),
                    tokenServers: [RegistryHost("auth.corp.lan"), RegistryHost("10.0.0.5:5001")],
                    uploadHosts: [RegistryHost("uploads.corp.lan")]
                )
        )
        #expect(full.limits.requests == 8)
        #expect(full.limits.idleTimeout == .seconds(120))
        #expect(
            try configuration[RegistryHost("lax.lan")]
                == RegistrySettings(credentials: .helper("pass"), skipsCertificateVerification: true, minimumTLS: .v12)
        )
        #expect(
            try configuration[RegistryHost("cloud.lan")] == RegistrySettings(credentials: .provider(.google))
        )
        #expect(try configuration[RegistryHost("unnamed.lan")] == RegistrySettings())
        #expect(try configuration[RegistryHost("unnamed.lan")].limits == RegistryLimits())
    }

    @Test(arguments: [
        "version: 1", "version: 1\nregistries:\n", "version: 1\nregistries: {}", "{\"version\": 1, \"registries\": {}}",
        "# nothing here\n---\nversion: 1\n", "version: 1\njobs:\ndefaults:\n",
        "version: 1\nregistries:\n  r.lan:\n    # limits: {}\n",
    ])
    func `little is enough`(_ text: String) throws {
        #expect(try read(text).registries.values.allSatisfy { $0 == RegistrySettings() })
    }

    @Test func `credentials are read by repository`() throws {
        let configuration = try MirrorConfiguration(
            parsing: Array(
                """
                version: 1
                registries:
                  docker.io:
                    credentials:
                      - { repositories: [nginx, acme/**], username: acme, password: { env: A } }
                      - { repositories: ["*/tool"], helper: pass }
                      - { identity-token: { env: T } }
                  r.lan: { credentials: [{ repositories: [team/app], helper: pass }] }
                """
                .utf8
            ),
            file: "mirror.yaml"
        )
        func credentials(_ name: String?, _ host: RegistryHost = .dockerHub) throws -> RegistrySettings.Credentials? {
            configuration[host].credentials(for: try name.map { try RepositoryName($0) })
        }
        let acme = RegistrySettings.Credentials.password(username: "acme", .environment("A"))
        #expect(try credentials("library/nginx") == acme)
        // The first that fits counts.
        #expect(try credentials("acme/tool") == acme)
        #expect(try credentials("other/tool") == .helper("pass"))
        #expect(try credentials("nginx") == .identityToken(.environment("T")))
        #expect(try credentials(nil) == .identityToken(.environment("T")))
        let host = try RegistryHost("r.lan")
        #expect(try credentials("team/app", host) == .helper("pass"))
        #expect(try credentials("team/other", host) == nil)
        #expect(try credentials(nil, host) == .helper("pass"))
    }

    @Test func `what may be created is private unless the file says otherwise`() throws {
        #expect(try registry("product: harbor, create: {}").create == CreateSettings(isPublic: false))
        #expect(try registry("product: harbor, create: { public: true }").create == CreateSettings(isPublic: true))
        #expect(try registry("product: harbor").create == nil)
        let template = ECRTemplate(hasImmutableTags: true, scansOnPush: true)
        let text = "product: ecr, api: https://a.lan, create: { immutable-tags: true, scan-on-push: true }"
        #expect(try registry(text).create == CreateSettings(template: template))
    }

    @Test func `mirrors are read as hosts with a path`() throws {
        let text = """
            version: 1
            registries:
              docker.io: { mirrors: [cache.lan/hub/proxy, "10.0.0.5:5000", localhost/], only-mirrors: true }
            """
        let settings = try MirrorConfiguration(parsing: Array(text.utf8), file: "mirror.yaml")[.dockerHub]
        #expect(settings.usesOnlyMirrors)
        #expect(settings.mirrors.map(\.description) == ["cache.lan/hub/proxy", "10.0.0.5:5000", "localhost"])
        #expect(settings.mirrors.first?.path == (try RepositoryName("hub/proxy")))
    }

    @Test func `credentials that are never used, and patterns that are none, are found with their places`() {
        let text = """
            version: 1
            registries:
              r.lan:
                credentials:
                  - helper: pass
                  - { repositories: [a/**, 'b//c', a/**], helper: pass }
                  - { repositories: [], helper: pass }
                  - { repositories: [a/**] }
              s.lan: { credentials: [] }
            """
        let place = "registries.\"r.lan\".credentials"
        let unused =
            "it is never used: the entry in line 5 has no repositories, and so fits all; it must be the last"
        #expect(
            mistakes(text) == [
                "mirror.yaml:6:9: \(place)[1]: \(unused)",
                "mirror.yaml:6:32: \(place)[1].repositories[1]: \"b//c\" is not a pattern: byte 3: a name is missing "
                    + "beside a slash",
                "mirror.yaml:6:40: \(place)[1].repositories[2]: a/** stands already in line 6; say there what is meant",
                "mirror.yaml:7:9: \(place)[2]: \(unused)",
                "mirror.yaml:7:25: \(place)[2].repositories: expected a list with a repository in it, but found none",
                "mirror.yaml:8:9: \(place)[3]: \(unused)",
                "mirror.yaml:8:9: \(place)[3]: exactly one must be here: username and password, identity-token, helper or provider",
                "mirror.yaml:8:26: \(place)[3].repositories[0]: a/** stands already in line 6; say there what is meant",
                "mirror.yaml:9:25: registries.\"s.lan\".credentials: expected a list with credentials in it, but found none",
            ]
        )
    }

    @Test func `JSON is YAML`() throws {
        let text = #"""
            {
            	"version": 1,
            	"registries": {
            		"docker.io": { "credentials": { "username": "a\u0062", "password": { "env": "X" } } },
            		"r.lan:5000": { "limits": { "requests": 4 }, "minimum-tls": "1.2", "upload-hosts": ["u.lan"] }
            	}
            }
            """#
        let configuration = try read(text)
        #expect(configuration[.dockerHub].credentials == .password(username: "ab", .environment("X")))
        #expect(try configuration[RegistryHost("r.lan:5000")].requests == 4)
    }

    @Test func `relative paths start at the folder of the file`() throws {
        for (file, path) in [("mirror.yaml", "./ca"), ("/m.yaml", "/ca"), ("a/b.yaml", "a/ca")] {
            #expect(try registry("certificate-authority: ca", file: file).certificateAuthority == path)
        }
    }

    @Test(
        arguments: [
            ("1ms", .milliseconds(1)), ("15s", .seconds(15)), ("\"10m\"", .seconds(600)), ("24h", .seconds(86400)),
        ] as [(String, Duration)]
    )
    func `durations have a unit`(_ text: String, duration: Duration) throws {
        #expect(try registry("timeouts: { idle: \(text) }").idleTimeout == duration)
    }

    @Test(arguments: [
        ("", "1:1: version: 1 is missing"),
        ("null", "1:1: version: 1 is missing"),
        ("version: 2", "1:10: version: 2 must be 1"),
        ("version: \"1\"", "1:10: version: expected a whole number, but found a text"),
        ("[1]", "1:1: expected a mapping, but found a list"),
        ("version: 1\nregistries: [a]", "2:13: registries: expected a mapping, but found a list"),
        (
            "version: 1\njobber: {}",
            "2:1: jobber: the key is not known; known here: version, bandwidth, registries, spool, spool-limit, defaults, jobs"
        ),
        ("version: 1\nregistry: {}", "2:1: registry: the key is not known; did you mean registries?"),
        ("version: 1\n? [a]\n: b", "2:3: expected a key that is a text, but found a list or a mapping"),
        (
            "version: 1\n---\nversion: 1",
            "2:1: a second document cannot stand in a config file; write out what is meant"
        ),
        (
            "version: &a 1\nregistries: {}",
            "1:10: version: an anchor cannot stand in a config file; write out what is meant"
        ),
        (
            "version: 1\nregistries: *a", "2:13: an alias cannot stand in a config file; write out what is meant"
        ),
        ("version: !!int 1", "1:10: version: a tag cannot stand in a config file; write out what is meant"),
        ("version: !x 1", "1:10: version: a tag cannot stand in a config file; write out what is meant"),
        ("!x {version: 1}", "1:1: a tag cannot stand in a config file; write out what is meant"),
        ("version: 1\nregistries: {", "3:1: this is not YAML: did not find expected node content"),
        ("version: 1\n\tx: 1", "2:1: this is not YAML: found a tab character that violates indentation"),
        ("version: 1 # \u{7}", "1:14: this is not YAML: control characters are not allowed"),
    ])
    func `the form of a file is checked`(_ text: String, message: String) {
        #expect(mistakes(text) == ["mirror.yaml:\(message)"])
    }

    @Test(arguments: [
        ("transport: ftp", "transport: \"ftp\" cannot stand here; write http or https"),
        ("minimum-tls: 1.1", "minimum-tls: \"1.1\" cannot stand here; write 1.2 or 1.3"),
        ("limits: { requests: 0 }", "limits.requests: 0 is not between 1 and 256"),
        ("limits: { requests: 257 }", "limits.requests: 257 is not between 1 and 256"),
        (
            "limits: { requests: 99999999999999999999 }",
            "limits.requests: 99999999999999999999 is not between 1 and 256"
        ),
        ("limits: { requests: many }", "limits.requests: expected a whole number, but found a text"),
        ("limits: { bytes: 1 }", "limits.bytes: the key is not known; known here: requests, chunked-above, bandwidth"),
        ("limits: { bandwidth: 1 }", "limits.bandwidth: expected a rate such as 500KiB/s or 20MiB/s, but found a text"),
        (
            "limits: { bandwidth: 1MiB }",
            "limits.bandwidth: expected a rate such as 500KiB/s or 20MiB/s, but found a text"
        ),
        ("limits: { bandwidth: 1B/s }", "limits.bandwidth: 1B/s is not between 1KiB/s and 1TiB/s"),
        (
            "timeouts: { idle: 15 }",
            "timeouts.idle: expected a duration such as 500ms, 15s, 10m, 2h or 30d, but found a text"
        ),
        ("timeouts: { idle: 0s }", "timeouts.idle: 0s is not between 1ms and 24h"),
        ("timeouts: { idle: 25h }", "timeouts.idle: 25h is not between 1ms and 24h"),
        (
            "skip-certificate-verification: yes",
            "skip-certificate-verification: expected true or false, but found the word yes"
        ),
        ("certificate-authority: ''", "certificate-authority: expected a path, but found an empty text"),
        ("certificate-authority:", "certificate-authority: expected a path, but found nothing"),
        ("client-certificate: a", "client-certificate: client-key is missing beside it"),
        ("client-key: a", "client-key: client-certificate is missing beside it"),
        ("transport: http, minimum-tls: 1.2", "minimum-tls: it has no meaning beside transport: http"),
        (
            "certificate-authority: a, skip-certificate-verification: true",
            "certificate-authority: it has no meaning beside skip-certificate-verification: true"
        ),
        ("create: {}", "create: product: harbor, or ecr, is missing beside it"),
        ("product: quay, create: { public: true }", "create: product: harbor, or ecr, is missing beside it"),
        ("product: ecr, create: {}", "create: api: https://api.ecr.REGION.amazonaws.com is missing beside it"),
        (
            "product: ecr, api: https://api.ecr.eu-west-1.amazonaws.com, create: { public: true }",
            "create.public: it has no meaning beside product: ecr"
        ),
        ("keep-pulls: 5, mirrors: [a.lan]", "keep-pulls: it has no meaning beside mirrors"),
        ("mirrors: [], only-mirrors: true", "only-mirrors: mirrors is missing beside it"),
        (
            "product: harbor, create: { scan-on-push: true }",
            "create.scan-on-push: it has no meaning beside product: harbor"
        ),
        (
            "product: harbor, create: { public: 1 }",
            "create.public: expected true or false, but found a text"
        ),
        ("only-mirrors: true", "only-mirrors: mirrors is missing beside it"),
        (
            "mirrors: [a.lan, R.LAN/x]",
            "mirrors[1]: expected another registry than the one that it mirrors"
        ),
        (
            "mirrors: ['https://a.lan']",
            "mirrors[0]: expected a mirror without a scheme; say transport in its own entry"
        ),
        ("mirrors: [a.lan/X]", "mirrors[0]: \"X\" is not the name of a repository: byte 1 cannot stand there"),
        ("mirrors: [a.lan//]", "mirrors[0]: the name of a repository is missing"),
        ("token-servers: a.lan", "token-servers: expected a list, but found a text"),
        (
            "token-servers: [a.lan, 'b c']",
            "token-servers[1]: \"b c\" is not the name of a host: byte 2 cannot stand there"
        ),
        ("upload-hosts: [[]]", "upload-hosts[0]: expected a host, but found a list"),
        ("credentials: { username: a }", "credentials.username: password is missing beside it"),
        ("credentials: { password: { env: A } }", "credentials.password: username is missing beside it"),
        (
            "credentials: {}",
            "credentials: exactly one must be here: username and password, identity-token, helper or provider"
        ),
        (
            "credentials: { provider: aws, helper: a }",
            "credentials: exactly one must be here: username and password, identity-token, helper or provider"
        ),
        (
            "credentials: { provider: amazon }",
            "credentials.provider: \"amazon\" cannot stand here; write aws, google or azure"
        ),
        (
            "credentials: { helper: a, username: b, password: { env: C } }",
            "credentials: exactly one must be here: username and password, identity-token, helper or provider"
        ),
        (
            "credentials: { username: a, password: { env: A, file: b } }",
            "credentials.password: exactly one must be here: env, file or helper"
        ),
        (
            "credentials: { identity-token: { helper: a } }",
            "credentials.identity-token.helper: the key is not known; known here: env, file"
        ),
        (
            "credentials: { username: 'a:b', password: { env: A } }",
            "credentials.username: this is not the name of a user: a colon cannot stand in it"
        ),
        (
            "credentials: { helper: ../a }",
            "credentials.helper: this is not the name of a helper: write NAME for a program docker-credential-NAME on PATH"
        ),
        (
            "credentials: { username: a, password: { env: $A } }",
            "credentials.password.env: this is not the name of an environment variable"
        ),
    ])
    func `the settings of a registry are checked`(_ text: String, message: String) throws {
        let error = try #require(throws: ConfigMistakes.self) { try registry(text) }
        #expect(
            ConfigWording.lines(for: error).map { $0.split(separator: " ", maxSplits: 1).last.map(String.init) }
                == ["registries.\"r.lan\".\(message)"]
        )
    }

    @Test func `a secret in the file is refused, and not shown`() throws {
        for text in ["password: c4n4ry", "password: \"c4n4ry\"", "identity-token: c4n4ry"] {
            let error = try #require(throws: ConfigMistakes.self) {
                try registry("credentials: { \(text.hasPrefix("password") ? "username: a, " : "")\(text) }")
            }
            let lines = ConfigWording.lines(for: error)
            #expect(lines.count == 1 && lines[0].contains("a secret cannot stand in this file"))
            #expect(!"\(error)\(lines)".contains("c4n4ry"))
        }
        // A secret in a place where another kind of value should stand is not shown either.
        for text in ["credentials: c4n4ry", "limits: c4n4ry", "timeouts: { idle: c4n4ry }"] {
            let error = try #require(throws: ConfigMistakes.self) { try registry(text) }
            #expect(!"\(error)\(ConfigWording.lines(for: error))".contains("c4n4ry"))
        }
    }

    @Test func `a dozen mistakes are told at once, each at its place`() {
        let text = """
            version: 1
            registries:
              docker.io:
                credentials: { username: acme, password: hunter2 }
                trasport: https
              r.lan:
                limits: { requests: 1000 }
                timeouts: { idle: 60, comit: 15m }
                skip-certificate-verification: maybe
              r.lan:
                upload-hosts: [https://uploads.lan]
              index.docker.io: {}
              127.1: {}
              s.lan:
                client-key: /etc/ssl/me.key
                limits: &small { requests: 4 }
                timeouts: { connect: 1s, connect: 2s, connect: 3s }
              "t.lan:99999": { token-servers: auth.lan }
            """
        #expect(
            mistakes(text) == [
                "mirror.yaml:4:46: registries.\"docker.io\".credentials.password: a secret cannot stand in this file, "
                    + "which others read and which is kept in versions; write {env: NAME} or {file: PATH}",
                "mirror.yaml:5:5: registries.\"docker.io\".trasport: the key is not known; did you mean transport?",
                "mirror.yaml:7:25: registries.\"r.lan\".limits.requests: 1000 is not between 1 and 256",
                "mirror.yaml:8:23: registries.\"r.lan\".timeouts.idle: expected a duration such as 500ms, 15s, 10m, 2h or 30d, "
                    + "but found a text",
                "mirror.yaml:8:27: registries.\"r.lan\".timeouts.comit: the key is not known; did you mean commit?",
                "mirror.yaml:9:36: registries.\"r.lan\".skip-certificate-verification: expected true or false, "
                    + "but found a text",
                "mirror.yaml:10:3: registries.\"r.lan\": the key stands already in line 6",
                "mirror.yaml:12:3: registries.\"index.docker.io\": docker.io is the registry of line 3, too",
                "mirror.yaml:13:3: registries.\"127.1\": \"127.1\" is not the name of a host: "
                    + "write the address as four decimal numbers",
                "mirror.yaml:15:5: registries.\"s.lan\".client-key: client-certificate is missing beside it",
                "mirror.yaml:16:13: registries.\"s.lan\".limits: an anchor cannot stand in a config file; "
                    + "write out what is meant",
                "mirror.yaml:17:30: registries.\"s.lan\".timeouts.connect: the key stands already in line 17",
                "mirror.yaml:17:43: registries.\"s.lan\".timeouts.connect: the key stands already in line 17",
                "mirror.yaml:18:3: registries.\"t.lan:99999\": \"t.lan:99999\" is not the name of a host: "
                    + "the port must be a number from 1 to 65535",
                "mirror.yaml:18:35: registries.\"t.lan:99999\".token-servers: expected a list, but found a text",
            ]
        )
    }

    @Test(
        arguments: [
            // The name stands elsewhere, too: as a value, in a comment, in another mapping.
            (
                "version: 1\nregistries:\n  r.lan: {}\n  s.lan: { credentials: { username: x, password: { file: 'r.lan : x' } } }\n"
                    + "  # r.lan: {}\n  r.lan: {}",
                ["6:3: registries.\"r.lan\": the key stands already in line 3"]
            ),
            ("version: 1\nversion: 1", ["2:1: version: the key stands already in line 1"]),
            ("{\"version\": 1, \"version\": 1}", ["1:16: version: the key stands already in line 1"]),
            (
                "version: 1\n\"version\": 1\nx: 1",
                [
                    "2:1: version: the key stands already in line 1",
                    "3:1: x: the key is not known; known here: version, bandwidth, registries, spool, spool-limit, defaults, jobs",
                ]
            ),
            // Escaped, it cannot be found again, but it is found.
            ("{\"version\": 1, \"\\u0076ersion\": 1}", ["1:2: the key stands already in line 1"]),
        ] as [(String, [String])]
    )
    func `a key that stands twice is found where it stands the second time`(_ text: String, messages: [String]) {
        #expect(mistakes(text) == messages.map { "mirror.yaml:\($0)" })
    }

    @Test func `a text that grows when it is read is refused in no time`() throws {
        let start = ContinuousClock.now
        let levels = (1...30).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1), *a\($0 - 1)]" }
        let chain = "a0: &a0 x\n" + levels.joined(separator: "\n") + "\n? *a30\n: x\n"
        #expect(
            mistakes(chain) == ["mirror.yaml:2:10: an alias cannot stand in a config file; write out what is meant"]
        )
        let deep = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
        #expect(mistakes(deep).count == 1)
        let shallow =
            "version: 1\nregistries: " + String(repeating: "{a: ", count: 40) + String(repeating: "}", count: 40)
        #expect(mistakes(shallow).contains { $0.contains("values stand more than 32 deep in each other") })
        #expect(
            mistakes(String(repeating: "#", count: 1 << 20) + "\n") == [
                "mirror.yaml:1:1: the file has more than 1048576 bytes"
            ]
        )
        for unit in ["? ", "- ", "{", "[{", "a: {", "* ", "&a ", "\"", "x: y\n", "x: 1\nx: 2\n", "!", "!<", "%", "|\n"]
        {
            let text = String(repeating: unit, count: (64 << 10) / unit.utf8.count)
            #expect(!mistakes(text).isEmpty)
        }
        #expect(start.duration(to: .now) < .seconds(30))
        let error = try #require(throws: ConfigMistakes.self) {
            try MirrorConfiguration(parsing: [0x61, 0xFF], file: "m")
        }
        #expect(ConfigWording.lines(for: error) == ["m:1:1: the file is not UTF-8"])
    }

    @Test func `what a file holds is printable`() {
        #expect(
            mistakes("version: 1\n\"\\e[31m\": 1") == [
                "mirror.yaml:2:1: \"\\u{1b}[31m\": the key is not known; known here: version, bandwidth, registries, spool, spool-limit, defaults, jobs"
            ]
        )
    }

    @Test func `a missing file and a folder are told apart`() {
        #expect(throws: ConfigFileMissing.self) { try MirrorConfiguration.read("/nonexistent/mirror.yaml") }
        #expect(throws: SmallFileError.self) { try MirrorConfiguration.read("/") }
    }
}

@Suite struct NearestWordTests {
    @Test(
        arguments: [
            ("trasport", "transport"), ("Transport", "transport"), ("limit", "limits"), ("minimum_tls", "minimum-tls"),
            ("tokenservers", "token-servers"), ("timeuots", "timeouts"), ("x", nil), ("latency", nil), ("", nil),
            (String(repeating: "transport", count: 1000), nil),
        ] as [(String, String?)]
    )
    func `the nearest word is found, if one is near`(_ text: String, word: String?) {
        let words = ["transport", "limits", "minimum-tls", "token-servers", "timeouts"]
        #expect(NearestWord.find(text, among: words) == word)
    }
}
