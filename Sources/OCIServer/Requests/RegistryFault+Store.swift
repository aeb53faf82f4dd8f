// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OCI
import OCILayout

extension RegistryFault {
    /// What an error of the store or of a manifest means to a client; errors that are not the client's doing say nothing
    /// of paths.
    init(_ error: any Error) {
        self =
            switch error {
            case let fault as RegistryFault: fault
            case let error as StoreError: Self.fault(of: error)
            case let error as ManifestError: Self.fault(of: error)
            default: .internalError
            }
    }

    private static func fault(of error: StoreError) -> RegistryFault {
        switch error {
        case _ where error.isOutOfSpace:
            RegistryFault(
                status: .init(code: 507, reasonPhrase: "Insufficient Storage"),
                code: "UNKNOWN",
                message: "no space left in the registry",
                closesConnection: true
            )
        case _ where error.isReadOnly: .unsupported("the registry cannot be written to")
        case .missing(let blobs, let manifests): missing(blobs: blobs, manifests: manifests)
        case .wrongDigest(_, let actual): .digestInvalid("the bytes have the digest \(actual)")
        case .inUse(_, let parent): .denied("\(parent) points to it", status: .conflict)
        case .uploadGone: .uploadUnknown
        case .uploadBusy: .uploadInvalid("another request is writing to the upload", status: .conflict)
        case .uploadOffset(_, let size): .rangeInvalid("the upload has \(size) bytes")
        case .uploadTooLarge: .sizeInvalid("the blob is larger than allowed", status: .contentTooLarge).closing
        case .locked, .shutDown:
            RegistryFault(
                status: .serviceUnavailable,
                code: "UNKNOWN",
                message: "the registry is busy",
                headers: [.retryAfter: "5"]
            )
        case .system, .notAStore, .unsupportedVersion, .unexpectedFile, .damaged, .readingOnly: .internalError
        }
    }

    private static func missing(blobs: [Digest], manifests: [Digest]) -> RegistryFault {
        let named = (blobs + manifests).prefix(5).map(\.description).joined(separator: ", ")
        return RegistryFault(
            status: .notFound,
            code: "MANIFEST_BLOB_UNKNOWN",
            message: "the manifest points to content that the repository does not have: \(named)"
        )
    }

    private static func fault(of error: ManifestError) -> RegistryFault {
        switch error {
        case .tooLarge: .sizeInvalid("the manifest is too large", status: .contentTooLarge).closing
        case .invalidJSON(let error): .manifestInvalid("byte \(error.offset) is not strict JSON")
        case .ambiguous: .manifestInvalid("the manifest can be read in two ways")
        case .schema1: .unsupported("Docker's schema 1 is not supported", status: .badRequest)
        case .digest: .manifestInvalid("the manifest has a digest that cannot be used")
        case .typeMismatch: .manifestInvalid("the Content-Type is another than the manifest's mediaType")
        case .unsupportedType: .manifestInvalid("manifests of this type are not supported")
        case .malformed(let what): .manifestInvalid(what)
        }
    }
}
