// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
public import OCI
public import OCIContent

/// A place to read from whose large blobs are kept on the disk until they have arrived, so that no byte is fetched twice.
///
/// It stands above what retries: a stream that is opened again goes on behind what is kept.
public struct SpoolingEndpoint<Base: SourceEndpoint>: SourceEndpoint {
    private let base: Base
    private let folder: SpoolFolder
    private let minimumSize: Int64

    /// Wraps a place.
    /// - Parameter minimumSize: Smaller blobs are only passed on.
    public init(_ base: Base, in folder: SpoolFolder, minimumSize: Int64 = 64 << 20) {
        self.base = base
        self.folder = folder
        self.minimumSize = minimumSize
    }

    /// What the place is called.
    public var name: String { base.name }

    /// The names of all repositories; see ``Endpoint/catalog(below:)``.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { base.catalog(below: paths) }

    /// One repository of the place.
    public func source(_ repository: RepositoryName) -> any ContentSource {
        SpoolingSource(base: base.source(repository), folder: folder, minimumSize: minimumSize)
    }
}

/// A repository whose large blobs are kept until they have arrived.
private struct SpoolingSource: ForwardingSource {
    let base: any ContentSource
    let folder: SpoolFolder
    let minimumSize: Int64

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        guard isSpooled(descriptor), !range.isEmpty, (0..<descriptor.size).contains(range.lowerBound),
            let reading = await folder.read(descriptor, from: range.lowerBound)
        else { return try await base.blob(descriptor, in: range) }
        let spooled = SpooledBlob(descriptor: descriptor, range: range, base: base, reading: reading)
        if reading.length > range.lowerBound { return spooled.stream() }
        do {
            // At once, so that what is not there is missed at once.
            return spooled.stream(over: try await base.blob(descriptor, in: range))
        } catch {
            await folder.abandon(reading)
            throw error
        }
    }

    func kept(of blob: Descriptor) async -> Int64 {
        isSpooled(blob) ? await folder.kept(of: blob) : await base.kept(of: blob)
    }

    func release(_ blob: Descriptor) async {
        if isSpooled(blob) { await folder.release(blob) }
        await base.release(blob)
    }

    private func isSpooled(_ blob: Descriptor) -> Bool { blob.size >= minimumSize }
}
