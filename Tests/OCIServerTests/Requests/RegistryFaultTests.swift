// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import OCI
import OCIContent
import OCILayout
import Testing

@testable import OCIServer

@Suite struct RegistryFaultTests {
    private static let digest = Digester.digest(of: [1])
    private static let id = UploadID.random()

    @Test(
        arguments: [
            (StoreError.system(.write, path: "/srv/secret", errno: ENOSPC), 507, "UNKNOWN"),
            (.system(.write, path: "/srv/secret", errno: EDQUOT), 507, "UNKNOWN"),
            (.system(.open, path: "/srv/secret", errno: EROFS), 405, "UNSUPPORTED"),
            (.readingOnly(path: "/srv/secret"), 405, "UNSUPPORTED"),
            (.system(.sync, path: "/srv/secret", errno: EIO), 500, "UNKNOWN"),
            (.damaged(path: "/srv/secret", reason: "secret"), 500, "UNKNOWN"),
            (.unexpectedFile(path: "/srv/secret"), 500, "UNKNOWN"),
            (.missing(blobs: [digest], manifests: []), 404, "MANIFEST_BLOB_UNKNOWN"),
            (.wrongDigest(expected: digest, actual: digest), 400, "DIGEST_INVALID"),
            (.inUse(digest, by: digest), 409, "DENIED"),
            (.uploadGone(id), 404, "BLOB_UPLOAD_UNKNOWN"),
            (.uploadBusy(id), 409, "BLOB_UPLOAD_INVALID"),
            (.uploadOffset(id, size: 5), 416, "RANGE_INVALID"),
            (.uploadTooLarge(id, limit: 5), 413, "SIZE_INVALID"),
            (.locked(path: "/srv/secret"), 503, "UNKNOWN"),
            (.shutDown, 503, "UNKNOWN"),
        ] as [(StoreError, Int, String)]
    )
    func `errors of the store become statuses and codes, and say nothing of paths`(
        _ error: StoreError,
        status: Int,
        code: String
    ) {
        let fault = RegistryFault(error)
        #expect(fault.status.code == status)
        #expect(fault.code == code)
        #expect(SpecError.all(in: fault.body).map(\.code) == [code])
        #expect(!String(decoding: fault.body, as: UTF8.self).contains("secret"))
    }

    @Test func `errors that nobody foresaw are those of the server`() {
        struct Unforeseen: Error {}
        #expect(RegistryFault(Unforeseen()).status.code == 500)
        #expect(RegistryFault(ContentError.missing(Self.digest)).status.code == 500)
        #expect(RegistryFault(RegistryFault.blobUnknown).status.code == 404)
    }
}
