// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import Replication

/// What became of uploads that were interrupted, in this run or before it.
struct Setbacks {
    /// Uploads that went on behind bytes which had arrived before.
    private(set) var resumed = 0
    /// The bytes that did not have to be sent again for that.
    private(set) var bytesResumed: Int64 = 0
    /// Uploads that began anew, although bytes of them had been acknowledged.
    private(set) var restarted = 0
    /// The bytes that had to be sent again for that.
    private(set) var bytesRestarted: Int64 = 0
    /// Bytes for which the destination's own check stands.
    private(set) var bytesTrusted: Int64 = 0

    mutating func take(_ step: BlobStep) {
        switch step {
        case .position: break
        case .resumed(let offset):
            resumed += 1
            bytesResumed = bytesResumed.addingClamped(offset)
        case .restarted(let bytes):
            restarted += 1
            bytesRestarted = bytesRestarted.addingClamped(bytes)
        case .trusted(let bytes): bytesTrusted = bytesTrusted.addingClamped(bytes)
        }
    }

    /// What there is to say, a line each.
    var lines: [String] {
        var lines: [String] = []
        if resumed > 0 {
            lines.append(
                "  resumed   \(Measures.count(resumed, "upload")) behind \(Measures.bytes(bytesResumed)) that had arrived before"
            )
        }
        if restarted > 0 {
            lines.append(
                "  restarted \(Measures.count(restarted, "upload")); the registry had lost \(Measures.bytes(bytesRestarted))"
            )
        }
        if bytesTrusted > 0 {
            lines.append(
                "  trusted   \(Measures.bytes(bytesTrusted)) sent by an earlier run, checked by the destination only"
            )
        }
        return lines
    }
}
