// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What the system says of a file.
struct FileStatus: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    let size: Int64
    let links: Int
    let isRegular: Bool
    let isFolder: Bool
    let modified: Instant
    let changed: Instant

    /// A time of the system's clock.
    struct Instant: Hashable, Comparable, Sendable {
        let seconds: Int64
        let nanoseconds: Int64

        static var now: Instant {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Instant(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
        }

        static func < (left: Instant, right: Instant) -> Bool {
            (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
        }
    }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        links = Int(status.st_nlink)
        isRegular = status.st_mode & S_IFMT == S_IFREG
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        modified = Instant(seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int64(status.st_mtim.tv_nsec))
        changed = Instant(seconds: Int64(status.st_ctim.tv_sec), nanoseconds: Int64(status.st_ctim.tv_nsec))
    }

    /// How long ago the file was last written or touched, in seconds; negative where a clock was turned back.
    ///
    /// When one of its links was removed does not count, so that a sweep can remove the last two links at once.
    func idle(at now: Instant = .now) -> Int64 { now.seconds - modified.seconds }

    /// How long ago anything at all was last done to the file, in seconds; negative where a clock was turned back.
    func age(at now: Instant = .now) -> Int64 { now.seconds - max(modified.seconds, changed.seconds) }
}
