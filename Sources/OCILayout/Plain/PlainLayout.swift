// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// One OCI image layout of whatever tool, as a place with one repository: whatever repository is asked for is the layout.
///
/// Tags are the annotations `org.opencontainers.image.ref.name` of its index. What other tools wrote stays. Writers of this
/// kind exclude each other; other tools know no lock, and nothing protects from them.
public final class PlainLayout: SourceEndpoint, SinkEndpoint {
    /// The folder.
    public let path: String
    /// What the place is called: `oci:DIR`.
    public var name: String { "oci:\(path)" }
    private let state: PlainState

    private init(path: String, state: PlainState) {
        self.path = path
        self.state = state
    }

    /// Opens a layout, and makes it where the folder is missing or empty, unless it is for reading only.
    ///
    /// End it with ``shutdown()``.
    /// - Throws: ``StoreError/notAStore(path:)`` for a folder that holds something else.
    public static func open(at path: String, for purpose: LayoutStore.Purpose = .writing) async throws -> PlainLayout {
        let files = StoreFiles(threads: 4)
        do {
            let folder = try await files.run { try PlainState.open(path, isWritable: purpose == .writing) }
            let state = PlainState(folder: folder, files: files, isWritable: purpose == .writing)
            return PlainLayout(path: path, state: state)
        } catch {
            try await files.shutDown()
            throw error
        }
    }

    /// Nothing: a layout has no names for repositories.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> {
        Pages { [name] in { throw CatalogUnavailable(place: name) } }
    }

    /// The layout, to read.
    public func source(_ repository: RepositoryName) -> any ContentSource { PlainRepository(state: state) }

    /// The layout, to write.
    public func sink(_ repository: RepositoryName) -> any ContentSink { PlainRepository(state: state) }

    /// Does nothing: all is in place already.
    public func finish() async throws {}

    /// Ends the threads of the layout; everything else throws afterwards.
    public func shutdown() async throws { try await state.files.shutDown() }
}
