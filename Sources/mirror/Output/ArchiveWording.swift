// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCILayout

/// The sentences for bundles that cannot be read or written.
enum ArchiveWording {
    static func sentence(for error: ArchiveError) -> String {
        switch error {
        case .noFile(let path): "there is no file \(path)"
        case .notABundle(let path): "\(path) is no bundle that mirror export wrote"
        case .damaged(let path, let offset, let damage): "\(path) is damaged at byte \(offset): \(reason(damage))"
        case .contentsTooLong: "there are too many images for one bundle"
        case .tooLarge: "the pieces are said to be longer together than any file can be"
        case .unsupportedVersion(let path, let version):
            "the bundle \(path) has the version \(version), which is too new"
        case .sameName(let name, let repositories):
            "\(repositories.joined(separator: " and ")) would both be called \(name)"
        case .busy(let path): "another run is writing \(path)"
        }
    }

    static func hint(for error: ArchiveError) -> String? {
        switch error {
        case .damaged: "carry it over once more; sha256sum on both sides tells whether it arrived whole"
        case .sameName: "--map gives them different names"
        case .contentsTooLong: "several smaller bundles carry the same; what is there already is not sent again"
        case .notABundle, .noFile, .tooLarge, .unsupportedVersion, .busy: nil
        }
    }

    static func sentence(for error: NamesNotMapped) -> String {
        let shown = error.names.prefix(8).joined(separator: ", ") + (error.names.count > 8 ? ", …" : "")
        return "no --map names \(shown) of \(error.file)"
    }

    static func sentence(for error: NameRuleError) -> String {
        switch error {
        case .noEquals(let text): "\(text) is no rule: FROM=TO, as in docker.io/**=hub/**"
        case .notARegistry(let text): "the left side of \(text) must name a registry, or begin with a slash"
        case .image(let text): "the left side of \(text) must name repositories, not one image"
        }
    }

    private static func reason(_ damage: ArchiveError.Damage) -> String {
        switch damage {
        case .member(let name): "what should stand there is \(name)"
        case .cut: "it ends there, too early"
        case .tail: "something follows its end"
        case .document(let name, let reason): "\(name) cannot be understood: \(reason)"
        }
    }
}
