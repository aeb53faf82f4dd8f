// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What is known of an upload that was begun and not ended.
public struct OpenUpload: Hashable, Sendable {
    /// Its name.
    public let id: UploadID
    /// The repository that it belongs to; `nil` where nothing says it, because its beginning was cut short.
    public let repository: RepositoryName?
    /// Who began it; empty for nobody in particular.
    public let owner: String
    /// The bytes that have arrived.
    public let size: Int64
    /// How long ago bytes arrived last, in seconds.
    public let idleSeconds: Int64
    /// Whether somebody is writing to it at this moment.
    public let isBusy: Bool
}
