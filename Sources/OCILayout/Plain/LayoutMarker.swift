// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// The file that marks an OCI image layout (image-spec, image-layout.md, "oci-layout file").
enum LayoutMarker {
    /// More than any has, in bytes.
    static let maximumSize: Int64 = 4096

    private struct Body: Decodable { var imageLayoutVersion: String }

    /// Whether the marker is that of a version that can be read.
    static func isKnown(_ bytes: [UInt8]) -> Bool {
        let version = try? JSONDecoder().decode(Body.self, from: Data(bytes)).imageLayoutVersion
        return version?.hasPrefix("1.") ?? false
    }
}
