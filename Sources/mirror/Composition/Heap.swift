// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import CMalloc

/// How the C library keeps memory that was given back.
enum Heap {
    /// Lets it keep little.
    ///
    /// By itself it makes up to eight heaps for each processor, and keeps large blocks in them that were freed once. A run of
    /// many small requests on many threads then holds half as much again as is in use.
    static func keepSmall() {
        _ = mallopt(M_ARENA_MAX, 2)
        _ = mallopt(M_MMAP_THRESHOLD, 1 << 20)
        _ = mallopt(M_TRIM_THRESHOLD, 1 << 20)
    }
}
