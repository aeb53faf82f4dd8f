// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
public import OCI

/// What repositories of a place hold: carried to where bundles are made, so that these leave it out.
///
/// It is a JSON document in which the hashes of a repository stand one behind the other in base64: 43 bytes each.
public struct Inventory: Hashable, Sendable {
    /// A repository and what it holds.
    public struct Repository: Hashable, Sendable {
        /// Its name in that place.
        public var name: RepositoryName
        /// Its blobs and manifests.
        public var digests: Set<Digest>

        /// Describes a repository.
        public init(name: RepositoryName, digests: Set<Digest>) {
            self.name = name
            self.digests = digests
        }
    }

    /// The version of this form.
    public static let currentVersion = 1

    /// What the place is called, for people.
    public var place: String
    /// The repositories, in the order of their names.
    public var repositories: [Repository]

    /// Describes a place.
    public init(place: String, repositories: [Repository]) {
        self.place = place
        self.repositories = repositories
    }

    /// Everything that the place holds, each piece once.
    public var digests: Set<Digest> { repositories.reduce(into: []) { $0.formUnion($1.digests) } }
}

extension Inventory: Codable {
    private enum Key: String, CodingKey { case version = "inventory", place, repositories }

    /// Reads an inventory.
    /// - Throws: `DecodingError`; ``InventoryVersionError`` for one that a later program wrote.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let version = try container.decode(Int.self, forKey: .version)
        guard version == Self.currentVersion else { throw InventoryVersionError(version: version) }
        place = try container.decode(String.self, forKey: .place)
        repositories = try container.decode([Repository].self, forKey: .repositories)
    }

    /// Writes the inventory; the same content makes the same text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(Self.currentVersion, forKey: .version)
        try container.encode(place, forKey: .place)
        try container.encode(repositories, forKey: .repositories)
    }
}

/// A later version of the program wrote an inventory.
public struct InventoryVersionError: Error, Hashable, Sendable {
    /// The version that it has.
    public let version: Int
}

extension Inventory.Repository: Codable {
    private enum Key: String, CodingKey { case name, sha256, sha512 }

    /// Reads a repository.
    /// - Throws: `DecodingError`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        name = try container.decode(RepositoryName.self, forKey: .name)
        digests = []
        for (key, algorithm) in [(Key.sha256, Digest.Algorithm.sha256), (.sha512, .sha512)] {
            guard let hashes = try container.decodeIfPresent(Data.self, forKey: key) else { continue }
            let length = algorithm.hexLength / 2
            guard hashes.count.isMultiple(of: length) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key,
                    in: container,
                    debugDescription: "\(hashes.count) bytes are no multiple of \(length)"
                )
            }
            for start in stride(from: 0, to: hashes.count, by: length) {
                digests.insert(
                    Digest(algorithm: algorithm, hash: hashes[(hashes.startIndex + start)...].prefix(length))
                )
            }
        }
    }

    /// Writes the repository; the same content makes the same text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        for (key, algorithm) in [(Key.sha256, Digest.Algorithm.sha256), (.sha512, .sha512)] {
            let hashes = digests.filter { $0.algorithm == algorithm }.map(\.hashBytes)
            guard !hashes.isEmpty else { continue }
            let sorted = hashes.sorted { $0.lexicographicallyPrecedes($1) }
            try container.encode(Data(sorted.joined()), forKey: key)
        }
    }
}
