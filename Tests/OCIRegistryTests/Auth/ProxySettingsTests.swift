// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import OCIRegistry

@Suite struct ProxySettingsTests {
    private func origin(_ url: String) throws -> RequestURL.Origin {
        let isTLS = url.hasPrefix("https://")
        return RequestURL.Origin(
            scheme: isTLS ? .https : .http,
            host: try RegistryHost(String(url.dropFirst(isTLS ? 8 : 7)))
        )
    }

    /// The proxy for a host as `host:port` or `user:password@host:port`.
    private func proxy(for url: String, _ environment: [String: String]) throws -> String? {
        let server = try ProxySettings(environment: environment).server(for: origin(url))
        return server.map { server in
            let login = server.login.map { "\($0.username):\($0.password.exposed)@" } ?? ""
            return "\(login)\(server.host.name):\(server.port)"
        }
    }

    /// An environment and the proxies of `https://registry.example` and `http://registry.example`.
    struct Row: Sendable, CustomTestStringConvertible {
        let environment: [String: String]
        var secure: String?
        var plain: String?

        init(_ environment: [String: String], https secure: String? = nil, http plain: String? = nil) {
            self.environment = environment
            self.secure = secure
            self.plain = plain
        }

        var testDescription: String { "\(environment.sorted { $0.key < $1.key })" }
    }

    @Test(arguments: [
        Row([:]),
        Row(["HTTPS_PROXY": ""]),
        Row(["HTTPS_PROXY": "http://p.example:3128"], https: "p.example:3128"),
        Row(["HTTP_PROXY": "http://p.example:3128/"], http: "p.example:3128"),
        Row(["HTTPS_PROXY": "p.example:3128"], https: "p.example:3128"),
        Row(["HTTPS_PROXY": "HTTP://p.example"], https: "p.example:80"),
        Row(["HTTPS_PROXY": "http://10.0.0.1:8080"], https: "10.0.0.1:8080"),
        Row(["HTTPS_PROXY": "http://[::1]:8080"], https: "::1:8080"),
        Row(["HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:2"], https: "lower:2"),
        Row(["HTTPS_PROXY": "http://upper:1", "https_proxy": ""]),
        Row(["HTTPS_PROXY": "http://s:1", "http_proxy": "http://p:2"], https: "s:1", http: "p:2"),
        Row(["HTTPS_PROXY": "http://ann:p%40ss%3Aw%C3%B6rd@p:1"], https: "ann:p@ss:wörd@p:1"),
        Row(["HTTPS_PROXY": "http://ann:a:b@p:1"], https: "ann:a:b@p:1"),
        Row(["HTTPS_PROXY": "http://ann:a@b@p:1"], https: "ann:a@b@p:1"),
        Row(["HTTPS_PROXY": "http://ann@p:1"], https: "ann:@p:1"),
        Row(["ALL_PROXY": "http://p:1", "PROXY": "http://p:1"]),
    ])
    func `the environment names the proxies`(_ row: Row) throws {
        #expect(try proxy(for: "https://registry.example", row.environment) == row.secure)
        #expect(try proxy(for: "http://registry.example", row.environment) == row.plain)
    }

    @Test(arguments: [
        "socks://p:1", "socks5://s3cret@p:1", "https://p:1", "ftp://p", "http://", "://p", "http://p:0",
        "http://p:99999",
        "http://p:x", "http://ann:s3cret@", "http://ann:s3cret%zz@p:1", "http://ann:s3cret%4", "http://a%ff:s3cret@p:1",
        "http://p:1/path", "http://p p:1", "http://0x7f000001:1", "http://p\r\n:1", "not a proxy s3cret",
    ])
    func `a proxy that cannot be used is an error that does not show its text`(_ text: String) throws {
        for variable in ["HTTPS_PROXY", "HTTP_PROXY"] {
            for name in [variable, variable.lowercased()] {
                let error = try #require(throws: ProxyError.self) { try ProxySettings(environment: [name: text]) }
                #expect(error == ProxyError(variable: variable))
                #expect(!String(reflecting: error).contains("s3cret"))
            }
        }
    }

    @Test(arguments: [
        ("registry.example", true), ("REGISTRY.Example", true), ("example", true), (".example", true),
        ("*.example", true), ("*", true), ("other.test, registry.example", true), ("other.test registry.example", true),
        (",, registry.example,,", true), ("registry.example:443", true), (".example:443", true),
        ("", false), ("registry.example:8443", false), ("gistry.example", false), ("y.example", false),
        ("a.registry.example", false), ("registry.example.test", false), ("10.0.0.0/8", false), ("0.0.0.0/0", false),
        ("/", false), ("a/b/c", false), (":443", false),
    ])
    func `NO_PROXY names hosts by themselves, their domain or all`(_ exceptions: String, _ isDirect: Bool) throws {
        for name in ["NO_PROXY", "no_proxy"] {
            let environment = ["HTTPS_PROXY": "http://p:1", name: exceptions]
            #expect(try (proxy(for: "https://registry.example", environment) == nil) == isDirect)
        }
    }

    @Test(arguments: [
        ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.0.0.0/8", true), ("10.1.2.3", "10.1.2.3/32", true),
        ("10.1.2.3", "0.0.0.0/0", true), ("10.1.2.3", "10.1.2.0/23", true), ("10.1.3.3", "10.1.2.0/23", true),
        ("10.1.2.3", "10.1.2.3:443", true), ("10.1.2.3", "10.1.2.3:80", false),
        ("10.1.4.3", "10.1.2.0/23", false), ("11.0.0.1", "10.0.0.0/8", false), ("10.1.2.3", "10.1.2.4/32", false),
        ("10.1.2.3", "10.0.0.0/33", false), ("10.1.2.3", "10.0.0.0/-1", false), ("10.1.2.3", "10.0.0.0/", false),
        ("10.1.2.3", "::/0", false), ("110.1.2.3", "10.1.2.3", false), ("10.1.2.3", "2.3", false),
        ("[2001:db8::7]", "2001:db8::/32", true), ("[2001:db8::7]", "2001:db8::7/128", true),
        ("[2001:db8::7]", "2001:db8::7", true), ("[2001:db8::7]", "2001:DB8:0::7", true),
        ("[2001:db8::7]", "[2001:db8::7]", true), ("[2001:db8::7]", "[2001:db8::7]:443", true),
        ("[2001:db8::7]", "[2001:db8::7]:80", false), ("[2001:db9::7]", "2001:db8::/32", false),
        ("[2001:db8::7]", "2001:db8::8", false), ("[2001:db8::7]", "0.0.0.0/0", false),
    ])
    func `NO_PROXY names addresses and networks`(_ host: String, _ exceptions: String, _ isDirect: Bool) throws {
        let environment = ["HTTPS_PROXY": "http://p:1", "NO_PROXY": exceptions]
        #expect(try (proxy(for: "https://\(host)", environment) == nil) == isDirect)
    }

    @Test(arguments: ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"])
    func `this machine is never reached through a proxy`(_ host: String) throws {
        let environment = ["HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://p:1"]
        #expect(try proxy(for: "https://\(host):5000", environment) == nil)
        #expect(try proxy(for: "http://\(host):5000", environment) == nil)
    }

    @Test func `without an environment there is no proxy`() throws {
        #expect(try ProxySettings() == ProxySettings(environment: [:]))
        #expect(try ProxySettings().server(for: origin("https://registry.example")) == nil)
    }
}
