// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Replication
import Testing

@testable import mirror

/// What a job of the config file means.
@Suite struct JobSettingsTests {
    private let folder = TemporaryFolder()

    private func read(_ text: String) throws(ConfigMistakes) -> MirrorConfiguration {
        try MirrorConfiguration(parsing: Array("version: 1\n\(text)".utf8), file: "\(folder.url.path)/mirror.yaml")
    }

    /// A single job.
    private func job(_ text: String) throws -> JobSettings {
        try #require(try read("jobs: { it: { \(text) } }").jobs.first)
    }

    /// The rules of a job, and what they are relative to.
    private func rules(_ text: String) throws -> Selection.Ruled {
        guard case .rules(let ruled) = try job(text).selection(now: 7) else {
            throw Fault(description: "no rules: \(text)")
        }
        return ruled
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let text: String
        /// The patterns of the rules.
        let patterns: [String]
        let base: String?
        /// A repository of the source, and what it is called.
        let name: String
        let destination: String

        init(_ text: String, _ patterns: [String], below base: String?, _ name: String, _ destination: String) {
            self.text = text
            self.patterns = patterns
            self.base = base
            self.name = name
            self.destination = destination
        }

        var testDescription: String { text }
    }

    @Test(arguments: [
        // With a list, from is what its names are relative to.
        Row(
            "from: docker.io/library, to: localhost:5000/hub, repositories: [alpine]",
            ["alpine"],
            below: "library",
            "library/alpine",
            "hub/alpine"
        ),
        Row(
            "from: docker.io/acme, to: localhost:5000/, repositories: [app]",
            ["app"],
            below: "acme",
            "acme/app",
            "app"
        ),
        Row(
            "from: docker.io/, to: b.lan/hub, repositories: [nginx, acme/app]",
            ["library/nginx", "acme/app"],
            below: nil,
            "library/nginx",
            "hub/library/nginx"
        ),
        Row(
            "from: docker.io/, to: b.lan/hub, repositories: ['acme/*']",
            ["acme/*"],
            below: nil,
            "acme/app",
            "hub/acme/app"
        ),
        Row("from: a.lan/, to: b.lan/, repositories: [nginx]", ["nginx"], below: nil, "nginx", "nginx"),
        Row("from: a.lan/team, to: b.lan/m, repositories: ['**']", ["**"], below: "team", "team/x/app", "m/x/app"),
        Row("from: a.lan/team/web, to: b.lan/, repositories: [app]", ["app"], below: "team/web", "team/web/app", "app"),
        Row("from: a.lan/, to: docker.io/acme, repositories: [app]", ["app"], below: nil, "app", "acme/app"),
        Row("from: a.lan/, to: docker.io/library, repositories: [app]", ["app"], below: nil, "app", "library/app"),
        // Without one, it is an address.
        Row("from: a.lan/, to: b.lan/m", ["**"], below: nil, "x/app", "m/x/app"),
        Row("from: docker.io/acme/**, to: b.lan/", ["**"], below: "acme", "acme/app", "app"),
        Row("from: a.lan/x/**, to: docker.io/acme", ["**"], below: "x", "x/y/app", "acme/y/app"),
        Row("from: a.lan/x/*, to: b.lan/y", ["*"], below: "x", "x/app", "y/app"),
        Row("from: a.lan/x/app, to: b.lan/y", ["x/app"], below: nil, "x/app", "y"),
        Row("from: nginx, to: b.lan/hub/nginx", ["library/nginx"], below: nil, "library/nginx", "hub/nginx"),
        Row("from: a.lan/x/app, to: docker.io/app", ["x/app"], below: nil, "x/app", "library/app"),
    ])
    func `from and to mean these names`(_ row: Row) throws {
        let job = try job(row.text)
        let ruled = try rules(row.text)
        #expect(ruled.rules.rules.map(\.pattern.text) == row.patterns)
        #expect(ruled.base?.text == row.base)
        #expect(ruled.now == 7)
        #expect(try job.mapping.destination(of: RepositoryName(row.name)).text == row.destination)
    }

    @Test(arguments: [
        ("a.lan/", "b.lan/m"), ("a.lan/x/**", "docker.io/acme"), ("a.lan/x/*", "b.lan/"), ("a.lan/x", "b.lan/y"),
        ("docker.io/library/**", "docker.io/acme"), ("nginx", "localhost:5000/nginx"), ("a.lan/x", "docker.io/y"),
        ("nginx:1.27", "localhost:5000/hub/nginx"), ("nginx:1.27", "b.lan/nginx:stable"), ("a.lan/x:1", "docker.io/y"),
        ("a.lan/x@sha256:\(String(repeating: "0", count: 64))", "b.lan/x:1"),
    ])
    func `without a list, a job names things as a copy does`(_ from: String, _ to: String) throws {
        let isImage = from.contains("@") || from.dropFirst(6).contains(":") || from.hasPrefix("nginx:")
        let pair = try AddressPair(source: from, destination: to, allTags: from == "a.lan/x" || from == "nginx")
        let job = try job("from: '\(from)', to: '\(to)'")
        #expect(job.mapping == pair.mapping)
        #expect(job.source.value == pair.source)
        #expect(job.destination.value == pair.destination)
        if isImage { #expect(try job.selection(now: 0) == pair.selection) }
    }

    @Test func `the job's tags hold for repositories that say nothing themselves`() throws {
        let zero = "sha256:\(String(repeating: "0", count: 64))"
        let ruled = try rules(
            """
            from: a.lan/, to: b.lan/, tags: { newest: 5 }, repositories: [
              a, { name: b }, { name: c, tags: [x] }, { name: d, digests: ['\(zero)'] }, { name: e, as: f },
              { name: g, digests: ['\(zero)'], tags: { newest: 1 } }, { name: h, digests: [] }, { name: i, digests: },
              { name: 'k/*', tags: {} }, '!k/z' ]
            """
        )
        let newest = TagRule(newest: .init(count: 5, by: .version))
        let digest = try Digest(zero)
        #expect(
            try ruled.rules.rules == [
                RepositoryRule(pattern: RepositoryPattern("a"), tags: newest),
                RepositoryRule(pattern: RepositoryPattern("b"), tags: newest),
                RepositoryRule(pattern: RepositoryPattern("c"), tags: TagRule(include: [TagPattern("x")])),
                RepositoryRule(pattern: RepositoryPattern("d"), tags: nil, digests: [digest]),
                RepositoryRule(pattern: RepositoryPattern("e"), tags: newest, rename: NameTemplate("f")),
                RepositoryRule(
                    pattern: RepositoryPattern("g"),
                    tags: TagRule(newest: .init(count: 1, by: .version)),
                    digests: [digest]
                ),
                // A list whose lines are all commented out says nothing.
                RepositoryRule(pattern: RepositoryPattern("h"), tags: newest),
                RepositoryRule(pattern: RepositoryPattern("i"), tags: newest),
                RepositoryRule(pattern: RepositoryPattern("k/*"), tags: TagRule()),
            ]
        )
        #expect(ruled.rules.exclusions.map(\.text) == ["k/z"])
        #expect(try rules("from: a.lan/x, to: b.lan/y, tags: { newest: 5 }").rules.rules.map(\.tags) == [newest])
        #expect(try rules("from: a.lan/, to: b.lan/").rules.rules.map(\.tags) == [nil])
    }

    @Test(
        arguments: [
            ("[1.20, 'a*', /b/]", TagRule(include: ["1.20", "a*", "/b/"].compactMap { try? TagPattern($0) })),
            (
                "{ include: [a], exclude: [b] }",
                TagRule(
                    include: ["a"].compactMap { try? TagPattern($0) },
                    exclude: ["b"].compactMap { try? TagPattern($0) }
                )
            ),
            ("{ semver: 1.20 }", TagRule(versions: try? VersionRange("1.20"))),
            ("{ semver: '>=1.24 <2' }", TagRule(versions: try? VersionRange(">=1.24 <2"))),
            ("{ pushed-within: 90d }", TagRule(pushedWithin: 7_776_000)),
            ("{ pushed-within: 1s }", TagRule(pushedWithin: 1)),
            ("{ newest: 3 }", TagRule(newest: .init(count: 3, by: .version))),
            ("{ newest: { count: 3 } }", TagRule(newest: .init(count: 3, by: .version))),
            ("{ newest: { count: 100000, by: date } }", TagRule(newest: .init(count: 100_000, by: .date))),
        ] as [(String, TagRule)]
    )
    func `tags are chosen by these rules`(_ text: String, rule: TagRule) throws {
        #expect(try rules("from: a.lan/, to: b.lan/, tags: \(text)").rules.rules.map(\.tags) == [rule])
    }

    @Test func `what a job does not say comes from the defaults, and what these do not say is built in`() throws {
        func overwrite(_ defaults: String, _ own: String) throws -> [JobSettings.Sourced<JobSettings.Overwrite>] {
            try read("defaults: \(defaults)\njobs:\n  a: { from: a.lan/, to: b.lan/\(own) }").jobs.map(\.overwrite)
        }
        #expect(try overwrite("{}", "") == [.init(value: .always, origin: .builtIn)])
        #expect(try overwrite("{ overwrite: never }", "") == [.init(value: .never, origin: .defaults(line: 2))])
        #expect(
            try overwrite("{ overwrite: never }", ", overwrite: if-unchanged") == [
                .init(value: .ifUnchanged, origin: .line(4))
            ]
        )
        #expect(try overwrite("", ", overwrite: always") == [.init(value: .always, origin: .line(4))])
    }

    @Test func `references are named below from, and a file that is not there yet is told when the job runs`() throws {
        let digest = "sha256:\(String(repeating: "1", count: 64))"
        try folder.write("alpine\nnginx:1.27\nacme/app@\(digest)\nalpine\n", to: "lists/images.txt")
        func names(_ from: String) throws -> [String] {
            guard
                case .references(let list) = try job("from: \(from), to: b.lan/m, references: lists/images.txt")
                    .selection(now: 0)
            else { return [] }
            return list.map { "\($0.repository)\($0.target.map { "\($0)" } ?? "")" }
        }
        #expect(try names("a.lan/x") == ["x/alpine", "x/nginx:1.27", "x/acme/app@\(digest)"])
        #expect(try names("a.lan/") == ["alpine", "nginx:1.27", "acme/app@\(digest)"])
        #expect(try names("docker.io/") == ["library/alpine", "library/nginx:1.27", "acme/app@\(digest)"])
        #expect(
            try names("docker.io/library") == ["library/alpine", "library/nginx:1.27", "library/acme/app@\(digest)"]
        )
        let later = try job("from: a.lan/x, to: b.lan/m, references: later.txt")
        guard case .references(let list) = later.content.value else {
            Issue.record("\(later.content)")
            return
        }
        #expect(list.missing == "\(folder.url.path)/later.txt")
        #expect(throws: ConfigFileMissing.self) { try later.selection(now: 0) }
        #expect(try later.mapping.destination(of: RepositoryName("x/app")).text == "m/app")
    }

    @Test func `images of files are taken that lie below from, and what no job takes is told once`() throws {
        let digest = "sha256:\(String(repeating: "1", count: 64))"
        try folder.write(
            """
            kind: Deployment
            spec:
              containers:
                - image: nginx:1.27
                - image: docker.io/acme/app:2@\(digest)
                - image: a.lan/x/y:1
                - image: c.lan/z@\(digest)
            """,
            to: "app.yaml"
        )
        let configuration = try read(
            """
            jobs:
              hub: { from: docker.io/, to: b.lan/hub, images-from: [app.yaml] }
              library: { from: docker.io/library, to: b.lan/library, images-from: [app.yaml] }
              rest: { from: a.lan/, to: b.lan/a, images-from: [app.yaml, app.yaml] }
              empty: { from: d.lan/, to: b.lan/d, images-from: [app.yaml] }
            """
        )
        func names(_ index: Int) throws -> [String] {
            guard case .references(let list) = try configuration.jobs[index].selection(now: 0) else { return [] }
            return list.map {
                "\($0.repository)\($0.writtenTag.map { ":\($0)" } ?? "")\($0.target.map { "\($0)" } ?? "")"
            }
        }
        #expect(try names(0) == ["library/nginx:1.27", "acme/app:2@\(digest)"])
        #expect(try names(1) == ["library/nginx:1.27"])
        #expect(try names(2) == ["x/y:1"])
        #expect(try names(3) == [])
        let path = "\(folder.url.path)/app.yaml"
        #expect(
            configuration.jobs.map(\.warnings) == [
                ["not below docker.io/, and taken by no job: c.lan/z@\(digest) (\(path):7)"], [], [],
                ["no image of \(path) is below d.lan/"],
            ]
        )
        #expect(
            JobText.text(configuration.jobs[0], configuration, Style(isColoured: false))
                .contains("images-from  \(path) (2, 2 elsewhere)")
        )
        let later = try job("from: a.lan/, to: b.lan/, images-from: [app.yaml, later.yaml]")
        #expect(later.warnings == [])
        #expect(throws: ConfigFileMissing.self) { try later.selection(now: 0) }
    }

    @Test func `what images are tagged that are named by digest comes from the job, the defaults, or is built in`()
        throws
    {
        func tags(_ defaults: String, _ own: String) throws -> JobSettings.Sourced<DigestTags> {
            let job = try #require(
                try read("defaults: \(defaults)\njobs:\n  a: { from: a.lan/, to: b.lan/\(own) }").jobs.first
            )
            #expect(job.mapping.digestTags == job.digestTags.value)
            return job.digestTags
        }
        #expect(try tags("{}", "") == .init(value: .standard, origin: .builtIn))
        #expect(
            try tags("{ tag-for-digests: 'x-{short}' }", "")
                == .init(value: DigestTags("x-{short}"), origin: .defaults(line: 2))
        )
        #expect(
            try tags("{ tag-for-digests: 'x-{short}' }", ", tag-for-digests: none")
                == .init(value: .untagged, origin: .line(4))
        )
    }

    @Test func `another source or destination under the same name is another job`() throws {
        let folders = try [
            "from: a.lan/, to: b.lan/", "from: a.lan/, to: b.lan/x", "from: a.lan/x/**, to: b.lan/",
            "from: c.lan/, to: b.lan/",
        ]
        .map { try job($0).stateFolder.lastPathComponent }
        #expect(Set(folders).count == 4)
        #expect(folders.allSatisfy { $0.hasPrefix("it-") && $0.count == 15 })
        #expect(try job("from: a.lan/, to: b.lan/, tags: [x]").stateFolder.lastPathComponent == folders[0])
    }

    @Test func `what holds for jobs is shown with where it comes from`() throws {
        let text = """
            version: 1
            registries:
              docker.io: { credentials: { username: acme, password: { env: X } }, limits: { requests: 4 }, mirrors: [m.lan/x] }
              b.lan: { transport: http, credentials: { helper: pass } }
              localhost:5000:
                credentials: [{ repositories: [hub/**, x], username: hub, password: { env: Y } }, { helper: pass }]
            defaults: { overwrite: never }
            jobs:
              base:
                from: docker.io/library
                to: localhost:5000/hub
                repositories:
                  - alpine
                  - name: nginx
                    tags: { include: ["1.*"], exclude: ["*-perl"], semver: ">=1.24" }
                    as: tools/{name}
                  - name: redis
                    tags: { newest: { count: 5, by: date }, pushed-within: 36h }
                  - name: python
                    digests: ["sha256:\(String(repeating: "0", count: 64))"]
                  - "!secret/**"
                tags: { newest: 3 }
                overwrite: if-unchanged
              one: { from: "a.lan/app:1", to: b.lan/app }
              listed: { from: a.lan/, to: b.lan/, references: none.txt }
            spool: always
            spool-limit: 20GB
            """
        let configuration = try MirrorConfiguration(parsing: Array(text.utf8), file: "mirror.yaml")
        let shown = configuration.jobs.map { JobText.text($0, configuration, Style(isColoured: false)) }
        #expect(
            shown.joined(separator: "\n\n") == """
                base  mirror.yaml:9
                  from         docker.io/library                                             line 10
                  to           localhost:5000/hub                                            line 11
                  overwrite    if-unchanged                                                  line 23
                  referrers    all                                                           built in
                  platforms    all                                                           built in
                  layers       non-distributable: skip                                       built in
                  digests      tagged pinned-{algorithm}-{hex}                               built in
                  repository   alpine: newest 3 by version                                   line 13
                  repository   nginx: include 1.*, exclude *-perl, semver >=1.24, as tools/{name}  line 14
                  repository   redis: pushed within 36h, newest 5 by date                    line 17
                  repository   python: 1 digest                                              line 19
                  repository   !secret/**                                                    line 12
                  source       docker.io, https, 4 requests at once                          registries
                               credentials: user acme                                        registries
                               read from m.lan/x, then from itself                           registries
                               spool: always                                                 line 26
                               spool-limit: 20GB                                             line 27
                  destination  localhost:5000, http, 16 requests at once                     registries
                               credentials: user hub for hub/** x                            registries
                               credentials: docker-credential-pass for others                registries

                one  mirror.yaml:24
                  from         a.lan/app:1                                     line 24
                  to           b.lan/app                                       line 24
                  overwrite    never                                           defaults, line 7
                  referrers    all                                             built in
                  platforms    all                                             built in
                  layers       non-distributable: skip                         built in
                  digests      tagged pinned-{algorithm}-{hex}                 built in
                  image        app:1                                           line 24
                  source       a.lan, https, 16 requests at once               built in
                               credentials: where docker and podman keep them  built in
                               spool: always                                   line 26
                               spool-limit: 20GB                               line 27
                  destination  b.lan, http, 16 requests at once                registries
                               credentials: docker-credential-pass             registries

                listed  mirror.yaml:25
                  from         a.lan/                                          line 25
                  to           b.lan/                                          line 25
                  overwrite    never                                           defaults, line 7
                  referrers    all                                             built in
                  platforms    all                                             built in
                  layers       non-distributable: skip                         built in
                  digests      tagged pinned-{algorithm}-{hex}                 built in
                  references   ./none.txt (not there yet)                      line 25
                  source       a.lan, https, 16 requests at once               built in
                               credentials: where docker and podman keep them  built in
                               spool: always                                   line 26
                               spool-limit: 20GB                               line 27
                  destination  b.lan, http, 16 requests at once                registries
                               credentials: docker-credential-pass             registries
                """
        )
    }

    @Test func `a list of references is shown with how many it has`() throws {
        try folder.write("alpine\nnginx:1.27\n", to: "images.txt")
        let configuration = try read("jobs: { it: { from: a.lan/, to: b.lan/, references: images.txt } }")
        let job = try #require(configuration.jobs.first)
        #expect(
            JobText.text(job, configuration, Style(isColoured: false)).contains("\(folder.url.path)/images.txt (2)")
        )
    }

    @Test func `colours are only in the coloured style`() throws {
        let configuration = try read("jobs: { it: { from: a.lan/, to: b.lan/ } }")
        let job = try #require(configuration.jobs.first)
        #expect(!JobText.text(job, configuration, Style(isColoured: false)).contains("\u{1B}"))
        #expect(JobText.text(job, configuration, Style(isColoured: true)).contains("\u{1B}[1mit\u{1B}[0m"))
    }
}
