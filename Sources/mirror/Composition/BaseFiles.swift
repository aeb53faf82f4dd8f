// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIContent
import OCILayout

/// Files that say what the far side has: inventories, and bundles that were brought there before.
enum BaseFiles {
    /// The longest inventory, in bytes: that of some millions of pieces.
    private static let longestInventory = 256 << 20

    /// Reads all of them.
    /// - Parameter key: The key with which they must be signed; `nil` where that does not matter.
    /// - Throws: `ExitCode` after a complaint about a file.
    static func holdings(_ paths: [String], signedBy key: VerifyingKey?) async throws -> Holdings {
        var inventories: [Inventory] = []
        var bundles: [BundleContents] = []
        for path in paths {
            do {
                if let inventory = try inventory(at: path, key) {
                    inventories.append(inventory)
                } else {
                    bundles.append(try await contents(of: path, key))
                }
            } catch {
                Lines.complain(error, to: .standardError)
                throw ExitCode.configuration
            }
        }
        // Of places that have a piece, the first few are remembered: those that were seen, then those of the last bundles.
        var holdings = Holdings()
        for inventory in inventories { holdings.add(inventory) }
        for contents in bundles.reversed() { holdings.add(contents) }
        return holdings
    }

    private static func contents(of path: String, _ key: VerifyingKey?) async throws -> BundleContents {
        do {
            let set = try VolumeSet(at: path)
            return try await BundleEndpoint.contents(of: set) { document in
                if let key { try KeyFile.check(document, signedBeside: set.path, by: key) }
            }
        } catch ArchiveError.notABundle { throw BaseFileError(path: path, reason: .neither) }
    }

    /// - Returns: `nil` for a file that does not begin as a JSON document does.
    private static func inventory(at path: String, _ key: VerifyingKey?) throws -> Inventory? {
        // The volumes of a bundle are called otherwise.
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let start = try file.read(upToCount: 1), start == Data("{".utf8) else { return nil }
        let bytes = start + (try file.read(upToCount: longestInventory) ?? Data())
        guard bytes.count <= longestInventory else { throw BaseFileError(path: path, reason: .tooLong) }
        if let key { try KeyFile.check(Array(bytes), signedBeside: path, by: key) }
        do {
            return try JSONDecoder().decode(Inventory.self, from: bytes)
        } catch let error as InventoryVersionError {
            throw BaseFileError(path: path, reason: .version(error.version))
        } catch {
            throw BaseFileError(path: path, reason: .malformed(JSONFault.text(of: error)))
        }
    }
}

/// A file does not say what the far side has.
struct BaseFileError: Error, Hashable {
    /// What is wrong with it.
    enum Reason: Hashable {
        case neither
        case malformed(String)
        case version(Int)
        case tooLong
    }

    let path: String
    let reason: Reason
}
