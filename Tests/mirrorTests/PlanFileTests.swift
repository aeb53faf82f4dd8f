// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIRegistry
import OCITestKit
@testable import Replication
import Testing
@testable import mirror

@Suite struct PlanFileTests {
    private let folder = TemporaryFolder()

    private var path: String { folder.file("plan.jsonl").path }

    private func read(_ text: String) throws -> PlanFile {
        try folder.write(text, to: "plan.jsonl")
        return try PlanFile(reading: path)
    }

    /// What is wrong with a file.
    private func failure(_ text: String) throws -> PlanFileError {
        try #require(throws: PlanFileError.self) { try read(text) }
    }

    private static func rows(_ events: [RunEvent]) -> PlanRows {
        var rows = PlanRows()
        for event in events { rows.take(event) }
        return rows
    }

    private static let head = #"{"mirrorPlan":1}"#
    private static let ends = #"{"from":"a.lan/","to":"b.lan/"}"#
    private static let image = #"{"source":"x","destination":"y","tag":"1","digest":"\#(Sample.digest(1))"}"#

    @Test func `a plan looks like this`() throws {
        let app = try Sample.route("library/app", to: "hub/app")
        var file = PlanFile()
        let ends = PlanFile.Ends(
            job: "base",
            source: try .base("docker.io/library"),
            destination: try .base("localhost:5000/hub")
        )
        file.add(
            ends,
            Self.rows([
                .planned(try Sample.plan(app, tag: "2", root: 2)),
                .planned(try Sample.plan(app, tag: "1", root: 1, movedFrom: 3)),
                .planned(try Sample.plan(app, tag: nil, root: 4)),
                .estimated(
                    app,
                    .tag(.latest),
                    tag: .latest,
                    new: Sample.digest(5),
                    old: Sample.digest(6),
                    details: nil
                ),
                .equal(app, .tag(try TagName("9")), Sample.digest(7)),
            ])
            .images
        )
        file.add(
            PlanFile.Ends(job: nil, source: try Address("a.lan/x/**"), destination: try .base("b.lan/")),
            []
        )
        func sha(_ digit: Int) -> String { "sha256:\(String(repeating: "\(digit)", count: 64))" }
        #expect(
            file.text(created: 1_795_000_000) == """
                {"created":"2026-11-18T11:06:40Z","mirrorPlan":1}
                {"from":"docker.io/library","job":"base","to":"localhost:5000/hub"}
                {"destination":"hub/app","digest":"\(sha(1))","old":"\(sha(3))","source":"library/app","tag":"1"}
                {"destination":"hub/app","digest":"\(sha(2))","source":"library/app","tag":"2"}
                {"destination":"hub/app","digest":"\(sha(5))","old":"\(sha(6))","source":"library/app","tag":"latest"}
                {"destination":"hub/app","digest":"\(sha(4))","source":"library/app"}
                {"from":"a.lan/x/**","to":"b.lan/"}

                """
        )
    }

    @Test func `what of the images is copied is written where it is not everything`() throws {
        let platforms = PlatformChoice([Platform(os: "linux", architecture: "arm64", variant: "v8")])
        var ends = PlanFile.Ends(job: nil, source: try .base("a.lan/"), destination: try .base("b.lan/"))
        ends.images = ImageChoice(
            referrers: .types(["b/c", "a/b"]),
            platforms: PlatformRule(platforms, index: .sparse),
            nonDistributable: .copy
        )
        var file = PlanFile()
        file.add(ends, [])
        let text = file.text(created: 0)
        #expect(
            text.contains(
                #"{"from":"a.lan/","index":"sparse","nonDistributable":"copy","platforms":["linux/arm64"],"referrers":"a/b,b/c","to":"b.lan/"}"#
            )
        )
        #expect(try read(text).sections.map(\.ends) == [ends])
    }

    @Test(arguments: [
        #""index":"sparse""#, #""platforms":["linux/amd64"]"#, #""platforms":["linux"],"index":"sparse""#,
        #""platforms":["linux/amd64"],"index":"small""#, #""referrers":"""#, #""nonDistributable":"all""#,
    ])
    func `a choice that cannot be read is refused, not passed over`(_ members: String) throws {
        let line = #"{"from":"a.lan/","to":"b.lan/",\#(members)}"#
        #expect(try failure("\(Self.head)\n\(line)\n").line == 2)
    }

    @Test func `what is written is what is read, whatever it is`() throws {
        var random = SeededRandom(seed: 2026)
        func pick<Element>(_ list: [Element]) -> Element { list[Int.random(in: 0..<list.count, using: &random)] }
        for round in 0..<60 {
            var file = PlanFile()
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                var events: [RunEvent] = []
                for number in 0..<Int.random(in: 0...6, using: &random) {
                    let route = try Sample.route(pick(["x", "library/x", "a/b/c"]), to: pick(["y", "hub/y"]))
                    let old = pick([nil, Sample.digest(1), Sample.digest(2)])
                    let tag = pick([nil, try TagName("v\(number)"), .latest])
                    events.append(
                        .estimated(
                            route,
                            .tag(.latest),
                            tag: tag,
                            new: Sample.digest(number),
                            old: tag == nil ? nil : old,
                            details: nil
                        )
                    )
                }
                let ends = PlanFile.Ends(
                    job: pick([nil, "base", "a.b-c_d"]),
                    source: pick([
                        try .base("docker.io/library"), try Address("a.lan/x/**"), try Address("nginx:1"),
                        try .base("http://c.lan/"),
                    ]),
                    destination: pick([
                        try .base("docker.io/acme"), try .base("b.lan/"), try Address("b.lan/x:1"),
                        try .base("[::1]:5000/m"),
                    ])
                )
                file.add(ends, Self.rows(events).images)
            }
            let read = try read(file.text(created: Int64(round)))
            #expect(read.sections.map(\.ends) == file.sections.map(\.ends), "seed 2026, round \(round)")
            #expect(read.sections.map(\.images) == file.sections.map(\.images), "seed 2026, round \(round)")
            #expect(read.text(created: Int64(round)) == file.text(created: Int64(round)))
        }
    }

    @Test(arguments: ["", "\n", "\n\n"])
    func `lines with nothing on them are passed over`(_ gap: String) throws {
        let file = try read("\(Self.head)\n\(gap)\(Self.ends)\n\(gap)\(Self.image)\n\(gap)")
        #expect(file.sections.count == 1)
        #expect(file.sections[0].images.count == 1)
    }

    @Test func `keys that this version does not know are passed over`() throws {
        let file = try read(#"{"mirrorPlan":1,"by":"x"}"# + "\n" + Self.ends.dropLast() + #","note":{"a":[1]}}"# + "\n")
        #expect(file.sections.count == 1)
    }

    @Test(
        arguments: [
            // No plan, or one of another version.
            ("", 1, .noPlan), ("\n\(head)\n", 1, .noPlan), ("{}", 1, .noPlan), (#"{"mirrorPlan":2}"#, 1, .noPlan),
            (#"{"mirrorPlan":"1"}"#, 1, .noPlan), (#"{"mirrorPlan":1"#, 1, .noPlan), ("version: 1", 1, .noPlan),
            (image, 1, .noPlan),
            (#"{"mirrorPlan":1,"mirrorPlan":1}"#, 1, .noPlan), ("[1]", 1, .noPlan), ("\u{FEFF}\(head)", 1, .noPlan),
            // A line that is none, or is torn.
            ("\(head)\n\(ends)\n\(image.dropLast(10))", 3, .incomplete),
            ("\(head)\n\(ends)\n\(image)\n{", 4, .incomplete),
            ("\(head)\n\(ends)\n\(image)\n\u{0}", 4, .incomplete),
            ("\(head)\n\(ends.dropLast(3))\n\(image)", 2, .incomplete),
            ("\(head)\n[]", 2, .incomplete), ("\(head)\nnull", 2, .incomplete), ("\(head)\n\(ends)x", 2, .incomplete),
            ("\(head)\n\(ends)\(ends)", 2, .incomplete),
            // A line without what it needs, or at a place where it has no meaning.
            ("\(head)\n\(image)\n\(ends)", 2, .incomplete), ("\(head)\n{}", 2, .incomplete),
            ("\(head)\n\(head)", 2, .incomplete),
            ("\(head)\n{\"from\":\"a.lan/\"}", 2, .incomplete),
            ("\(head)\n\(ends)\n{\"source\":\"x\",\"destination\":\"y\"}", 3, .incomplete),
            ("\(head)\n\(ends)\n{\"source\":\"x\",\"digest\":\"\(Sample.digest(1))\"}", 3, .incomplete),
            (
                "\(head)\n\(ends)\n{\"source\":1,\"destination\":\"y\",\"digest\":\"\(Sample.digest(1))\"}", 3,
                .incomplete
            ),
            // Blank lines count.
            ("\(head)\n\n\(ends)\n\n\n{}", 6, .incomplete),
            // A key that stands twice could be read in two ways.
            ("\(head)\n\(ends)\n\(image.dropLast()),\"tag\":\"2\"}", 3, .incomplete),
            ("\(head)\n{\"from\":\"a.lan/\",\"from\":\"c.lan/\",\"to\":\"b.lan/\"}", 2, .incomplete),
            // Longer than any line is.
            ("\(head)\n\(ends)\n\(image.dropLast()),\"x\":\"\(String(repeating: "x", count: 9000))\"}", 3, .incomplete),
            ("{\"mirrorPlan\":1,\"x\":\"\(String(repeating: "x", count: 9000))\"}", 1, .noPlan),
            // Values that cannot be used.
            (
                "\(head)\n{\"from\":\"a.lan\",\"to\":\"b.lan/\"}", 2,
                .value("cannot read the address \"a.lan\", byte 1: a.lan alone could be a registry or an image")
            ),
            (
                "\(head)\n\(ends)\n{\"source\":\"X\",\"destination\":\"y\",\"digest\":\"\(Sample.digest(1))\"}", 3,
                .value("\"X\" is not the name of a repository: byte 1 cannot stand there")
            ),
            (
                "\(head)\n\(ends)\n{\"source\":\"x\",\"destination\":\"../y\",\"digest\":\"\(Sample.digest(1))\"}", 3,
                .value("\"../y\" is not the name of a repository: byte 1 cannot stand there")
            ),
            (
                "\(head)\n\(ends)\n{\"source\":\"x\",\"destination\":\"y\",\"digest\":\"sha256:12\"}", 3,
                .value("\"sha256:12\" is not a digest")
            ),
            (
                "\(head)\n\(ends)\n{\"source\":\"x\",\"destination\":\"y\",\"digest\":\"\(Sample.digest(1))\",\"tag\":\"a b\"}",
                3, .value("\"a b\" is not the name of a tag: byte 2 cannot stand there")
            ),
            (
                "\(head)\n\(ends)\n{\"source\":\"x\",\"destination\":\"y\",\"digest\":\"\(Sample.digest(1))\",\"old\":\"md5:00\"}",
                3, .value("digests of the algorithm md5 cannot be verified here")
            ),
        ] as [(String, Int, PlanFileError.Reason)]
    )
    func `a broken file is refused, and its line told`(_ text: String, line: Int, reason: PlanFileError.Reason) throws {
        let error = try failure(text)
        #expect(error == PlanFileError(path: path, line: line, reason: reason))
        #expect(Wording.sentence(for: error).hasPrefix("cannot use the plan \(path), line \(line): "))
    }

    @Test func `wherever the last line is torn, it is told, or nothing is missing`() throws {
        let whole = "\(Self.head)\n\(Self.ends)\n\(Self.image)\n"
        for length in (Self.head.count + Self.ends.count + 2)..<whole.utf8.count {
            let torn = String(decoding: whole.utf8.prefix(length), as: UTF8.self)
            let isWhole = torn.hasSuffix("}") || torn.hasSuffix("}\n")
            if isWhole {
                #expect(try read(torn).sections.count == 1)
            } else {
                #expect(
                    try failure(torn) == PlanFileError(path: path, line: 3, reason: .incomplete),
                    "\(torn.suffix(20))"
                )
            }
        }
    }

    @Test func `bytes that are no text are refused`() throws {
        try folder.write(Array("\(Self.head)\n\(Self.ends)\n".utf8) + [0x22, 0xFF, 0x22, 0x0A], to: "plan.jsonl")
        let error = try #require(throws: PlanFileError.self) { try PlanFile(reading: path) }
        #expect(error == PlanFileError(path: path, line: 3, reason: .incomplete))
    }

    @Test func `a password in an address is not shown`() throws {
        let error = try failure("\(Self.head)\n{\"from\":\"https://u:c4n4ry@a.lan/x\",\"to\":\"b.lan/\"}")
        #expect(error.line == 2)
        #expect(!"\(error)".contains("c4n4ry"))
    }

    @Test func `a missing file and a folder are told apart`() {
        #expect(throws: ConfigFileMissing.self) { try PlanFile(reading: "\(path)-none") }
        #expect(throws: SmallFileError.self) { try PlanFile(reading: "/") }
    }
}
