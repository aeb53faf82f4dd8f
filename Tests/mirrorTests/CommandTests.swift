// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Testing
@testable import mirror

@Suite struct CommandTests {
    @Test func `copy takes two addresses, and is plain text by default`() throws {
        let command = try CopyCommand.parse(["a.lan/x:1", "b.lan/y"])
        #expect(command.addresses == ["a.lan/x:1", "b.lan/y"])
        #expect(!command.allTags)
        #expect(!command.dryRun)
        #expect(command.output.format == .text)
        #expect(!command.output.quiet)
        #expect(!command.output.verbose)
    }

    @Test(arguments: [
        ["--all-tags", "--dry-run", "--format", "json", "--verbose", "a.lan/x", "b.lan/y"],
        ["a.lan/x", "b.lan/y", "-v", "--format=json", "--dry-run", "--all-tags"],
    ])
    func `options stand anywhere`(_ arguments: [String]) throws {
        let command = try CopyCommand.parse(arguments)
        #expect(command.addresses == ["a.lan/x", "b.lan/y"])
        #expect(command.allTags)
        #expect(command.dryRun)
        #expect(command.output.format == .json)
        #expect(command.output.verbose)
    }

    @Test func `quiet has a short form`() throws {
        #expect(try CopyCommand.parse(["-q", "a.lan/x", "b.lan/y"]).output.quiet)
    }

    @Test(arguments: [["--quiet", "--verbose"], ["-q", "-v"], ["-qv"]])
    func `quiet and verbose contradict each other`(_ options: [String]) {
        do {
            _ = try CopyCommand.parse(options + ["a.lan/x", "b.lan/y"])
            Issue.record("accepted")
        } catch {
            #expect(CopyCommand.message(for: error).contains("--quiet and --verbose contradict each other"))
            #expect(CopyCommand.exitCode(for: error).rawValue == 64)
        }
    }

    @Test(arguments: [
        [], ["a.lan/x"], ["a.lan/x", "b.lan/y", "c.lan/z"], ["--format", "xml", "a.lan/x", "b.lan/y"],
        ["--no-such-option", "a.lan/x", "b.lan/y"],
        // Files of images go to one address, name single images, and standard input is read once.
        ["--from-images", "f"], ["--from-images", "f", "a.lan/x", "b.lan/y"],
        ["--from-images", "f", "--all-tags", "b.lan/y"], ["--from-images", "-", "--from-images", "-", "b.lan/y"],
        ["--tag-for-digests", "fixed", "a.lan/x", "b.lan/y"],
    ])
    func `a wrong command line is refused with status 64`(_ arguments: [String]) {
        do {
            _ = try CopyCommand.parse(arguments)
            Issue.record("accepted")
        } catch {
            #expect(CopyCommand.exitCode(for: error).rawValue == 64)
        }
    }

    @Test(arguments: [
        ("a.lan", "b.lan/y", "a.lan alone could be a registry or an image"),
        ("a.lan/x:1", "b.lan/", "does not say what to call it"),
        ("a.lan/x/**", "b.lan/y:1", "the destination names one tag, and the source many"),
    ])
    func `addresses that cannot be used end the program before anything is asked`(
        _ source: String,
        _ destination: String,
        _ sentence: String
    ) async throws {
        let command = try CopyCommand.parse([source, destination])
        do {
            try await command.run()
            Issue.record("ran")
        } catch {
            #expect(CopyCommand.message(for: error).contains(sentence))
            #expect(CopyCommand.exitCode(for: error).rawValue == 64)
        }
    }

    @Test func `the help of copy has the forms of addresses and examples that can be parsed`() throws {
        let help = MirrorCommand.helpMessage(for: CopyCommand.self, columns: 100)
        for part in ["ADDRESSES", "EXAMPLES", "host/path/**", "--all-tags", "--dry-run", "--format", "-q", "-v"] {
            #expect(help.contains(part), "\(part)")
        }
        let examples = help.split(separator: "\n").map { $0.drop { $0 == " " } }
            .filter { $0.hasPrefix("mirror copy ") && !$0.contains("<") }
        #expect(examples.count >= 4)
        for example in examples {
            let words = example.split(separator: " ").dropFirst(2).map { $0.filter { $0 != "'" } }
            let command = try CopyCommand.parse(Array(words))
            if !command.lists.files.isEmpty { continue }
            _ = try AddressPair(
                source: command.addresses[0],
                destination: command.addresses[1],
                allTags: command.allTags
            )
        }
    }

    @Test func `the help of the program has the exit statuses`() {
        let help = MirrorCommand.helpMessage(columns: 100)
        for status in ["0 ", "1 ", "64 ", "69 ", "130 "] { #expect(help.contains("\n  \(status)"), "\(status)") }
        #expect(help.contains("copy"))
    }
}
