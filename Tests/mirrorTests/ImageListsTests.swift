// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Replication
import Testing

@testable import mirror

/// What files of images make to be copied.
@Suite struct ImageListsTests {
    private let folder = TemporaryFolder()

    private func lists(_ texts: String...) throws -> ImageLists {
        let names = try texts.enumerated()
            .map { number, text in
                try folder.write(text, to: "\(number)")
                return folder.file("\(number)").path
            }
        return try ImageLists(reading: names)
    }

    /// `SOURCE > DESTINATION` of each image.
    private func routes(_ pairs: [AddressPair]) throws -> [String] {
        try pairs.flatMap { pair -> [String] in
            guard case .references(let references) = pair.selection else { return [] }
            return try references.map { reference in
                let name = try pair.mapping.destination(of: reference.repository)
                let target = reference.target.map(\.description) ?? ""
                return "\(pair.source)\(reference.repository)\(target) > \(name)"
            }
        }
    }

    @Test func `images of several files are taken once, and gathered by their registries`() throws {
        var lists = try lists(
            "nginx\na.lan/x:1\n",
            "containers: [{ image: 'docker.io/nginx:latest' }, { image: 'a.lan/x:2' }]",
            "# none"
        )
        #expect(
            try routes(lists.pairs(to: .base("b.lan/hub"))) == [
                "docker.io/library/nginx:latest > hub/library/nginx", "a.lan/x:1 > hub/x", "a.lan/x:2 > hub/x",
            ]
        )
        #expect(lists.warnings == ["\(folder.file("2").path) names no image"])
    }

    @Test func `one name for images of two registries is refused, with both places`() throws {
        var lists = try lists("a.lan/team/app:1\na.lan/x\n", "# other\nb.lan/team/app:2\nb.lan/y\n")
        let error = #expect(throws: ImageNamesTaken.self) { try lists.pairs(to: .base("c.lan/hub")) }
        let sentence = try Wording.sentence(for: #require(error))
        #expect(
            sentence == "images of several registries would have one name: hub/team/app at the destination would be "
                + "a.lan/team/app (\(folder.file("0").path):1) and b.lan/team/app (\(folder.file("1").path):2)"
        )
    }

    @Test func `what lies below the destination already is left out`() throws {
        var lists = try lists("b.lan/hub/x:1\nb.lan/y:1\na.lan/z:1\n")
        #expect(try routes(lists.pairs(to: .base("b.lan/hub"))) == ["b.lan/y:1 > hub/y", "a.lan/z:1 > hub/z"])
        #expect(lists.warnings == ["left out: 1 image of b.lan/ at the destination already"])
        // Under a bare registry, its own images would be copied onto themselves.
        var half = try self.lists("a.lan/z:1\nb.lan/z:1\n")
        #expect(try routes(half.pairs(to: .base("b.lan/"))) == ["a.lan/z:1 > z"])
        #expect(half.warnings == ["left out: 1 image of b.lan/ at the destination already"])
    }

    @Test func `a destination must take many images`() throws {
        var lists = try lists("a.lan/x")
        #expect(throws: MappingError.manyToOneTag) { try lists.pairs(to: .base("b.lan/x:1")) }
        #expect(throws: MappingError.manyToOneLayout) { try lists.pairs(to: .base("oci:x")) }
    }

    @Test func `files that are not there, name nothing or cannot be read are told`() throws {
        #expect(throws: ConfigFileMissing.self) { try ImageLists(reading: [folder.file("none").path]) }
        #expect(throws: NoImages.self) { try lists("# nothing") }
        #expect(throws: ConfigMistakes.self) { try lists("a.lan/x", "Upper") }
        let error = #expect(throws: StateError.self) { try ImageLists(reading: [folder.url.path]) }
        #expect(try Wording.sentence(for: #require(error)).contains("Is a directory"))
    }
}
