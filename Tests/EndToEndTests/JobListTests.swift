// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct JobListTests {
        private static let nginx = [
            "1.23.4", "1.24.0", "1.24.0-alpine", "1.25.1", "1.25.1-alpine", "1.25.1-perl", "1.26.0", "1.26.0-alpine",
            "1.27.0-rc1", "latest", "stable", "mainline",
        ]

        /// The lines that the program printed, sorted: answers may come in any order.
        private func lines(_ result: ChildProcess.Result) -> [String] {
            result.outputText.split(separator: "\n").map(String.init).sorted()
        }

        @Test func `an address is listed as what it means, image by image`() async throws {
            try await withJobScene(1) { scene in
                let image = try await BuiltImage.tiny(1)
                try await put(image, ["team/app:1", "team/app:2", "team/sub/lib:1", "other:1"], into: scene.a)
                let host = scene.a.host
                for (address, expected) in [
                    ("\(host)/", ["other:1", "team/app:1", "team/app:2", "team/sub/lib:1"]),
                    ("\(host)/team/*", ["team/app:1", "team/app:2"]),
                    ("\(host)/team/**", ["team/app:1", "team/app:2", "team/sub/lib:1"]),
                    ("\(host)/team/app", ["team/app:1", "team/app:2"]), ("\(host)/team/app:2", ["team/app:2"]),
                    ("\(host)/team/app@\(image.digest)", ["team/app@\(image.digest)"]),
                ] {
                    let result = try await scene.run("list", address)
                    #expect(lines(result) == expected, "\(address)")
                    #expect(result.errorText == "")
                }
                let found = try jsonLines(await scene.run("list", "--format", "json", "\(host)/team/app"))
                #expect(found.compactMap { $0["tag"] as? String }.sorted() == ["1", "2"])
                #expect(found.allSatisfy { $0["repository"] as? String == "team/app" && $0["taken"] as? Bool == true })
                let missing = try await scene.run("list", "\(host)/no/such", ends: 1)
                #expect(missing.errorText.contains("no/such: the repository has no tags"), "\(missing.errorText)")
                let closed: CountingProxy.Rule = { _ in .reply(404) }
                try await withCountingProxy(port: scene.a.port, onRequest: closed) { front in
                    let gone = try await scene.run("list", "\(front.host)/", ends: 69)
                    #expect(
                        gone.errorText.contains("\(front.host) does not list its repositories"),
                        "\(gone.errorText)"
                    )
                }
                try await scene.run("list", "\(host)/a/*/b", ends: 64)
            }
        }

        @Test func `rules for versions and variants take the same in a list, in its explanation, and in a run`()
            async throws
        {
            try await withJobScene { scene in
                let image = try await BuiltImage.tiny(1)
                try await put(image, Self.nginx.map { "hub/web/nginx:\($0)" }, into: scene.a)
                try await put(image, ["hub/web/scratch:1.0.0", "hub/web/extra:1.0", "elsewhere:1"], into: scene.a)
                try scene.configure(
                    """
                    web:
                      from: \(scene.a.host)/hub
                      to: \(scene.b.host)/copy
                      repositories:
                        - name: web/nginx
                          tags:
                            include: ["1.*", "/stable|latest/"]
                            exclude: ["*-perl"]
                            semver: ">=1.24"
                            newest: 2
                        - web/**
                        - "!web/scratch"
                    """
                )
                let expected = [
                    "hub/web/extra:1.0", "hub/web/nginx:1.25.1", "hub/web/nginx:1.25.1-alpine", "hub/web/nginx:1.26.0",
                    "hub/web/nginx:1.26.0-alpine",
                ]
                #expect(try await lines(scene.run("list", "web")) == expected)

                let explained = try await scene.run("list", "web", "--explain")
                for line in [
                    "hub/web/nginx → \(scene.b.host)/copy/web/nginx  by web/nginx",
                    "hub/web/extra → \(scene.b.host)/copy/web/extra  by web/**",
                    "hub/web/scratch  left out  excluded by !web/scratch",
                    "  + 1.26.0                    include 1.*, semver >=1.24, 1st newest; 2 are kept",
                    "  + 1.25.1-alpine             include 1.*, semver >=1.24, 2nd newest of variant alpine; 2 are kept",
                    "  - 1.24.0                    3rd newest; 2 are kept",
                    "  - 1.24.0-alpine             3rd newest of variant alpine; 2 are kept",
                    "  - 1.25.1-perl               exclude *-perl",
                    "  - 1.23.4                    1.23.4 is not in >=1.24",
                    "  - 1.27.0-rc1                1.27-rc.1 is a prerelease, which >=1.24 does not name",
                    "  - mainline                  no include covers it", "  - stable                    is no version",
                    "  + 1.0                       all tags are taken",
                ] {
                    #expect(
                        explained.outputText.split(separator: "\n").contains(Substring(line)),
                        "\(line)\n\(explained.outputText)"
                    )
                }
                #expect(explained.outputText.split(separator: "\n").count == Self.nginx.count + 1 + 3, "each once")

                let found = try jsonLines(await scene.run("list", "web", "--explain", "--format", "json"))
                let tags = found.filter { $0["event"] as? String == "tag" }
                #expect(tags.count == Self.nginx.count + 1)
                let taken = tags.filter { $0["taken"] as? Bool == true }
                    .map { "\($0["repository"] as? String ?? ""):\($0["tag"] as? String ?? "")" }
                #expect(taken.sorted() == expected)
                let dropped = tags.first { $0["tag"] as? String == "1.23.4" }
                #expect(dropped?["reason"] as? String == "1.23.4 is not in >=1.24")

                try await scene.run("sync")
                #expect(
                    try await allTags(of: scene.b).keys.sorted()
                        == expected.map { $0.replacing("hub/", with: "copy/") }.sorted()
                )
            }
        }

        @Test func `pushed-within goes by the date that images say they were created at, and asks for it once`()
            async throws
        {
            try await withJobScene { scene in
                let day = 86_400.0
                func ago(_ days: Double) -> String { Date(timeIntervalSinceNow: -days * day).formatted(.iso8601) }
                for (seed, (tag, created)) in [
                    ("fresh", ago(1)), ("recent", ago(29)), ("old", ago(31)),
                    ("ancient", "2015-03-01T12:00:00.123456789Z"),
                    ("reproducible", "0001-01-01T00:00:00Z"),
                ]
                .enumerated() {
                    let image = try await BuiltImage.tiny(UInt64(seed), created: created)
                    try await put(image, "team/app:\(tag)", into: scene.a.host)
                }
                let child = try await BuiltImage.tiny(90, created: ago(2))
                let index = try ImageBuilder.index([(child.manifest, child.platform)])
                let name = try RepositoryName("team/app")
                try await withEndpoint(of: scene.a) { endpoint in
                    try await child.write(to: endpoint[name])
                    try await endpoint[name].publish(index, as: TagName("index"))
                }
                try await withCountingProxy(port: scene.a.port) { front in
                    try scene.configure(
                        """
                        recent:
                          from: \(front.host)/team
                          to: \(scene.b.host)/recent
                          repositories: [app]
                          tags: {pushed-within: 30d}
                        newest:
                          from: \(front.host)/team
                          to: \(scene.b.host)/newest
                          repositories: [app]
                          tags: {newest: {count: 2, by: date}}
                        """
                    )
                    let explained = try await scene.run("list", "recent", "--explain")
                    let text = explained.outputText
                    let lines = text.split(separator: "\n")
                        .map { $0.split(separator: " ", omittingEmptySubsequences: true) }
                    for (tag, mark, reason) in [
                        ("fresh", "+", "created"), ("recent", "+", "created"), ("index", "+", "created"),
                        ("old", "-", "created"),
                        ("ancient", "-", "created"), ("reproducible", "-", "its"),
                    ] {
                        let line = try #require(lines.first { $0.count > 2 && $0[1] == tag }, "\(text)")
                        #expect(line[0] == mark, "\(text)")
                        #expect(line[2] == reason, "\(text)")
                    }
                    #expect(text.contains("created 2015-03-01"), "\(text)")
                    #expect(text.contains("its date is not known"), "\(text)")
                    #expect(front.tally.count("GET", .blob) == 6, "\(front.tally)")
                    #expect(front.tally.count("GET", .manifest) == 7)
                    front.reset()
                    // Dates do not change; only what said none is read again, for there is nothing to remember.
                    try await scene.run("list", "recent")
                    #expect(front.tally.count("GET", .manifest) == 0)
                    #expect(front.tally.count("GET", .blob) == 1)
                    try await scene.run("sync")
                }
                let tags = try await allTags(of: scene.b).keys.sorted()
                #expect(
                    tags == [
                        "newest/app:fresh", "newest/app:index", "recent/app:fresh", "recent/app:index",
                        "recent/app:recent",
                    ]
                )
                try await expectWholeImages(scene.b)
            }
        }

        @Test func `references, digests, names of one's own and exclusions take exactly what they say`() async throws {
            try await withJobScene { scene in
                let images = try await [1, 2].asyncMap { try await BuiltImage.tiny($0) }
                try await put(
                    images[0],
                    [
                        "hub/app:1", "hub/app:2", "hub/lib:1", "hub/lib:2", "hub/team/tool:1", "hub/team/old/tool:1",
                        "hub/drop/a:1", "hub/drop/b:1",
                    ],
                    into: scene.a
                )
                let name = try RepositoryName("hub/lib")
                try await withEndpoint(of: scene.a) { try await images[1].write(to: $0[name]) }
                try scene.home.write(
                    """
                    # what we need
                    app:1
                    lib@\(images[1].digest)   # pinned

                    team/tool
                    """,
                    to: "config/mirror/images.txt"
                )
                try scene.configure(
                    """
                    listed:
                      from: \(scene.a.host)/hub
                      to: \(scene.b.host)/listed
                      references: images.txt
                    chosen:
                      from: \(scene.a.host)/hub
                      to: \(scene.b.host)/chosen
                      repositories:
                        - name: lib
                          digests: ["\(images[1].digest)"]
                        - name: app
                          tags: ["2"]
                          as: "renamed/{name}"
                        - name: "team/**"
                          as: "flat-{parent}/{name}"
                        - "drop/*"
                        - "!drop/b"
                        - "!team/old/**"
                    """
                )
                #expect(
                    try await lines(scene.run("list", "listed"))
                        == ["hub/app:1", "hub/lib@\(images[1].digest)", "hub/team/tool:1"]
                )
                #expect(
                    try await lines(scene.run("list", "chosen"))
                        == ["hub/app:2", "hub/drop/a:1", "hub/lib@\(images[1].digest)", "hub/team/tool:1"]
                )
                try await scene.run("sync")
                #expect(
                    try await allTags(of: scene.b).keys.sorted() == [
                        "chosen/drop/a:1", "chosen/flat-team/tool:1",
                        "chosen/lib:pinned-sha256-\(images[1].digest.hex)", "chosen/renamed/app:2", "listed/app:1",
                        "listed/lib:pinned-sha256-\(images[1].digest.hex)", "listed/team/tool:1",
                    ]
                )
                for place in ["listed", "chosen"] {
                    let pinned = try await digest(of: "\(place)/lib@\(images[1].digest)", in: scene.b.host)
                    #expect(pinned == images[1].digest)
                }
                let again = try await scene.run("sync", "--quiet")
                #expect(again.outputText + again.errorText == "")
                // A reference that is not there is told, and the others are taken.
                try scene.home.write("app:2\napp:9\n", to: "config/mirror/images.txt")
                let missing = try await scene.run("sync", "listed", ends: 1)
                #expect(missing.errorText.contains("hub/app:9: there is no :9 at the source"), "\(missing.errorText)")
                #expect(
                    missing.outputText.contains("listed: done: 1 published, 0 equal, 1 failed"),
                    "\(missing.outputText)"
                )
            }
        }

        @Test func `a word that is nearly a job is not asked of a registry`() async throws {
            try await withJobScene(1) { scene in
                try scene.configure(
                    """
                    base-images:
                      from: \(scene.a.host)/
                      to: \(scene.a.host)/copy
                    """
                )
                let result = try await scene.run("list", "base-imagse", ends: 78)
                #expect(
                    result.errorText.contains(
                        "there is no job base-imagse in \(scene.configFile); did you mean base-images?"
                    ),
                    "\(result.errorText)"
                )
            }
        }
    }
}
