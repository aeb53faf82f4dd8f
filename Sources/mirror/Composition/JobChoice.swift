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
                let nearest = NearestWord.find(name, among: file.jobs.map(\.name))
                throw JobNotFound(name: name, file: file.file, nearest: nearest)
            }
            return job
        }
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
