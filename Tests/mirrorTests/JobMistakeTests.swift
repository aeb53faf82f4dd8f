// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Testing

@testable import mirror

/// What is said of a config file whose jobs cannot be used.
@Suite struct JobMistakeTests {
    private let folder = TemporaryFolder()

    /// All that is wrong with a text.
    private func mistakes(_ text: String) -> [ConfigMistake] {
        do throws(ConfigMistakes) {
            _ = try MirrorConfiguration(parsing: Array(text.utf8), file: "\(folder.url.path)/mirror.yaml")
            return []
        } catch { return error.mistakes }
    }

    /// The lines that tell it.
    private func lines(_ text: String) -> [String] {
        ConfigWording.lines(for: ConfigMistakes(file: "mirror.yaml", mistakes: mistakes(text)))
    }

    /// What is wrong with a single job, each without the file and `jobs.it.`.
    private func job(_ text: String) -> [String] {
        lines("version: 1\njobs:\n  it: { \(text) }")
            .map { line in
                let place = line.split(separator: " ", maxSplits: 1)
                let text = place.count > 1 ? String(place[1]) : line
                return text.replacing("jobs.it.", with: "")
            }
    }

    private static let planted = """
        version: 1
        registries:
          docker.io:
            credentials: { username: acme, password: hunter2 }
            limit: { requests: 4 }
        defaults:
          overwrite: sometimes
        jobs:
          base images: { from: docker.io/library, to: localhost:5000/hub, repositories: [alpine] }
          hub:
            from: docker.io/library
            form: docker.io/library
            repositories:
              - alpine
              - name: alpine
              - "!busybox"
              - busybox
              - team/**app
              - name: nginx
                tags:
                  include: ["/v[0-9/"]
                  exclude: [1 2]
                  semver: 1.x || >=
                  newest: 0
                  pushed-within: 90
                as: tools/{nmae}
              - name: team/*
                digests: [sha256:12]
                as: tools
              - nam: redis
            overwrite: &rule always
          image:
            from: a.lan/app:1
            to: b.lan
            repositories: [x]
            references: list.txt
            tags: [x]
            overwrite: *rule
          there: { from: a.lan/x, to: b.lan/y, repositories: ["**"] }
          back: { from: b.lan/y/z, to: a.lan/x, repositories: ["*"] }
          same: { from: a.lan/x, to: a.lan/x, repositories: [y] }
          same: { from: a.lan/x/**, to: b.lan/x:1 }
        """

    @Test func `a config with thirty planted mistakes gives thirty messages at the right places`() {
        let expected = """
            4:46: registries."docker.io".credentials.password: a secret cannot stand in this file, which others read and \
            which is kept in versions; write {env: NAME} or {file: PATH}
            5:5: registries."docker.io".limit: the key is not known; did you mean limits?
            7:14: defaults.overwrite: "sometimes" cannot stand here; write always, if-unchanged or never
            9:3: jobs."base images": this is not the name of a job: letters, digits, dots, hyphens and underscores, 64 at most
            11:5: jobs.hub: to is missing
            12:5: jobs.hub.form: the key is not known; did you mean from?
            15:9: jobs.hub.repositories[1]: alpine stands already in line 14; say there what is meant
            17:9: jobs.hub.repositories[3]: it is excluded in line 16
            18:9: jobs.hub.repositories[4]: "team/**app" is not a pattern: ** stands for whole parts between slashes, as in \
            team/**
            21:21: jobs.hub.repositories[5].tags.include[0]: "/v[0-9/" is not a regular expression: expected ']'
            22:21: jobs.hub.repositories[5].tags.exclude[0]: "1 2" is not a pattern: byte 2 can stand in no name, and is no \
            wildcard
            23:19: jobs.hub.repositories[5].tags.semver: "1.x || >=" is not a range of versions: byte 10: a version is \
            missing; write >=1.24, ^1.2, 1.x or 1.2 - 1.4
            24:19: jobs.hub.repositories[5].tags.newest: 0 is not between 1 and 100000
            25:26: jobs.hub.repositories[5].tags.pushed-within: expected a duration such as 500ms, 15s, 10m, 2h or 30d, but \
            found a text
            26:13: jobs.hub.repositories[5].as: "tools/{nmae}" is not a template of names: byte 7: {nmae} is not known; \
            known are {path}, {name} and {parent}
            28:18: jobs.hub.repositories[6].digests: a digest belongs to one repository, but the name is a pattern
            28:19: jobs.hub.repositories[6].digests[0]: "sha256:12" is not a digest
            29:13: jobs.hub.repositories[6].as: every repository of the pattern would get this name; write {path} or {name} \
            in it
            30:9: jobs.hub.repositories[7].nam: the key is not known; did you mean name?
            30:9: jobs.hub.repositories[7]: name is missing
            31:16: jobs.hub.overwrite: an anchor cannot stand in a config file; write out what is meant
            31:16: jobs.image.overwrite: an anchor cannot stand in a config file; write out what is meant
            33:11: jobs.image.from: expected a registry or a path, not an image, since repositories are listed
            34:9: jobs.image.to: cannot read the address "b.lan", byte 1: b.lan alone could be a registry or an image; write \
            b.lan/ for the whole registry, b.lan/path for a repository
            36:5: jobs.image.references: it has no meaning beside repositories
            37:11: jobs.image.tags: it has no meaning beside references
            39:3: jobs.there: jobs copy into each other (there → back → there), so each would undo what is pushed at its \
            destination; write overwrite: if-unchanged or never
            40:3: jobs.back: jobs copy into each other (back → there → back), so each would undo what is pushed at its \
            destination; write overwrite: if-unchanged or never
            41:30: jobs.same.to: from and to are the same place
            42:3: jobs.same: the key stands already in line 41
            """
        let expectedLines = expected.split(separator: "\n").map { "mirror.yaml:\($0)" }
        let lines = lines(Self.planted)
        #expect(lines.count == 30)
        for (line, expected) in zip(lines, expectedLines) { #expect(line == expected) }
        #expect(lines.count == expectedLines.count)
        #expect(!"\(mistakes(Self.planted))".contains("hunter2"))
    }

    @Test func `JSON gives the same marks as the same text does as YAML`() {
        let json = #"""
            {
              "version": 1,
              "jobs": {
                "a b": { "from": "a.lan/", "to": "b.lan/" },
                "hub": {
                  "from": "docker.io/library",
                  "too": "b.lan/x",
                  "repositories": [ "x", "!x", { "name": "y", "tags": { "newest": 0 }, "as": "{" }, "x" ]
                }
              }
            }
            """#
        #expect(
            lines(json) == [
                "mirror.yaml:4:5: jobs.\"a b\": this is not the name of a job: "
                    + "letters, digits, dots, hyphens and underscores, 64 at most",
                "mirror.yaml:5:12: jobs.hub: to is missing",
                "mirror.yaml:7:7: jobs.hub.too: the key is not known; did you mean to?",
                "mirror.yaml:8:25: jobs.hub.repositories[0]: it is excluded in line 8",
                "mirror.yaml:8:71: jobs.hub.repositories[2].tags.newest: 0 is not between 1 and 100000",
                "mirror.yaml:8:82: jobs.hub.repositories[2].as: \"{\" is not a template of names: byte 1: "
                    + "the brace is not closed",
                "mirror.yaml:8:89: jobs.hub.repositories[3]: x stands already in line 8; say there what is meant",
                "mirror.yaml:8:89: jobs.hub.repositories[3]: it is excluded in line 8",
            ]
        )
        // The same in one line, and with other blanks: the columns follow.
        let flat = json.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: " ")
        #expect(
            lines(flat).map { $0.split(separator: ": ", maxSplits: 1)[1] }
                == lines(json)
                .map { line in
                    line.replacing("in line 8", with: "in line 1").split(separator: ": ", maxSplits: 1)[1]
                }
        )
        #expect(lines(flat).allSatisfy { $0.hasPrefix("mirror.yaml:1:") })
    }

    @Test(
        arguments: [
            ("from: a.lan/", ["it: to is missing"]),
            ("", ["it: from is missing", "it: to is missing"]),
            (
                "from: a.lan/x/*, to: b.lan/, repositories: [x]",
                ["from: expected a registry or a path, without *, since repositories are listed"]
            ),
            (
                "from: a.lan/x/**, to: b.lan/, references: x",
                ["from: expected a registry or a path, without *, since repositories are listed"]
            ),
            (
                "from: a.lan/x@sha256:1, to: b.lan/y",
                ["from: cannot read the address \"a.lan/x@sha256:1\", byte 9: \"sha256:1\" is not a digest"]
            ),
            ("from: a.lan/x/**, to: b.lan/y/**", ["to: the destination must be one place, without *"]),
            (
                "from: a.lan/x, to: b.lan/",
                ["to: the source is one repository, and the destination does not say what to call it"]
            ),
            ("from: a.lan/x, to: b.lan/x:1", ["to: the destination names one tag, and the source many"]),
            (
                "from: a.lan/x, to: 'b.lan/x@sha256:\(String(repeating: "0", count: 64))'",
                ["to: the destination names a digest, which only content can decide"]
            ),
            ("from: a.lan/, to: a.lan/", ["to: from and to are the same place"]),
            ("from: a.lan/**, to: a.lan/", ["to: from and to are the same place"]),
            ("from: a.lan/x/**, to: a.lan/x", ["to: from and to are the same place"]),
            ("from: a.lan/x, to: a.lan/x", ["to: from and to are the same place"]),
            ("from: a.lan/x:1, to: a.lan/x:1", ["to: from and to are the same place"]),
            (
                "from: docker.io/library, to: docker.io/library, repositories: [x]",
                ["to: from and to are the same place"]
            ),
            ("from: a.lan/x:1, to: b.lan/x, tags: [y]", ["tags: it has no meaning beside one image in from"]),
            ("from: [a.lan/], to: b.lan/", ["from: expected a text, but found a list"]),
            ("from: a.lan/, to: ", ["to: expected a text, but found nothing"]),
            ("from: a.lan/, to: b.lan/, repositories: x", ["repositories: expected a list, but found a text"]),
            (
                "from: a.lan/, to: b.lan/, repositories: []",
                ["repositories: expected a list with a repository in it, but found none"]
            ),
            (
                "from: a.lan/, to: b.lan/, repositories: ['!x']",
                ["repositories: expected a list with a repository in it, but found none"]
            ),
            (
                "from: a.lan/, to: b.lan/, repositories: [x, [y]]",
                ["repositories[1]: expected a mapping, but found a list"]
            ),
            (
                "from: a.lan/, to: b.lan/, repositories: ['']",
                ["repositories[0]: expected the name of a repository, but found an empty text"]
            ),
            ("from: a.lan/, to: b.lan/, repositories: ['!']", ["repositories[0]: the pattern is empty"]),
            (
                "from: a.lan/, to: b.lan/, repositories: [yes]",
                ["repositories[0]: expected the name of a repository, but found the word yes"]
            ),
            (
                "from: a.lan/, to: b.lan/, repositories: [X]",
                ["repositories[0]: \"X\" is not a pattern: byte 1 can stand in no name, and is no wildcard"]
            ),
            (
                "from: a.lan/, to: b.lan/, repositories: [a//b]",
                ["repositories[0]: \"a//b\" is not a pattern: byte 3: a name is missing beside a slash"]
            ),
            (
                "from: a.lan/, to: b.lan/, repositories: [{ name: x, tag: 1 }]",
                ["repositories[0].tag: the key is not known; did you mean tags?"]
            ),
            (
                "from: a.lan/, to: b.lan/, repositories: [{ name: x, as: '' }]",
                ["repositories[0].as: expected a name, but found an empty text"]
            ),
            (
                "from: a.lan/, to: b.lan/, repositories: [{ name: x, as: 'a}' }]",
                ["repositories[0].as: \"a}\" is not a template of names: byte 2: the brace closes nothing"]
            ),
            (
                "from: a.lan/, to: b.lan/, repositories: [{ name: x, as: A }]",
                ["repositories[0].as: \"A\" is not a template of names: byte 1 can stand in no name"]
            ),
            (
                "from: a.lan/, to: b.lan/, repositories: [{ name: x, digests: sha256 }]",
                ["repositories[0].digests: expected a list, but found a text"]
            ),
            (
                "from: a.lan/, to: b.lan/, repositories: [{ name: x, digests: ['md5:00'] }]",
                ["repositories[0].digests[0]: digests of the algorithm md5 cannot be verified here"]
            ),
            ("from: a.lan/, to: b.lan/, tags: 1.0", ["tags: expected a mapping, but found a text"]),
            ("from: a.lan/, to: b.lan/, tags: [[]]", ["tags[0]: expected a tag or a pattern, but found a list"]),
            (
                "from: a.lan/, to: b.lan/, tags: [/a]",
                ["tags[0]: \"/a\" is not a pattern: a regular expression ends with a slash, as in /v[0-9]+/"]
            ),
            (
                "from: a.lan/, to: b.lan/, tags: [/a/i]",
                [
                    "tags[0]: \"/a/i\" is not a pattern: byte 4: nothing can follow the slash that ends a regular expression"
                ]
            ),
            (
                "from: a.lan/, to: b.lan/, tags: { semver: '>=latest' }",
                ["tags.semver: \">=latest\" is not a range of versions: byte 3: \"latest\" is no version"]
            ),
            (
                "from: a.lan/, to: b.lan/, tags: { semver: '>=1.2-alpine' }",
                [
                    "tags.semver: \">=1.2-alpine\" is not a range of versions: byte 3: \"alpine\" names a variant; choose variants by include and exclude"
                ]
            ),
            (
                "from: a.lan/, to: b.lan/, tags: { newest: many }",
                ["tags.newest: expected a whole number, but found a text"]
            ),
            ("from: a.lan/, to: b.lan/, tags: { newest: 100001 }", ["tags.newest: 100001 is not between 1 and 100000"]),
            ("from: a.lan/, to: b.lan/, tags: { newest: { by: date } }", ["tags.newest: count is missing"]),
            (
                "from: a.lan/, to: b.lan/, tags: { newest: { count: 1, by: size } }",
                ["tags.newest.by: \"size\" cannot stand here; write version or date"]
            ),
            (
                "from: a.lan/, to: b.lan/, tags: { pushed-within: 999ms }",
                ["tags.pushed-within: 999ms is not between 1s and 36500d"]
            ),
            (
                "from: a.lan/, to: b.lan/, overwrite: true",
                ["overwrite: \"true\" cannot stand here; write always, if-unchanged or never"]
            ),
            (
                "from: a.lan/, to: b.lan/, overwrite: [never]",
                ["overwrite: expected always or if-unchanged or never, but found a list"]
            ),
            ("from: a.lan/, to: b.lan/, platforms: [linux/amd64]", ["platforms: index is missing beside it"]),
            ("from: a.lan/, to: b.lan/, index: sparse", ["index: platforms is missing beside it"]),
            (
                "from: a.lan/, to: b.lan/, platforms: [linux], index: sparse",
                ["platforms[0]: expected a platform, as in linux/arm64, but found linux"]
            ),
            (
                "from: a.lan/, to: b.lan/, referrers: some",
                ["referrers: expected all, none or a list of artifact types, but found some"]
            ),
            (
                "from: a.lan/, to: b.lan/, interval: 5m",
                [
                    "interval: the key is not known; known here: from, to, repositories, references, images-from, tags, overwrite, referrers, non-distributable-layers, platforms, index, tag-for-digests"
                ]
            ),
        ] as [(String, [String])]
    )
    func `a job is checked`(_ text: String, messages: [String]) {
        #expect(job(text) == messages.map { $0.hasPrefix("it: ") ? "jobs.\($0)" : $0 })
    }

    @Test func `a password in an address is refused, and not shown`() {
        for text in [
            "from: u:c4n4ry@a.lan/x, to: b.lan/y", "from: a.lan/, to: 'https://u:c4n4ry@b.lan/y'",
            "from: u:c4n4ry@a.lan/x, to: b.lan/y, repositories: [z]",
        ] {
            let lines = job(text)
            #expect(lines.count == 1)
            #expect(lines.allSatisfy { $0.contains("a user name or password cannot stand in an address") })
            #expect(!"\(lines)\(mistakes("version: 1\njobs: { it: { \(text) } }"))".contains("c4n4ry"))
        }
    }

    @Test(arguments: ["a", "A1", "base-images", "x.y_z", String(repeating: "a", count: 64)])
    func `a job can be called so`(_ name: String) {
        #expect(lines("version: 1\njobs: { \"\(name)\": { from: a.lan/, to: b.lan/ } }") == [])
    }

    @Test(arguments: ["", "-a", ".a", "_a", "a b", "a/b", "ä", "..", String(repeating: "a", count: 65)])
    func `a job cannot be called so`(_ name: String) {
        let lines = lines("version: 1\njobs: { \"\(name)\": { from: a.lan/, to: b.lan/ } }")
        #expect(lines.count == 1)
        #expect(lines.allSatisfy { $0.contains("this is not the name of a job") })
    }

    @Test func `a list of references is checked with the file that names it`() throws {
        try folder.write("alpine\nnginx:1.27 # the one\n\nalpine:a b\nUpper\nx@sha256:1\n", to: "images.txt")
        #expect(
            job("from: a.lan/, to: b.lan/, references: images.txt") == [
                "references: line 4, byte 10: something follows the reference; line 5, byte 1: \"Upper\" is not the name of a "
                    + "repository: byte 1 cannot stand there; line 6, byte 3: \"sha256:1\" is not a digest"
            ]
        )
        #expect(job("from: a.lan/, to: b.lan/, references: none.txt") == [])
        #expect(
            job("from: a.lan/, to: b.lan/, references: /") == ["references: cannot use the file /: it is not a file"]
        )
    }

    @Test func `files of images are checked with the file that names them`() throws {
        try folder.write("a: 1\nimage: 'a.lan/x:${TAG}'\ncontainers: [image: A]\n", to: "app.yaml")
        try folder.write("a.lan/x:1\n", to: "list.txt")
        let path = "\(folder.url.path)/app.yaml"
        #expect(
            job("from: a.lan/, to: b.lan/, images-from: [list.txt, app.yaml]") == [
                "images-from: \(path):2:8: image: \"a.lan/x:${TAG}\" is not filled in; take what `helm template`, `docker compose "
                    + "config` or `envsubst` makes of the file; \(path):3:21: containers[0].image: cannot read the address \"A\", "
                    + "byte 1: \"A\" is not the name of a repository: byte 1 cannot stand there"
            ]
        )
        #expect(job("from: a.lan/, to: b.lan/, images-from: [list.txt, none.yaml]") == [])
        #expect(
            job("from: a.lan/, to: b.lan/, images-from: []")
                == ["images-from: expected a list with a file in it, but found none"]
        )
        #expect(
            job("from: a.lan/, to: b.lan/, images-from: list.txt") == ["images-from: expected a list, but found a text"]
        )
        #expect(
            job("from: 'layout:x', to: b.lan/, images-from: [list.txt]")
                == ["images-from: it has no meaning beside a folder in from"]
        )
        #expect(
            job("from: a.lan/, to: b.lan/, images-from: [list.txt], references: list.txt, repositories: [x], tags: [y]")
                == [
                    "images-from: it has no meaning beside repositories",
                    "references: it has no meaning beside repositories",
                    "tags: it has no meaning beside images-from",
                ]
        )
        #expect(
            job("from: a.lan/x:1, to: b.lan/, images-from: [list.txt]")
                == ["from: expected a registry or a path, not an image, since repositories are listed"]
        )
    }

    @Test(arguments: [
        ("fixed", "every image would get the tag \"fixed\"; write {hex} or {short} in it"),
        ("x-{algorithm}", "every image would get the tag \"x-{algorithm}\"; write {hex} or {short} in it"),
        (
            "{algorithm}-{hex}.sig",
            "\"{algorithm}-{hex}.sig\" makes tags that stand for signatures and lists of referrers; put a word in front"
        ),
        (
            "x/{hex}", "\"x/{hex}\" is not a template of names: byte 2 can stand in no name"
        ),
        (
            "{digest}",
            "\"{digest}\" is not a template of names: byte 1: {digest} is not known; known are {algorithm}, {hex} and {short}"
        ),
        (
            "-{hex}",
            "\"-{hex}\" makes no tag of a digest: \"-\(String(repeating: "0", count: 64))\" is not the name of a tag: byte 1 "
                + "cannot stand there"
        ),
    ])
    func `a template of tags must make a tag for each image`(_ template: String, _ why: String) {
        #expect(job("from: a.lan/, to: b.lan/, tag-for-digests: '\(template)'") == ["tag-for-digests: \(why)"])
        #expect(
            lines("version: 1\ndefaults: { tag-for-digests: '\(template)' }") == [
                "mirror.yaml:2:30: defaults.tag-for-digests: \(why)"
            ]
        )
    }

    @Test func `every kind of problem has a case here or in the tests of registries`() throws {
        try folder.write("A", to: "bad.txt")
        let deep = String(repeating: "{a: ", count: 40) + String(repeating: "}", count: 40)
        let others = [
            String(repeating: "#", count: 1 << 20) + "\n", "version: {", "version: 1\nx: \(deep)", "version: 2", "[]",
            "version: 1\nregistries: { a b: {}, r.lan: { credentials: {} }, R.lan: { client-key: k } }",
            "version: 1\nregistries: { r.lan: { credentials: [{ helper: a }, { helper: b }] } }",
            "version: 1\njobs: { a: { from: a.lan/, to: b.lan/x:1 }, b: { from: a.lan/, to: b.lan/, references: bad.txt } }",
        ]
        // These are of the files of images, and have their cases with them.
        var found: Set<String> = ["notText", "unfilled", "imageID", "afterReference", "tooMany"]
        #expect(throws: ConfigMistakes.self) { try MirrorConfiguration(parsing: [0xFF], file: "m") }
        for text in others + [Self.planted] { found.formUnion(mistakes(text).map { Self.kind($0.problem) }) }
        #expect(found.sorted() == Self.kinds.sorted())
    }

    private static let kinds: Set<String> = [
        "tooLarge", "notText", "syntax", "refused", "tooDeep", "duplicateKey", "unknownKey", "missingKey", "expected",
        "notAllowed", "outOfRange", "badHost", "sameHost", "literalSecret", "oneOf", "needs", "contradicts", "badName",
        "badAddress", "badMapping", "badPattern", "badRange", "badTemplate", "badDigest", "badPlace", "repeated",
        "excludedInLine", "manyToOne", "oneRepositoryOnly", "cycle", "sameEnds", "badFile", "unfilled", "imageID",
        "afterReference", "tooMany", "neverUsed",
    ]

    /// What a problem is called; whoever adds one is led here, and to the list above.
    private static func kind(_ problem: ConfigMistake.Problem) -> String {
        switch problem {
        case .tooLarge: "tooLarge"
        case .notText: "notText"
        case .syntax: "syntax"
        case .refused: "refused"
        case .tooDeep: "tooDeep"
        case .duplicateKey: "duplicateKey"
        case .unknownKey: "unknownKey"
        case .missingKey: "missingKey"
        case .expected: "expected"
        case .notAllowed: "notAllowed"
        case .outOfRange: "outOfRange"
        case .badHost: "badHost"
        case .sameHost: "sameHost"
        case .literalSecret: "literalSecret"
        case .oneOf: "oneOf"
        case .needs: "needs"
        case .contradicts: "contradicts"
        case .badName: "badName"
        case .badAddress: "badAddress"
        case .badMapping: "badMapping"
        case .badPattern: "badPattern"
        case .badRange: "badRange"
        case .badTemplate: "badTemplate"
        case .badDigest: "badDigest"
        case .badPlace: "badPlace"
        case .repeated: "repeated"
        case .excludedInLine: "excludedInLine"
        case .manyToOne: "manyToOne"
        case .oneRepositoryOnly: "oneRepositoryOnly"
        case .cycle: "cycle"
        case .sameEnds: "sameEnds"
        case .badFile: "badFile"
        case .unfilled: "unfilled"
        case .imageID: "imageID"
        case .afterReference: "afterReference"
        case .tooMany: "tooMany"
        case .neverUsed: "neverUsed"
        }
    }
}
