// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCILayout
import OCIRegistry
import OCITestKit
import Testing

/// A place with one repository that images of every kind are copied to and from.
struct KindPlace: Sendable {
    /// What is at the place.
    enum Kind: String, CaseIterable {
        case docker
        case embedded
        case layout
        case oci
    }

    let kind: Kind
    /// The registry or the folder.
    let place: String
    /// The repository at the place; the folder of one layout has only one.
    var name = "kinds"

    /// The place as an argument of the program.
    var address: String {
        switch kind {
        case .docker, .embedded: "\(place)/\(name)"
        case .layout: "layout:\(place)//\(name)"
        case .oci: "oci:\(place)-\(name)"
        }
    }

    /// The repository of another name at the same place.
    func named(_ name: String) -> KindPlace { KindPlace(kind: kind, place: place, name: name) }

    /// The images that cannot be put there.
    var refuses: Set<ImageKind> { kind == .docker && !DockerRegistry.isReplaced ? [.sha512Child] : [] }

    /// Lends the library's view of the repository.
    func withRepository(_ body: (any ContentSink) async throws -> Void) async throws {
        let repository = try RepositoryName(name)
        switch kind {
        case .docker, .embedded:
            try await withEndpoint(of: place, as: Person(name: "nobody", password: "none")) {
                try await body($0[repository])
            }
        case .layout:
            let store = try await LayoutStore.open(at: place)
            try await finally({ try await store.shutdown() }) { try await body(store.repository(repository)) }
        case .oci:
            let layout = try await PlainLayout.open(at: "\(place)-\(name)")
            try await finally({ try await layout.shutdown() }) { try await body(layout.sink(repository)) }
        }
    }

    /// Fills the repository.
    func write(_ fixtures: [(tag: TagName, image: ImageFixture)]) async throws {
        try await withRepository { repository in
            for fixture in fixtures { try await fixture.image.write(to: repository, as: fixture.tag) }
        }
    }

    /// Checks that the tags are those of some images, and that every manifest of these has the bytes that it should have.
    func expect(_ fixtures: [(tag: TagName, image: ImageFixture)], _ what: String) async throws {
        try await withRepository { repository in
            let tags = try await repository.tags().all().map(\.tag)
            #expect(Set(tags) == Set(fixtures.map(\.tag)), "\(what)")
            for (tag, image) in fixtures {
                var wanted = image.manifests.map { (target: Target.digest($0.descriptor.digest), manifest: $0) }
                wanted.append((target: .tag(tag), manifest: image.root))
                for (target, manifest) in wanted {
                    let isSame = try await repository.document(at: target) == manifest
                    // The texts themselves are too long to be shown.
                    #expect(isSame, "\(what): \(tag), \(target)")
                }
            }
        }
    }
}

/// Runs something, and after it another thing, however it ends.
private func finally(_ end: () async throws -> Void, _ body: () async throws -> Void) async throws {
    do { try await body() } catch {
        try? await end()
        throw error
    }
    try await end()
}

/// Runs `body` with empty places of every kind.
/// - Parameter count: How many of each.
func withKindPlaces(_ count: Int, _ body: (_ places: [[KindPlace]], _ home: Home) async throws -> Void) async throws {
    try await withHome { home in
        func open(_ places: [[KindPlace]]) async throws {
            guard places.count < count else { return try await body(places, home) }
            try await withDockerRegistry { docker in
                try await withEmbeddedRegistry(Program.path) { embedded in
                    let folder = "\(home.directory)/\(places.count)"
                    try await open(
                        places + [
                            [
                                KindPlace(kind: .layout, place: "\(folder)-store"),
                                KindPlace(kind: .docker, place: docker.host),
                                KindPlace(kind: .embedded, place: embedded.host),
                                KindPlace(kind: .oci, place: "\(folder)-layout"),
                            ]
                        ]
                    )
                }
            }
        }
        try await open([])
    }
}
