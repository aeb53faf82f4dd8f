// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OCIRegistry

@Suite struct RegistrableDomainTests {
    @Test(arguments: [
        ("registry.corp.example", "corp.example"), ("corp.example", "corp.example"),
        ("a.b.c.corp.example", "corp.example"), ("registry.gitlab.com", "gitlab.com"),
        ("docker-auth.elastic.co", "elastic.co"), ("a.corp.co.uk", "corp.co.uk"), ("corp.co.uk", "corp.co.uk"),
        ("a.corp.com.au", "corp.com.au"), ("corp.github.io", "corp.github.io"), ("a.corp.github.io", "corp.github.io"),
        ("corp.azurecr.io", "corp.azurecr.io"), ("corp.jfrog.io", "corp.jfrog.io"), ("quay.io", "quay.io"),
    ])
    func `a domain is what somebody can register`(_ host: String, _ domain: String) {
        #expect(RegistrableDomain.domain(of: host) == domain)
    }

    @Test(arguments: [
        "localhost", "registry", "co.uk", "com.au", "github.io", "azurecr.io", "127.0.0.1", "10.0.0.1", "::1",
        "2001:db8::1", "1.dkr.ecr.eu-west-1.amazonaws.com", "bucket.s3.amazonaws.com", "amazonaws.com",
        "europe-docker.pkg.dev", "a.run.app", "corp.blob.core.windows.net", "", ".", "a..b", ".example", "example.",
    ])
    func `addresses, single words and hosting services have none`(_ host: String) {
        #expect(RegistrableDomain.domain(of: host) == nil)
        #expect(!RegistrableDomain.areSame(host, host))
        #expect(!RegistrableDomain.areSame(host, "registry.corp.example"))
        #expect(!RegistrableDomain.areSame("registry.corp.example", host))
    }

    @Test(arguments: [
        ("registry.corp.example", "auth.corp.example", true), ("corp.example", "auth.corp.example", true),
        ("registry.gitlab.com", "gitlab.com", true), ("a.corp.co.uk", "b.corp.co.uk", true),
        ("a.one.github.io", "b.one.github.io", true),
        ("registry.corp.example", "corp.example.evil.test", false), ("corp.example", "evilcorp.example", false),
        ("a.co.uk", "b.co.uk", false), ("one.github.io", "two.github.io", false),
        ("one.azurecr.io", "two.azurecr.io", false), ("one.jfrog.io", "two.jfrog.io", false),
        ("1.dkr.ecr.eu-west-1.amazonaws.com", "evil.s3.amazonaws.com", false),
        ("10.0.0.1", "10.0.0.2", false), ("127.0.0.1", "127.0.0.2", false), ("localhost", "a.localhost", false),
        ("registry-1.docker.io", "docker.io", true), ("registry-1.docker.io", "docker.com", false),
        ("foo.com", "bar.com", false), ("a.xy.de", "b.xy.de", false),
    ])
    func `S01 two hosts are of one domain only where names tell so`(_ left: String, _ right: String, _ areSame: Bool) {
        #expect(RegistrableDomain.areSame(left, right) == areSame)
        #expect(RegistrableDomain.areSame(right, left) == areSame)
    }
}
