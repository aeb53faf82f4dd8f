// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Replication

/// What a command line says that is copied: one address to another, or what files name to an address.
struct CopyWords {
    let words: [String]
    let lists: ImageListOptions
    let allTags: Bool
    let images: ImageOptions

    /// Sees to it that the words are as many as are needed.
    func check() throws {
        guard !lists.files.isEmpty else {
            guard words.count == 2 else { throw ValidationError("A source and a destination are needed.") }
            return
        }
        guard words.count == 1 else {
            throw ValidationError("With --from-images, one address is needed: where the images are copied to.")
        }
        guard !allTags else {
            throw ValidationError("--all-tags and --from-images contradict each other: a file names single images.")
        }
    }

    /// What is copied from each registry.
    /// - Parameter warn: Told what is not right in the files, but stops nothing.
    /// - Throws: `ValidationError` for addresses, `ExitCode` after a complaint about the files.
    func pairs(warn: (String) -> Void) throws -> [AddressPair] {
        try check()
        var pairs: [AddressPair] = []
        do {
            pairs = try lists.files.isEmpty ? [between()] : listed(warn)
        } catch {
            throw error is ExitCode || error is ValidationError
                ? error : ValidationError(Wording.sentenceAndHint(for: error))
        }
        for index in pairs.indices { pairs[index].mapping.digestTags = images.digestTags }
        return pairs
    }

    private func between() throws -> AddressPair {
        try AddressPair(source: words[0], destination: words[1], allTags: allTags)
    }

    private func listed(_ warn: (String) -> Void) throws -> [AddressPair] {
        let destination = try Address.base(words[0])
        // An address that cannot take them is a wrong command line, whatever the files say.
        _ = try NameMapping(from: Address(place: destination.place, scope: .registry), to: destination)
        return try ConfigOptions.complaining {
            var lists = try ImageLists(reading: lists.files)
            let pairs = try lists.pairs(to: destination)
            for warning in lists.warnings { warn(warning.printable) }
            return pairs
        }
    }
}
