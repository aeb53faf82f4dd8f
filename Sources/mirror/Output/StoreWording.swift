// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCILayout

/// The sentences for errors of a store.
enum StoreWording {
    static func sentence(for error: StoreError) -> String {
        switch error {
        case .system(let operation, let path, let code):
            "cannot \(verb(operation)) \(path): \(String(cString: strerror(code)))"
        case .notAStore(let path): "\(path) is no store, and not an empty folder either"
        case .unsupportedVersion(let path, let version):
            "the store \(path) has the version \(version), which is too new"
        case .unexpectedFile(let path): "\(path) is a link or a device, where a file or a folder of the store must be"
        case .damaged(let path, let reason): "cannot read \(path): it \(reason)"
        case .missing(let blobs, let manifests):
            "the repository does not have \((blobs + manifests).first.map { "\($0)" } ?? "all") that the manifest points to"
        case .wrongDigest(let expected, let actual): "what came for \(expected) is \(actual)"
        case .inUse(let digest, let user): "\(user) points to \(digest)"
        case .uploadGone: "the upload is over"
        case .uploadBusy: "the upload is being written to by somebody else"
        case .uploadOffset(_, let size): "the upload goes on at byte \(size)"
        case .uploadTooLarge(_, let limit): "the upload has more than \(limit) bytes"
        case .readingOnly(let path): "the store \(path) is open for reading only"
        case .locked(let path): "cannot lock \(path): another process holds it for too long"
        case .shutDown: "the store is closed"
        }
    }

    static func hint(for error: StoreError) -> String? {
        switch error {
        case .notAStore: "--store names another folder; mirror serve makes a store"
        case .damaged: "mirror store check says what else is damaged"
        case let error where error.isOutOfSpace: "mirror store gc shows what can be removed"
        default: nil
        }
    }

    private static func verb(_ operation: StoreError.FileOperation) -> String {
        switch operation {
        case .open: "open"
        case .read: "read"
        case .write: "write"
        case .sync: "save"
        case .makeFolder: "make"
        case .link: "link"
        case .rename: "rename"
        case .remove: "remove"
        case .truncate: "cut"
        case .stat: "look at"
        case .lock: "lock"
        }
    }
}
