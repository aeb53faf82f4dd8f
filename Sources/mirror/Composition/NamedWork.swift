// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// What the words of a command line name: jobs of the config file, or what is copied between addresses.
enum NamedWork {
    case jobs([JobSettings])
    case pairs([AddressPair])

    /// Two words are two addresses unless one of them is the name of a job, and beside files of images one is an address; all
    /// else are names of jobs, none are all jobs.
    /// - Parameter warn: Told what is not right in files of images, but stops nothing.
    /// - Throws: `ExitCode` after a complaint about a file, `ValidationError` for addresses.
    init(_ copy: CopyWords, of file: MirrorConfiguration?, warn: (String) -> Void) throws {
        let words = copy.words
        guard copy.lists.files.isEmpty else {
            self = .pairs(try copy.pairs(warn: warn))
            return
        }
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
        self = .pairs(try copy.pairs(warn: warn))
    }
}
