// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A step that a test can stop the program at; all of them, so that a name that is mistyped is refused.
public enum FailpointName: String, CaseIterable, Hashable, Sendable {
    /// Before a line is written to the journal of open uploads.
    case journalAppend = "journal-append"
    /// Before what another process left open is written to the own journal.
    case journalAdopt = "journal-adopt"
    /// Before the journal is written anew, without what has ended.
    case journalRewrite = "journal-rewrite"
    /// Before a spool file is made.
    case spoolCreate = "spool-create"
    /// Before bytes are written to a spool file.
    case spoolAppend = "spool-append"
    /// Before the spool file of a blob that has arrived is removed.
    case spoolRelease = "spool-release"
    /// Before a spool file is removed to make room.
    case spoolEvict = "spool-evict"
    /// Before a line is written to a file of hints.
    case hintAppend = "hint-append"
    /// After a registry has opened an upload session.
    case uploadStarted = "upload-started"
    /// After a registry has acknowledged a piece, and that was noted.
    case pieceAcknowledged = "piece-acknowledged"
    /// After a registry has confirmed a blob.
    case uploadConfirmed = "upload-confirmed"
    /// After a registry has taken a manifest by its digest.
    case manifestWritten = "manifest-written"
    /// After a registry has taken a manifest by a tag.
    case tagMoved = "tag-moved"
    /// Before a file of hints is written anew.
    case hintRewrite = "hint-rewrite"
    /// Before a file that was written beside another one takes its place.
    case fileRename = "file-rename"
    /// Before a store makes a folder.
    case storeMakeFolder = "store-make-folder"
    /// Before a store makes a file.
    case storeCreate = "store-create"
    /// Before a store writes bytes.
    case storeWrite = "store-write"
    /// Before a store cuts a file.
    case storeTruncate = "store-truncate"
    /// Before a store makes bytes durable.
    case storeSync = "store-sync"
    /// Before a store makes names durable.
    case storeSyncFolder = "store-sync-folder"
    /// Before a store gives a file a further name.
    case storeLink = "store-link"
    /// Before a store moves a file.
    case storeRename = "store-rename"
    /// Before a store removes a name.
    case storeRemove = "store-remove"
}

#if FAILPOINTS
/// Marks a step that a test can stop the program at.
///
/// - Throws: ``FailpointError``, if a test wants that.
public func failpoint(_ name: FailpointName) throws { try ArmedFailpoint.shared.pass(name) }
#else
/// Marks a step that a test could stop the program at; here it is nothing.
@inlinable
public func failpoint(_ name: FailpointName) throws {}
#endif
