// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication

/// What files name, to be copied: images of any registries.
struct ImageLists {
    /// Each image once, in the order of the files.
    private(set) var images: [ListedImage] = []
    /// What is not right in the files, but stops nothing; a sentence each.
    private(set) var warnings: [String] = []

    /// Reads files.
    /// - Parameter paths: Files; `-` is standard input.
    /// - Throws: ``ConfigMistakes`` with what is wrong in the first file in which something is, ``ConfigFileMissing``,
    ///   ``StateError``, ``NoImages``.
    init(reading paths: [String]) throws {
        var seen: Set<Address> = []
        for path in paths {
            let name = path == "-" ? "standard input" : path
            guard let bytes = try InputFile.read(path, limit: ImageFile.maximumSize + 1) else {
                throw ConfigFileMissing(path: path, noun: "file")
            }
            let file = try ImageFile(bytes, name: name)
            if file.images.isEmpty { warnings.append("\(name) names no image") }
            warnings += file.warnings
            images += file.images.filter { seen.insert($0.address).inserted }
        }
        guard !images.isEmpty else { throw NoImages(files: paths) }
    }

    /// The images of each registry, in the order in which these come first.
    var byPlace: [(place: Place, images: [ListedImage])] {
        var places: [Place] = []
        var byPlace: [Place: [ListedImage]] = [:]
        for image in images {
            let place = image.address.place
            if byPlace[place] == nil { places.append(place) }
            byPlace[place, default: []].append(image)
        }
        return places.map { ($0, byPlace[$0] ?? []) }
    }

    /// What is copied from each registry, each image to its own name below a destination.
    ///
    /// What lies below the destination already is left out.
    /// - Throws: `MappingError`; ``ImageNamesTaken`` if images of two registries would have one name.
    mutating func pairs(to destination: Address) throws -> [AddressPair] {
        var pairs: [AddressPair] = []
        for (place, all) in byPlace {
            let mapping = try NameMapping(from: Address(place: place, scope: .registry), to: destination)
            // What would be copied onto itself is there, too.
            let images = all.filter { image in
                let isItself =
                    mapping.isWithinOnePlace
                    && (try? mapping.destination(of: image.repository)) == image.repository
                return !isItself && !mapping.isDestination(image.repository)
            }
            let left = all.count - images.count
            if left > 0 {
                warnings.append("left out: \(Measures.count(left, "image")) of \(place) at the destination already")
            }
            guard !images.isEmpty else { continue }
            pairs.append(AddressPair(images, of: place, to: destination, mapping))
        }
        try checkNames(pairs)
        return pairs
    }

    /// Sees to it that no name of the destination stands for repositories of two registries.
    private func checkNames(_ pairs: [AddressPair]) throws {
        var owners: [RepositoryName: Place] = [:]
        var taken: [ImageNamesTaken.Name] = []
        for pair in pairs {
            for repository in pair.repositories {
                // A name that is too long is told when it comes to it, and stops no other.
                guard let name = try? pair.mapping.destination(of: repository) else { continue }
                guard let owner = owners[name] else {
                    owners[name] = pair.source.place
                    continue
                }
                let both = [owner, pair.source.place]
                let places = both.compactMap { place in
                    images.first { $0.address.place == place && $0.repository == repository }
                }
                taken.append(.init(destination: name, images: places))
            }
        }
        guard taken.isEmpty else { throw ImageNamesTaken(names: taken) }
    }
}

extension ListedImage {
    /// The image as it is selected.
    var reference: Selection.Reference {
        Selection.Reference(repository, target, writtenTag: address.writtenTag)
    }
}

/// Files that were to name images name none.
struct NoImages: Error, Hashable {
    let files: [String]
}

/// Images of several registries would become one repository.
struct ImageNamesTaken: Error, Hashable {
    /// A name of the destination, and an image of each repository that would have it.
    struct Name: Hashable {
        let destination: RepositoryName
        let images: [ListedImage]
    }

    let names: [Name]
}
