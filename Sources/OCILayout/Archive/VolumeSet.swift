// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The files of a bundle: one, or volumes with numbers at the end of their names, `images.tar.001`.
public struct VolumeSet: Hashable, Sendable {
    /// The largest number of volumes.
    static let most = 999

    /// What people call it: the path without a number.
    public let path: String
    /// The files, in the order of their bytes.
    public let files: [String]
    /// Whether the files have numbers.
    public let isNumbered: Bool

    /// The file at a path, or the volumes of which it is one, or which are called so with a number.
    /// - Throws: ``ArchiveError/volumeMissing(path:)``.
    public init(at path: String) throws(ArchiveError) {
        if path.volume == nil, !path.isThere, path.numbered(1).isThere {
            try self.init(Given(path.numbered(1)))
        } else if path.volume != nil {
            try self.init(Given(path))
        } else {
            self.init(path: path, files: [path], isNumbered: false)
        }
    }

    private init(path: String, files: [String], isNumbered: Bool) {
        self.path = path
        self.files = files
        self.isNumbered = isNumbered
    }

    private init(_ given: Given) throws(ArchiveError) {
        var files: [String] = []
        for number in 1...Self.most {
            let beside = given.path.numbered(number)
            if let file = given.files[number] ?? (beside.isThere ? beside : nil) {
                files.append(file)
            } else if number < given.last {
                throw ArchiveError.volumeMissing(path: beside)
            } else {
                break
            }
        }
        self.init(path: given.path, files: files, isNumbered: true)
    }

    /// The bundles that files are, in the order in which they are named: volumes can come in any order, and from several
    /// folders; those that are not named are looked for beside the first one of their bundle.
    ///
    /// A second volume of a number that was named begins another bundle of the same name.
    /// - Throws: ``ArchiveError/volumeMissing(path:)``.
    public static func sets(of paths: [String]) throws(ArchiveError) -> [VolumeSet] {
        var groups: [Group] = []
        for path in paths {
            guard let volume = path.volume else {
                groups.append(.file(path))
                continue
            }
            let place = groups.lastIndex { $0.takes(volume.number, of: volume.path.lastComponent) }
            if let place, case .volumes(var given) = groups[place] {
                given.add(path, volume.number)
                groups[place] = .volumes(given)
            } else {
                groups.append(.volumes(Given(path)))
            }
        }
        var sets: [VolumeSet] = []
        for group in groups {
            switch group {
            case .file(let path): sets.append(try VolumeSet(at: path))
            case .volumes(let given): sets.append(try VolumeSet(given))
            }
        }
        return sets
    }

    private enum Group {
        case file(String)
        case volumes(Given)

        func takes(_ number: Int, of name: String) -> Bool {
            guard case .volumes(let given) = self else { return false }
            return given.path.lastComponent == name && given.files[number] == nil
        }
    }

    /// Volumes of one bundle that somebody named.
    private struct Given {
        /// The path of the first one, without its number.
        let path: String
        private(set) var files: [Int: String] = [:]

        var last: Int { files.keys.max() ?? 0 }

        init(_ path: String) {
            self.path = path.volume?.path ?? path
            if let number = path.volume?.number { files[number] = path }
        }

        mutating func add(_ path: String, _ number: Int) { files[number] = path }
    }
}

extension String {
    /// The path of a volume without its number, and the number; `nil` for other paths.
    fileprivate var volume: (path: String, number: Int)? {
        guard let dot = lastIndex(of: "."), dot != startIndex else { return nil }
        let digits = self[index(after: dot)...]
        guard digits.utf8.count == 3, digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            let number = Int(digits), number > 0
        else { return nil }
        return (String(self[..<dot]), number)
    }

    /// Whether the name is one of a volume.
    var isVolume: Bool { volume != nil }

    /// What a volume is called.
    func numbered(_ number: Int) -> String {
        let digits = String(number)
        return "\(self)." + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }

    /// The number that a name has behind another name, if it is a volume of that.
    func volumeNumber(of name: String) -> Int? { volume.flatMap { $0.path == name ? $0.number : nil } }

    fileprivate var isThere: Bool { access(self, F_OK) == 0 }

    /// The path of another file in the same folder.
    func sibling(_ name: String) -> String { lastIndex(of: "/").map { self[...$0] + name } ?? name }

    var lastComponent: String { lastIndex(of: "/").map { String(self[index(after: $0)...]) } ?? self }
}
