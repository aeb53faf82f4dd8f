// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How much room a file system has, in bytes.
struct DiskSpace: Hashable, Sendable {
    let free: Int64
    let total: Int64

    /// What a disk needs for everybody else.
    private static let minimumFree: Int64 = 1 << 30

    /// Whether enough is left for others when `count` more bytes are there.
    func hasRoom(for count: Int64) -> Bool { free >= count && free - count >= max(Self.minimumFree, total / 20) }
}

extension Folder {
    /// The room that is left to this user; `nil` where the system does not tell.
    var space: DiskSpace? {
        var status = statvfs()
        guard fstatvfs(descriptor, &status) == 0 else { return nil }
        let (free, freeOverflows) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        let (total, totalOverflows) = UInt64(status.f_blocks).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return DiskSpace(
            free: freeOverflows ? .max : Int64(clamping: free),
            total: totalOverflows ? .max : Int64(clamping: total)
        )
    }
}
