// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCILayout
import Testing

@testable import mirror

@Suite struct SpoolSettingsTests {
    private func read(_ keys: String) throws -> SpoolSettings {
        try MirrorConfiguration(parsing: Array("version: 1\n\(keys)".utf8), file: "m").spool
    }

    @Test func `what a file says of the spool holds, with its line`() throws {
        #expect(try read("") == SpoolSettings())
        #expect(try read("").limit.value.value == SpoolFolder.defaultLimit)
        let settings = try read("spool: never\nspool-limit: 5GB\n")
        #expect(settings.rule == .init(value: .never, origin: .line(2)))
        #expect(settings.limit.value.value == 5_000_000_000)
        #expect(settings.limit.origin == .line(3))
    }

    @Test(arguments: [
        ("spool: sometimes", "m:2:8: spool: \"sometimes\" cannot stand here; write auto, always or never"),
        ("spool-limit: 5", "m:2:14: spool-limit: expected a size such as 500MB, 64MiB or 10GiB, but found a text"),
        ("spool-limit: 1kB", "m:2:14: spool-limit: 1kB is not between 1MiB and 1000TiB"),
        ("spool-limit: [1GB]", "m:2:14: spool-limit: expected a size such as 500MB, 64MiB or 10GiB, but found a list"),
    ])
    func `what does not fit is said`(_ keys: String, line: String) throws {
        let mistakes = try #require(throws: ConfigMistakes.self) { try read(keys) }
        #expect(ConfigWording.lines(for: mistakes) == [line])
    }

    @Test func `open uploads are kept apart for each destination`() throws {
        let state = TemporaryFolder()
        let paths = try ["r.lan", "r.lan:5000", "[::1]:5000"]
            .map { StateDirectory.uploads(to: try RegistryHost($0), in: state.url).lastPathComponent }
        #expect(paths == ["r.lan", "r.lan_5000", "__1_5000"])
    }
}
