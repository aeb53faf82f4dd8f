// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCILayout

/// What is kept of blobs on their way.
struct SpoolSettings: Hashable, Sendable {
    static let rule = ConfigKey<SpoolRule>
        .choice(
            "spool",
            "Whether large blobs are kept on the disk until they have arrived: auto does it unless the source is on this machine or the "
                + "disk is short of room; always and never do as they say."
        )
    static let limit = ConfigKey<ByteCount>
        .byteCount(
            "spool-limit",
            "The most that is kept of blobs on their way, 10GiB if nothing is said.",
            in: .mebibytes(1)...(.tebibytes(1000))
        )

    var rule = JobSettings.Sourced(value: SpoolRule.auto, origin: .builtIn)
    var limit = JobSettings.Sourced(value: ByteCount.gibibytes(10), origin: .builtIn)

    /// Nothing is said.
    init() {}

    /// Reads the keys at the top of a file.
    init(_ top: ConfigMapping) {
        if let value = top.value(Self.rule) { rule = .init(value: value, origin: Self.origin(Self.rule.name, top)) }
        if let value = top.value(Self.limit) { limit = .init(value: value, origin: Self.origin(Self.limit.name, top)) }
    }

    private static func origin(_ key: String, _ top: ConfigMapping) -> JobSettings.Origin {
        .line(top.mark(of: key).line)
    }
}
