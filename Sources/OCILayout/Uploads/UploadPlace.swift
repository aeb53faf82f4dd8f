// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Where the bytes of an upload are; calls block.
struct UploadPlace: Sendable {
    let uploads: Folder
    let id: UploadID
    /// Whether it is one file that nobody can resume, rather than a folder.
    let isPart: Bool

    /// To whom an upload belongs.
    struct Facts: Hashable, Sendable {
        let repository: RepositoryName
        let owner: String
    }

    /// Makes the place.
    func make(_ facts: Facts) throws {
        if isPart {
            _ = try uploads.create(LayoutPaths.part(id))
            return
        }
        let folder = try uploads.makeFolder(id.text, mode: 0o700, isDurable: false)
        let text = #"{"repository":"\#(facts.repository)","owner":\#(StrictJSON.quoted(facts.owner))}"#
        try folder.create(LayoutPaths.uploadFacts).write(Array(text.utf8), at: 0)
        _ = try folder.create(LayoutPaths.uploadData)
    }

    /// Whom the upload belongs to; `nil` if nothing says it.
    func facts() throws -> Facts? {
        guard !isPart, let bytes = try uploads.folder(id.text)?.read(LayoutPaths.uploadFacts, limit: 16 << 10)?.bytes,
            let members = try? JSONSlices.members(of: bytes[...])
        else { return nil }
        func text(_ name: String) -> String? {
            members.first { $0.name == name }.flatMap { JSONSlices.text($0.value) }
        }
        guard let repository = text("repository").flatMap({ try? RepositoryName($0) }), let owner = text("owner") else {
            return nil
        }
        return Facts(repository: repository, owner: owner)
    }

    /// The bytes, with the folder and the name that they have; `nil` if they are gone.
    func open() throws -> (file: OpenFile, folder: Folder, name: String)? {
        if isPart {
            let name = LayoutPaths.part(id)
            return try uploads.file(name, writing: true).map { ($0, uploads, name) }
        }
        guard let folder = try uploads.folder(id.text) else { return nil }
        return try folder.file(LayoutPaths.uploadData, writing: true).map { ($0, folder, LayoutPaths.uploadData) }
    }

    /// Removes everything; does nothing where nothing is.
    func remove() throws {
        if isPart {
            try uploads.remove(LayoutPaths.part(id))
            return
        }
        guard let folder = try uploads.folder(id.text) else { return }
        // The bytes first: without them there is no upload.
        try folder.remove(LayoutPaths.uploadData)
        try folder.remove(LayoutPaths.uploadFacts)
        try uploads.removeFolder(id.text)
    }
}
