// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Chooses jobs of a config file by their names.
enum JobChoice {
    /// The jobs of these names, in the order of the names; all of the file if none is given.
    /// - Throws: ``JobNotFound``, ``NoJobs``.
    static func jobs(_ names: [String], of file: MirrorConfiguration) throws -> [JobSettings] {
        guard !file.jobs.isEmpty else { throw NoJobs(file: file.file) }
        guard !names.isEmpty else { return file.jobs }
        return try names.map { name in
            guard let job = file.jobs.first(where: { $0.name == name }) else {
                throw notFound(name, in: file)
            }
            return job
        }
    }

    /// What a word that could be an image of Docker Hub's `library` was meant to be, if it is nearly the name of a job.
    ///
    /// Nobody should be sent to the internet by a slip; `docker.io/library/NAME` says what is meant.
    static func slip(_ word: String, in file: MirrorConfiguration) -> JobNotFound? {
        guard JobName.isValid(word), !file.jobs.contains(where: { $0.name == word }) else { return nil }
        let error = notFound(word, in: file)
        return error.nearest == nil ? nil : error
    }

    private static func notFound(_ name: String, in file: MirrorConfiguration) -> JobNotFound {
        JobNotFound(name: name, file: file.file, nearest: NearestWord.find(name, among: file.jobs.map(\.name)))
    }
}

/// A job that was named is not in the file.
struct JobNotFound: Error, Hashable {
    let name: String
    let file: String
    let nearest: String?
}

/// The config file has no jobs.
struct NoJobs: Error, Hashable {
    let file: String
}
