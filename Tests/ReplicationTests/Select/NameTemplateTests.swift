// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication
import Testing

@Suite struct NameTemplateTests {
    @Test(arguments: [
        ("{path}", "team/web/app", "team/web/app"),
        ("{name}", "team/web/app", "app"),
        ("{parent}", "team/web/app", "team/web"),
        ("hub/{name}", "team/app", "hub/app"),
        ("{parent}/x-{name}", "team/app", "team/x-app"),
        ("{name}{name}", "a", "aa"),
        ("fixed/name", "a", "fixed/name"),
        ("/{path}", "a", "/a"),
    ])
    func `places are filled in`(_ template: String, _ path: String, _ expected: String) throws {
        #expect(try NameTemplate(template).apply(path: try RepositoryName(path)) == expected)
    }

    @Test func `a template without places gives one name`() throws {
        for (text, isConstant) in [("a/b", true), ("a/{name}", false), ("{path}", false)] {
            #expect(try NameTemplate(text).isConstant == isConstant)
        }
    }

    @Test(arguments: [
        ("", 0, TemplateError.Reason.empty),
        (String(repeating: "a", count: 513), 512, .tooLong(512)),
        ("a/{nam}", 2, .unknown("nam", known: ["path", "name", "parent"])),
        ("{}", 0, .unknown("", known: ["path", "name", "parent"])),
        ("{Name}", 0, .unknown("Name", known: ["path", "name", "parent"])),
        ("a/{name", 2, .unclosed), ("{", 0, .unclosed),
        ("{{name}}", 0, .unknown("{name", known: ["path", "name", "parent"])),
        ("a}", 1, .unopened), ("{name}}", 6, .unopened),
        ("A/{name}", 0, .character), ("a:{name}", 1, .character), ("{name} ", 6, .character),
        ("{name}/é", 7, .character),
    ])
    func `a mistake has a place and a reason`(_ text: String, _ offset: Int, _ reason: TemplateError.Reason) {
        let error = #expect(throws: TemplateError.self) { try NameTemplate(text) }
        #expect(error?.text == text)
        #expect(error?.offset == offset)
        #expect(error?.reason == reason)
    }

    @Test func `a parent that is not there is an error`() throws {
        let template = try NameTemplate("x/{parent}/{name}")
        let path = try RepositoryName("app")
        let error = #expect(throws: TemplateError.self) { try template.apply(path: path) }
        #expect(error?.offset == 2)
        #expect(error?.reason == .noParent(path))
    }
}
