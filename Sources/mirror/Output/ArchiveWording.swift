// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCILayout
import Replication

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
        case .volumeMissing(let path): "there is no \(path), a volume of the bundle"
        case .volumeTwice(let paths): "\(paths.joined(separator: " and ")) would be the same volume of one bundle"
        case .tooManyVolumes(let count): "there would be \(count) volumes, more than 999"
        case .volumeChanged(let path): "\(path) is not as it was written: its digest is not that of the sums beside it"
        case .sumsDamaged(let path): "\(path) does not have the SHA-256 digests of all volumes"
        case .leftOut(let count):
            "\(Measures.count(count, "blob or manifest is", "blobs and manifests are")) left out, and in none of the bundles"
        case .busy(let path): "another run is writing \(path)"
        }
    }

    static func hint(for error: ArchiveError) -> String? {
        switch error {
        case .damaged, .volumeChanged: "carry it over once more; sha256sum on both sides tells whether it arrived whole"
        case .sameName: "--map gives them different names"
        case .contentsTooLong: "several smaller bundles carry the same; what is there already is not sent again"
        case .volumeMissing: "volumes in other folders are named one by one"
        case .leftOut: "name the bundles before it, too"
        case .tooManyVolumes: "--volume-size says how large they are"
        case .notABundle, .noFile, .tooLarge, .unsupportedVersion, .volumeTwice, .sumsDamaged, .busy: nil
        }
    }

    /// What a destination does not have, and who needs it.
    static func sentence(for missing: AssumptionCheck.Missing) -> String {
        let names = missing.repositories.map(\.text)
        let shown = names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
        return "\(missing.blob.digest) (\(Measures.bytes(missing.blob.size))), needed by \(shown)"
    }

    static func sentence(for error: AssumedContentMissing) -> String {
        "nothing was imported: the bundle leaves out \(Measures.count(error.count, "blob or manifest", "blobs and manifests")) "
            + "that the destination does not have"
    }

    static func sentence(for error: KeyFileError) -> String {
        let cause =
            switch error.reason {
            case .notPEM: "there is no key in it, in PEM form"
            case .encrypted: "it is protected by a password"
            case .unsupported: "it is neither a P-256 nor an Ed25519 key"
            case .publicKey: "it is a public key"
            case .privateKey: "it is a private key"
            }
        return "cannot use \(error.path) as \(error.noun): \(cause)"
    }

    static func hint(for error: KeyFileError) -> String? {
        switch error.reason {
        case .encrypted: "openssl pkcs8 -topk8 -nocrypt takes the password away"
        case .privateKey: "openssl pkey -pubout prints the public key of a private one"
        case .notPEM, .unsupported, .publicKey: nil
        }
    }

    static func sentence(for error: SignatureMismatch) -> String {
        "\(error.signature) is no signature of \(error.path) by the owner of the key"
    }

    static func sentence(for error: BaseFileError) -> String {
        switch error.reason {
        case .neither: "\(error.path) is neither an inventory nor a bundle"
        case .malformed(let text): "the inventory \(error.path) cannot be understood: \(text)"
        case .version(let version): "the inventory \(error.path) has the version \(version), which is too new"
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
