// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

extension LayoutStore {
    /// The uploads that are open, in no order, at most `limit`.
    public func openUploads(limit: Int = 100_000) async throws -> [OpenUpload] {
        try await files.run { [folders, uploads = self.uploads] in
            guard let folder = folders.uploads else { return [] }
            var places: [UploadPlace] = []
            try folder.forEachName { name in
                guard places.count < limit, let upload = LayoutPaths.upload(named: name) else { return }
                places.append(UploadPlace(uploads: folder, id: upload.id, isPart: upload.isPart))
            }
            let now = FileStatus.Instant.now
            return try places.compactMap { place in
                try place.listing(isBusy: uploads.known(place.id)?.isBusy ?? false, at: now)
            }
        }
    }

    /// Removes an upload, unless somebody is writing to it or it received bytes within `idleSeconds`.
    /// - Returns: Whether it was removed.
    public func removeUpload(_ id: UploadID, idleFor idleSeconds: Int64 = 0) async throws -> Bool {
        let progress = uploads.progress(of: id)
        do { try progress.begin(id) } catch { return false }
        let isRemoved: Bool
        do {
            isRemoved = try await files.run { [folders] in
                let uploads = try folders.forWriting().uploads
                for isPart in [false, true] {
                    let place = UploadPlace(uploads: uploads, id: id, isPart: isPart)
                    guard let listing = try place.listing(isBusy: false, at: .now) else { continue }
                    guard listing.idleSeconds >= idleSeconds, try place.isFree() else { return false }
                    try place.remove()
                    return true
                }
                return false
            }
        } catch {
            progress.end()
            throw error
        }
        progress.end(isGone: isRemoved)
        uploads.forget(id)
        return isRemoved
    }
}

extension UploadPlace {
    /// What is known of the upload; `nil` if it is gone.
    func listing(isBusy: Bool, at now: FileStatus.Instant) throws -> OpenUpload? {
        guard let status = try uploads.status(isPart ? LayoutPaths.part(id) : id.text) else { return nil }
        let data = isPart ? status : try uploads.folder(id.text)?.status(LayoutPaths.uploadData)
        let facts = try facts()
        return OpenUpload(
            id: id,
            repository: facts?.repository,
            owner: facts?.owner ?? "",
            size: data?.size ?? 0,
            idleSeconds: max((data ?? status).age(at: now), 0),
            isBusy: isBusy
        )
    }

    /// Whether no process is writing.
    func isFree() throws -> Bool {
        guard let file = try open()?.file else { return true }
        return try file.tryLock()
    }
}
