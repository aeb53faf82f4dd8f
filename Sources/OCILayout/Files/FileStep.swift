// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

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
}
