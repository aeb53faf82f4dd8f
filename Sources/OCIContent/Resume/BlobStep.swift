// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// What happens to a blob on its way, told to whoever watches it.
public enum BlobStep: Hashable, Sendable {
    /// This many bytes from the start have been handed on; it falls back when an upload begins anew.
    case position(Int64)
    /// The upload goes on behind bytes that the destination had acknowledged.
    case resumed(at: Int64)
    /// The upload begins anew, although the destination had acknowledged this many bytes.
    case restarted(losing: Int64)
    /// This many bytes at the start were sent by an earlier run and could not be hashed again: the destination's own check
    /// of the digest stands for them.
    case trusted(Int64)
}
