// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// What a manifest of an index runs on (image-spec, image-index.md, "platform").
public struct Platform: Hashable, Sendable, Codable {
    /// The operating system, as Go's `GOOS` writes it.
    public var os: String
    /// The processor, as Go's `GOARCH` writes it.
    public var architecture: String
    /// The variant of the processor, `v8` for example.
    public var variant: String?

    /// Describes a platform by its parts.
    public init(os: String, architecture: String, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }
}

extension Platform: CustomStringConvertible {
    /// `os/architecture` and, where there is one, `/variant`.
    public var description: String {
        [os, architecture, variant].compactMap(\.self).joined(separator: "/")
    }
}
