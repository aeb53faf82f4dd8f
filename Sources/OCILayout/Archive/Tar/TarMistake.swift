// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Why a tar archive is not read: what its bytes say is wrong, or only some readers understand it in one way.
public enum TarMistake: Error, Hashable, Sendable {
    /// What stands there is no header.
    case header
    /// The header has fields that only some readers understand.
    case fields
    /// The header has another checksum.
    case checksum
    /// The name of a member leads elsewhere, or is none.
    case name(String)
    /// A member is neither a file, nor a folder, nor a symbolic link; the letter of its header says what it is.
    case kind(UInt8)
    /// A length is not written as a length, or in two ways that differ.
    case size
    /// The records in front of a member are malformed, or say what is not understood.
    case records(String)
    /// Two members have one name.
    case duplicate(String)
    /// There are more members, or longer names, than any archive of images has.
    case tooMany
    /// The archive ends too early.
    case cut
    /// Something follows the end.
    case tail
}
