// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication

/// What files of a job list.
struct ListedReferences: Hashable, Sendable {
    /// The key that names the files.
    let key: String
    let paths: [String]
    /// The first file that is not there; it may be made by what runs before the job.
    var missing: String?
    /// What lies below the job's source.
    var references: [Selection.Reference] = []
    /// The images behind the references, where the files name images of any registries.
    var taken: Set<Address> = []
    /// Images of the files that lie elsewhere: of other registries, or beside the job's path.
    var elsewhere: [ListedImage] = []
    /// What is not right in the files, but stops nothing; a sentence each.
    var warnings: [String] = []

    /// Takes an image that a file names, if it lies below a place.
    /// - Parameter base: The path; `nil` for the whole registry.
    mutating func take(_ image: ListedImage, from host: RegistryHost, below base: RepositoryName?) {
        let isBelow = base.map { image.repository.text.hasPrefix("\($0)/") } ?? true
        guard image.address.host == host, isBelow else { return elsewhere.append(image) }
        if taken.insert(image.address).inserted { references.append(image.reference) }
    }

    /// Looks for images that no job takes, so that nobody misses them only when a cluster does.
    ///
    /// The first job that names the file is the one that says so.
    static func check(_ jobs: inout [JobSettings]) {
        var known: Set<Address> = []
        for case .references(let list) in jobs.map(\.content.value) { known.formUnion(list.taken) }
        for index in jobs.indices {
            guard case .references(var list) = jobs[index].content.value, list.missing == nil else { continue }
            let source = jobs[index].source.value
            let missed = list.elsewhere.filter { known.insert($0.address).inserted }
            if !missed.isEmpty { list.warnings.append(SelectionWording.missed(missed, below: source)) }
            if list.key == JobKeys.imagesFrom.name, list.references.isEmpty {
                list.warnings.append("no image of \(list.paths.joined(separator: ", ")) is below \(source)")
            }
            jobs[index].content = .init(value: .references(list), origin: jobs[index].content.origin)
        }
    }
}

extension JobSettings {
    /// What is not right with the files of the job, but stops nothing; a sentence each.
    var warnings: [String] {
        guard case .references(let list) = content.value else { return [] }
        return list.warnings
    }
}
