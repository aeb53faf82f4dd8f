// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent

/// One step that changes something on the disk, told to an observer before it is made.
///
/// A test counts bytes with it, or stops at any step as a crash would.
enum FileStep: Hashable, Sendable {
    case makeFolder(String)
    case create(String)
    case write(String, bytes: Int)
    case truncate(String)
    case sync(String)
    case syncFolder(String)
    case link(from: String, to: String)
    case rename(from: String, to: String)
    case remove(String)

    /// Told of each step; what it throws happens instead of the step.
    typealias Observer = @Sendable (FileStep) throws -> Void

    /// Who is told where nobody else is: the failpoints, in builds that have them.
    static let failpoints: Observer? = {
        #if FAILPOINTS
        { step in try failpoint(step.name) }
        #else
        nil
        #endif
    }()

    private var name: FailpointName {
        switch self {
        case .makeFolder: .storeMakeFolder
        case .create: .storeCreate
        case .write: .storeWrite
        case .truncate: .storeTruncate
        case .sync: .storeSync
        case .syncFolder: .storeSyncFolder
        case .link: .storeLink
        case .rename: .storeRename
        case .remove: .storeRemove
        }
    }
}
