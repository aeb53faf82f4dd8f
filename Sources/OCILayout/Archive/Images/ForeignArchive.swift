// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What a file is that is no bundle.
public enum ForeignArchive: Hashable, Sendable {
    /// An archive of another tool.
    case archive(ArchiveFormat)
    /// Something that is compressed.
    case compressed

    /// Finds out what a file is, without reading what is in it; `nil` for anything else; blocks.
    public init?(at path: String) {
        guard let bytes = try? ArchiveBytes(at: path) else { return nil }
        if let mark = try? bytes.read(Compression.markLength, at: 0), Compression(mark: mark) != nil {
            self = .compressed
            return
        }
        guard let files = try? TarIndex(of: bytes).files else { return nil }
        if files[LayoutPaths.layoutMarker] != nil {
            self = .archive(.oci)
        } else if files["manifest.json"] != nil {
            self = .archive(.docker)
        } else {
            return nil
        }
    }
}
