// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import OCIRegistry

@Suite struct TokenServiceTests {
    private static let canary = "c4n&ry p=ss:wörd"
    private let identity = Credential(.identityToken(Secret("id+tok/en=")), origin: "a test")
    private let password = Credential(.password(username: "ann b", Secret(canary)), origin: "a test")

    private func service(_ query: String? = nil, service: String? = "registry.test:5000") throws -> TokenService {
        let origin = RequestURL.Origin(scheme: .https, host: try RegistryHost("auth.example"))
        return TokenService(realm: RequestURL(origin: origin, path: "/token", query: query), service: service)
    }

    private func mount() throws -> Set<AccessScope> {
        [
            .repository(try RepositoryName("a/base"), .pull), .repository(try RepositoryName("z/app"), .pullAndPush),
            .repository(try RepositoryName("m/other"), .pull),
        ]
    }

    @Test func `without a credential a token is asked for by GET, with nothing of anybody`() throws {
        let scopes: Set<AccessScope> = [.repository(try RepositoryName("team/app"), .pull)]
        let requests = try service().requests(for: scopes, with: nil)
        #expect(
            requests.map(\.url.text) == [
                "https://auth.example/token?service=registry.test%3A5000&scope=repository%3Ateam%2Fapp%3Apull"
            ]
        )
        #expect(requests.allSatisfy { $0.authorization == nil && $0.form == nil })
    }

    @Test func `a password goes by GET and Basic, and then by POST in a form`() throws {
        let requests = try service().requests(for: [.catalog], with: password)
        try #require(requests.count == 2)
        #expect(
            requests[0].url.text
                == "https://auth.example/token?service=registry.test%3A5000&scope=registry%3Acatalog%3A%2A&account=ann%20b"
        )
        #expect(requests[0].authorization?.exposed == "Basic YW5uIGI6YzRuJnJ5IHA9c3M6d8O2cmQ=")
        #expect(requests[0].form == nil)
        #expect(requests[1].url.text == "https://auth.example/token")
        #expect(requests[1].authorization == nil)
        #expect(
            requests[1].form?.exposed
                == "grant_type=password&client_id=mirror&service=registry.test%3A5000&scope=registry%3Acatalog%3A%2A"
                + "&username=ann%20b&password=c4n%26ry%20p%3Dss%3Aw%C3%B6rd"
        )
    }

    @Test func `an identity token goes by POST, and then by GET in place of a password`() throws {
        let requests = try service().requests(for: [.catalog], with: identity)
        try #require(requests.count == 2)
        #expect(requests[0].url.text == "https://auth.example/token")
        #expect(requests[0].authorization == nil)
        #expect(
            requests[0].form?.exposed
                == "grant_type=refresh_token&client_id=mirror&service=registry.test%3A5000"
                + "&scope=registry%3Acatalog%3A%2A&refresh_token=id%2Btok%2Fen%3D"
        )
        #expect(
            requests[1].url.text
                == "https://auth.example/token?service=registry.test%3A5000&scope=registry%3Acatalog%3A%2A"
        )
        #expect(requests[1].authorization == .basic("<token>", Secret("id+tok/en=")))
        #expect(requests[1].form == nil)
    }

    @Test func `scopes are an item each of a query and a list in a form, the one with most rights first`() throws {
        let order = ["repository:z/app:pull,push", "repository:m/other:pull", "repository:a/base:pull"]
        let requests = try service(service: nil).requests(for: mount(), with: password)
        let items = order.map { "scope=\($0.formEncoded)" }.joined(separator: "&")
        #expect(requests.first?.url.query == "\(items)&account=ann%20b")
        #expect(requests.last?.form?.exposed.contains("&scope=\(order.joined(separator: " ").formEncoded)&") == true)
        #expect(
            try service(service: nil).requests(for: [], with: nil).map(\.url.text) == ["https://auth.example/token"]
        )
    }

    @Test func `the query of a realm stays, and what is asked is added to it`() throws {
        let requests = try service("a=b%20c", service: "s&x=y").requests(for: [], with: nil)
        #expect(requests.map(\.url.text) == ["https://auth.example/token?a=b%20c&service=s%26x%3Dy"])
    }

    @Test func `a refusal of the method leads to the other one, a refusal of the user only after a POST`() throws {
        let requests = try service().requests(for: [], with: password)
        for status in [200, 307, 400, 401, 403, 404, 405, 429, 500, 503] {
            #expect(TokenService.mayWantOtherMethod(status, to: requests[0]) == [404, 405].contains(status))
            #expect(TokenService.mayWantOtherMethod(status, to: requests[1]) == [400, 401, 404, 405].contains(status))
        }
    }

    /// The answer of a token server, and the token and its life in seconds that are read in it.
    struct Answer: Sendable, CustomTestStringConvertible {
        let body: String
        var token: String?
        var life = 60.0

        var testDescription: String { String(body.prefix(80)) }
    }

    @Test(arguments: [
        Answer(body: #"{"token":"t"}"#, token: "t"),
        Answer(body: #"{"access_token":"a"}"#, token: "a"),
        Answer(body: #"{"access_token":"a","token":"t","expires_in":300}"#, token: "t", life: 300),
        Answer(body: #"{"token":"","access_token":"a"}"#, token: "a"),
        Answer(body: #"{"token":null,"access_token":"a","expires_in":null}"#, token: "a"),
        Answer(body: #"{"token":"t","expires_in":5}"#, token: "t", life: 5),
        Answer(body: #"{"token":"t","expires_in":0.5}"#, token: "t", life: 0.5),
        Answer(body: #"{"token":"t","expires_in":0}"#, token: "t"),
        Answer(body: #"{"token":"t","expires_in":-300}"#, token: "t"),
        Answer(body: #"{"token":"t","expires_in":1e300}"#, token: "t", life: 604_800),
        Answer(body: #"{"token":"t","expires_in":99999999999999999999}"#, token: "t", life: 604_800),
        Answer(body: #"{"token":"t","issued_at":"1970-01-01T00:00:00Z","expires_in":9}"#, token: "t", life: 9),
        Answer(body: #"{"token":"t","issued_at":"2999-01-01T00:00:00Z","x":{"token":1}}"#, token: "t"),
    ])
    func `F17 life is counted by this machine, and is 60 s where none is stated`(_ answer: Answer) throws {
        let now = Duration.seconds(1000)
        let token = try #require(Token(Array(answer.body.utf8), scopes: [.catalog], now: now))
        #expect(token.value.exposed == answer.token)
        #expect(token.scopes == [.catalog])
        #expect(token.end == now + .seconds(answer.life))
        #expect(token.halfLife == now + .seconds(answer.life) * 0.5)
        #expect(token.renewal == now + .seconds(answer.life) * 0.75)
    }

    @Test(arguments: [
        "", "null", "[]", "{}", "\"t\"", "<html>", #"{"token":""}"#, #"{"token":7}"#, #"{"token":["t"]}"#,
        #"{"token":null}"#, #"{"Token":"t"}"#, #"{"token":"t","token":"u"}"#, #"{"token":"t","expires_in":"300"}"#,
        #"{"token":"t","expires_in":1,"expires_in":2}"#, #"{"token":"t"} x"#, #"{"token":"t""#,
        #"{"token":"a b"}"#, #"{"token":"a\r\nX-Evil: 1"}"#, #"{"token":"a\u0000"}"#, #"{"token":"a\u007f"}"#,
        #"{"token":"ü"}"#, #"{"token":"t","expires_in":NaN}"#, #"{"token":"t","expires_in":1e999}"#,
    ])
    func `S12 an answer that holds no token for a header is none`(_ body: String) {
        #expect(Token(Array(body.utf8), scopes: [], now: .zero) == nil)
    }

    @Test func `S12 bytes that are no text, and nesting without end, are no token`() {
        #expect(Token([0xFF, 0xFE, 0x00], scopes: [], now: .zero) == nil)
        #expect(Token(Array(#"{"token":"t\#u{0}"}"#.utf8) + [0xC0], scopes: [], now: .zero) == nil)
        let deep = #"{"token":"t","x":"# + String(repeating: "[", count: 200_000)
        #expect(Token(Array(deep.utf8), scopes: [], now: .zero) == nil)
    }

    @Test func `K07 no secret is seen in any text of a value that holds one`() throws {
        var values: [Any] = [
            Secret(Self.canary), password, identity, Credential(.registryToken(Secret("id+tok/en=")), origin: "a test"),
            password.kind, Secret.basic("ann b", Secret(Self.canary)), [password], ["x": identity.kind],
            try #require(Token(Array(#"{"token":"id+tok/en="}"#.utf8), scopes: [], now: .zero)),
            Optional(identity) as Any,
        ]
        for credential in [password, identity] {
            values += try service().requests(for: mount(), with: credential).map { $0 as Any }
        }
        let proxy = try ProxySettings(environment: ["HTTPS_PROXY": "http://ann:c4n%26ry@proxy.example:3128"])
        values.append(proxy)
        let secrets = [
            "c4n&ry", "c4n%26ry", "id+tok/en=", "id%2Btok%2Fen", "YW5uIGI6YzRuJnJ5IHA9c3M6d8O2cmQ", "PHRva2VuPjppZ",
        ]
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            for text in ["\(value)", String(reflecting: value), String(describing: value), dumped] {
                for secret in secrets { #expect(!text.contains(secret), "\(type(of: value))") }
            }
        }
        var shown = ""
        dump(Secret(Self.canary), to: &shown)
        #expect(shown == "- ***\n")
    }

    @Test func `a scope covers what asks for no more on the same resource`() throws {
        let app = try RepositoryName("team/app")
        let other = try RepositoryName("team/app2")
        let pull = AccessScope.repository(app, .pull)
        let push = AccessScope.repository(app, .pullAndPush)
        #expect(push.covers(pull) && push.covers(push) && pull.covers(pull))
        #expect(!pull.covers(push))
        #expect(!push.covers(.repository(other, .pull)))
        #expect(AccessScope.catalog.text == "registry:catalog:*")
        #expect(!AccessScope.catalog.covers(pull))
        #expect(Set([push, .catalog]).covers([pull, .catalog]))
        #expect(!Set([push]).covers([pull, .repository(other, .pull)]))
        #expect(Set<AccessScope>().covers([]))
        #expect(!Set<AccessScope>().covers([pull]))
    }
}
