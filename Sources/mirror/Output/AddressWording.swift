// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// The sentences for addresses and names that cannot be read.
enum AddressWording {
    static func sentence(for error: AddressError) -> String {
        let shown = error.text.utf8.count > 200 ? "\(error.text.prefix(200))…" : error.text
        return "cannot read the address \"\(shown)\", byte \(error.offset + 1): \(reason(error.reason))"
    }

    static func hint(for error: AddressError) -> String? {
        switch error.reason {
        case .bareHost(let host): "write \(host)/ for the whole registry, \(host)/path for a repository"
        case .digestOfNoRepository: "write docker-archive:FILE//path@sha256:…"
        case .wildcard: "write host/path/* for one level below, host/path/** for all levels"
        case .trailingSlash: "write path/** for all repositories below, path for the repository itself"
        default: nil
        }
    }

    static func sentence(for error: MappingError) -> String {
        switch error {
        case .destinationIsDigest: "the destination names a digest, which only content can decide"
        case .destinationIsPattern: "the destination must be one place, without *"
        case .destinationNeedsRepository:
            "the source is one repository, and the destination does not say what to call it"
        case .manyToOneLayout: "the destination is one layout, and the source many repositories"
        case .destinationIsBundle: "a bundle is written as a whole: mirror export does that"
        case .destinationIsArchive(let format):
            "\(format.rawValue): is only read; mirror export writes images into a file, which oci-archive: reads, too"
        case .manyToOneTag: "the destination names one tag, and the source many"
        }
    }

    static func sentence(for error: NameError) -> String {
        let what = "\"\(error.text.prefix(200))\" is not the name of a \(error.kind.rawValue)"
        return switch error.reason {
        case .empty: "the name of a \(error.kind.rawValue) is missing"
        case .tooLong(let limit): "the name of a \(error.kind.rawValue) has more than \(limit) bytes"
        case .character(let offset) where offset >= error.text.utf8.count: "\(what): something is missing at its end"
        case .character(let offset): "\(what): byte \(offset + 1) cannot stand there"
        case .port: "\(what): the port must be a number from 1 to 65535"
        case .userInformation: "\(what): a user name or password cannot stand in it"
        case .ambiguousAddress: "\(what): write the address as four decimal numbers"
        }
    }

    private static func reason(_ reason: AddressError.Reason) -> String {
        switch reason {
        case .empty: "there is nothing"
        case .tooLong: "it has more than 4096 bytes"
        case .unknownScheme(let scheme): "\(scheme):// is not known; registries are spoken to by http:// or https://"
        case .userInformation: "a user name or password cannot stand in an address"
        case .missingFolder: "the path is missing"
        case .unknownPlace(let word): "\(word): is not a kind of place that is known"
        case .bareHost(let host): "\(host) alone could be a registry or an image"
        case .name(let error): sentence(for: error)
        case .digest(let error): Wording.digest(error)
        case .digestOfNoRepository: "a digest must follow the name of a repository, as the file has several"
        case .wildcard: "a * can only stand at the end, after a slash"
        case .trailingSlash: "it ends with a slash"
        case .notAnImage: "it is not the reference of one image"
        }
    }
}
