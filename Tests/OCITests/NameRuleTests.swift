// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@Suite struct NameRuleTests {
    private func name(_ rule: String, _ repository: String, from host: String? = "docker.io") throws -> String? {
        try NameRule(rule).name(of: try RepositoryName(repository), from: try host.map { try RegistryHost($0) })?.text
    }

    @Test(
        arguments: [
            ("docker.io/**=hub/**", "library/nginx", "hub/library/nginx"),
            ("docker.io/**=hub", "library/nginx", "hub/library/nginx"),
            ("docker.io/**=**", "library/nginx", "library/nginx"),
            ("docker.io/=hub/*", "library/nginx", "hub/library/nginx"),
            ("docker.io/library/*=hub/*", "library/nginx", "hub/nginx"),
            ("docker.io/library/*=hub/*", "acme/nginx", nil),
            ("docker.io/library/nginx=web", "library/nginx", "web"),
            ("nginx=web", "library/nginx", "web"),
            ("docker.io/library/nginx=web", "library/nginx2", nil),
            ("quay.io/**=hub/**", "library/nginx", nil),
            ("/**=hub/**", "library/nginx", nil),
        ] as [(String, String, String?)]
    )
    func `a rule takes the repositories of its left side, and calls them as its right side says`(
        rule: String,
        repository: String,
        expected: String?
    ) throws {
        #expect(try name(rule, repository) == expected)
    }

    @Test func `what came from no registry is named with a slash in front`() throws {
        #expect(try name("/**=hub/**", "team/app", from: nil) == "hub/team/app")
        #expect(try name("/team/*=hub/*", "team/app", from: nil) == "hub/app")
        #expect(try name("/team/app=app", "team/app", from: nil) == "app")
        #expect(try name("docker.io/**=hub/**", "team/app", from: nil) == nil)
    }

    @Test func `what is no rule is refused with a reason`() throws {
        #expect(throws: NameRuleError.noEquals("docker.io/**")) { try NameRule("docker.io/**") }
        #expect(throws: NameRuleError.notARegistry("layout:x=y")) { try NameRule("layout:x=y") }
        #expect(throws: NameRuleError.image("docker.io/a:1=y")) { try NameRule("docker.io/a:1=y") }
        #expect(throws: AddressError.self) { try NameRule("docker.io/**=Hub/**") }
        #expect(throws: AddressError.self) { try NameRule("docker.io/a*b=hub") }
    }

    @Test func `a name that becomes too long is an error`() throws {
        let rule = try NameRule("docker.io/**=\(String(repeating: "a", count: 250))/**")
        #expect(throws: NameError.self) { try rule.name(of: RepositoryName("library/nginx"), from: .dockerHub) }
    }
}
