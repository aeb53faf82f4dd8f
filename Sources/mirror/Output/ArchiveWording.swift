// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCILayout
import Replication

/// The sentences for bundles and archives that cannot be read or written.
enum ArchiveWording {
    static func sentence(for error: ArchiveError) -> String {
        switch error {
        case .noFile(let path): "there is no file \(path)"
        case .notABundle(let path): "\(path) is no bundle that mirror export wrote"
        case .damaged(let path, let offset, let damage): "\(path) is damaged at byte \(offset): \(reason(damage))"
        case .refused(let path, let offset, let mistake):
            "cannot read the archive \(path), byte \(offset): \(reason(mistake))"
        case .notAnArchive(let path, .oci):
            "\(path) is no archive of an OCI image layout: it has no oci-layout or no index.json"
        case .notAnArchive(let path, .docker): "\(path) is nothing that docker save wrote: it has no manifest.json"
        case .tooMuchInside(let path, let limit):
            "cannot decompress \(path): more than \(limit) bytes come out of what was read of it, far more than images have"
        case .sameImage(let place, _, let tag, let images):
            "several images of \(place) are called \(tag): \(sameImages(images))"
        case .namelessImage(let path): "an image of \(path) has no name"
        case .contentsTooLong: "there are too many images for one bundle"
        case .tooLarge: "the pieces are said to be longer together than any file can be"
        case .unsupportedVersion(let path, let version):
            "the bundle \(path) has the version \(version), which is too new"
        case .sameName(let name, let repositories):
            "\(repositories.joined(separator: " and ")) would both be called \(name)"
        case .volumeMissing(let path): "there is no \(path), a volume of the bundle"
        case .volumeName(let path): "a bundle called \(path) would be taken for a volume of another one"
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
        case .notAnArchive(let path, .oci): "what docker save wrote is docker-archive:\(path)"
        case .notAnArchive(let path, .docker): "an OCI image layout in a file is oci-archive:\(path)"
        case .tooMuchInside: "gunzip or zstd -d, and copy what comes out, if you trust it"
        case .sameImage(let place, let repository, _, let images):
            images.first.map { "\(Address(place: place, scope: .image(repository, .digest($0.digest)))) is \($0.name)" }
        case .namelessImage: "docker save writes names if it is given names: docker tag ID NAME, docker save NAME"
        case .refused, .notABundle, .noFile, .tooLarge, .unsupportedVersion, .volumeName, .sumsDamaged, .busy: nil
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
        case .tooLong: "the inventory \(error.path) has more than 256 MiB"
        case .version(let version): "the inventory \(error.path) has the version \(version), which is too new"
        }
    }

    static func sentence(for error: NotABundle) -> String {
        let start = "\(error.path) is no bundle that mirror export wrote"
        return switch error.kind {
        case .archive(.oci): "\(start), but an archive of an OCI image layout"
        case .archive(.docker): "\(start), but what docker save wrote"
        case .compressed: "\(start), but something that is compressed"
        case nil: start
        }
    }

    static func hint(for error: NotABundle) -> String? {
        switch error.kind {
        case .archive(let format): "mirror copy \(format.rawValue):\(error.path) … copies its images"
        case .compressed:
            "if it is an archive of images, mirror copy oci-archive:\(error.path) … or docker-archive:\(error.path) … copies them"
        case nil: nil
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

    private static func sameImages(_ images: [ArchiveError.NamedImage]) -> String {
        let shown = images.prefix(8).map { "\($0.name) (\($0.digest))" }.joined(separator: ", ")
        return shown + (images.count > 8 ? " and \(images.count - 8) more" : "")
    }

    private static func reason(_ damage: ArchiveError.Damage) -> String {
        switch damage {
        case .member(let name): "what should stand there is \(name)"
        case .cut: "it ends there, too early"
        case .tail: "something follows its end"
        case .compressed(let reason): "it cannot be decompressed: \(reason)"
        case .document(let name, let reason): "\(name) cannot be understood: \(reason)"
        }
    }

    private static func reason(_ mistake: TarMistake) -> String {
        switch mistake {
        case .header: "it is no header of a tar archive (ustar)"
        case .fields: "the header has fields that only some readers understand; tar --format=ustar writes none"
        case .checksum: "the header has another checksum"
        case .name(let name): "\"\(name)\" is no name that a member may have"
        case .kind(let type): "a member is \(kind(type)), which no archive of images needs"
        case .size: "a length is malformed, or said in two ways that differ"
        case .records(let reason): "the records of a pax header cannot be used: \(reason)"
        case .duplicate(let name): "\(name) is there twice"
        case .tooMany: "there are too many members"
        case .cut: "it ends there, too early"
        case .tail: "something follows its end"
        }
    }

    private static func kind(_ type: UInt8) -> String {
        switch type {
        case UInt8(ascii: "1"): "a hard link"
        case UInt8(ascii: "3"), UInt8(ascii: "4"): "a device"
        case UInt8(ascii: "6"): "a pipe"
        case UInt8(ascii: "S"): "a sparse file"
        case UInt8(ascii: "g"): "a pax header for all that follows"
        case UInt8(ascii: "L"), UInt8(ascii: "K"): "a long name in the form of GNU tar"
        default: "of the type \(type)"
        }
    }
}
