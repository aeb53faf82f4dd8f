// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Replication

/// What became of uploads that were interrupted, in this run or before it.
struct Setbacks {
    /// How often an upload went on where it had stopped.
    private(set) var resumed = 0
    /// The bytes of these uploads that an earlier run had sent.
    private(set) var bytesResumed: Int64 = 0
    /// Uploads that began anew, although bytes of them had been acknowledged.
    private(set) var restarted = 0
    /// The bytes that had to be sent again for that.
    private(set) var bytesRestarted: Int64 = 0
    /// Bytes for which the destination's own check stands.
    private(set) var bytesTrusted: Int64 = 0

    /// - Parameter sent: How far the blob has come in this run.
    mutating func take(_ step: BlobStep, sent: Int64) {
        switch step {
        case .position: break
        case .resumed(let offset):
            resumed += 1
            bytesResumed = bytesResumed.addingClamped(max(0, offset - sent))
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
            let before = bytesResumed > 0 ? "; \(Measures.bytes(bytesResumed)) had arrived in an earlier run" : ""
            lines.append("  resumed   \(Measures.count(resumed, "upload"))\(before)")
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
