// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// What the words of a command line name: jobs of the config file, or a source and a destination.
enum NamedWork {
    case jobs([JobSettings])
    case pair(AddressPair)

    /// Two words are two addresses unless one of them is the name of a job; all else are names of jobs, none are all jobs.
    /// - Throws: `ExitCode` after a complaint about the config file, `ValidationError` for addresses.
    init(_ words: [String], allTags: Bool, of file: MirrorConfiguration?) throws {
        let names = file?.jobs.map(\.name) ?? []
        guard words.count == 2, !words.contains(where: names.contains) else {
            let jobs = try ConfigOptions.complaining {
                guard let file else { throw ConfigFileNotFound(places: ConfigSearch.places()) }
                return try JobChoice.jobs(words, of: file)
            }
            self = .jobs(jobs)
            return
        }
        if let file, let slip = words.lazy.compactMap({ JobChoice.slip($0, in: file) }).first {
            try ConfigOptions.complaining { throw slip }
        }
        do {
            self = .pair(try AddressPair(source: words[0], destination: words[1], allTags: allTags))
        } catch {
            throw ValidationError(Wording.sentenceAndHint(for: error))
        }
    }
}
