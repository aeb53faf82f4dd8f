// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Testing

@testable import OCIRegistry

@Suite struct RegistryErrorTests {
    private static let actions: [RegistryError.Action] = [
        .listRepositories, .listTags, .resolve, .readManifest, .readBlob, .findBlob, .startUpload, .upload,
        .writeManifest,
    ]

    private func error(
        _ cause: RegistryError.Cause,
        during action: RegistryError.Action = .readBlob
    ) throws -> RegistryError {
        RegistryError(
            action: action,
            subject: "team/app",
            host: try RegistryHost("registry.example"),
            cause: cause,
            retryAfter: nil
        )
    }

    @Test(arguments: actions)
    func `only a host that is busy or broken is asked the same again`(_ action: RegistryError.Action) throws {
        // A token may end while a blob is being sent.
        let transient = [408, 425, 429, 500, 502, 503, 504] + (action == .upload ? [401] : [])
        for status in 100...599 {
            #expect(
                try error(.status(status, []), during: action).isTransient == transient.contains(status),
                "\(status)"
            )
        }
    }

    @Test(arguments: ["BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID", "DIGEST_INVALID", "SIZE_INVALID"])
    func `F19 a lost or spoilt upload is begun again, and nothing else for that reason`(_ code: String) throws {
        let errors = [SpecError(code: "UNKNOWN", message: ""), SpecError(code: code, message: "")]
        for action in Self.actions {
            for status in [400, 404, 416] {
                #expect(try error(.status(status, errors), during: action).isTransient == (action == .upload))
            }
            for status in [403, 405, 409, 413] {
                #expect(try !error(.status(status, errors), during: action).isTransient)
            }
        }
    }

    @Test(arguments: ["NAME_UNKNOWN", "NAME_INVALID", "BLOB_UNKNOWN", "UNSUPPORTED", "DENIED", "UNKNOWN"])
    func `an upload that is refused for another reason is not begun again`(_ code: String) throws {
        let errors = [SpecError(code: code, message: "DIGEST_INVALID")]
        #expect(try !error(.status(400, errors), during: .upload).isTransient)
        #expect(try !error(.status(404, errors), during: .upload).isTransient)
    }

    @Test func `a refused URL is never asked for again, a broken answer is`() throws {
        let origin = RequestURL.Origin(scheme: .https, host: try RegistryHost("registry.example"))
        let refusal = OutboundRefusal(purpose: .upload, origin: origin, target: "", reason: .otherOrigin)
        #expect(try !error(.refused(refusal)).isTransient)
        #expect(try error(.answer("odd")).isTransient)
    }

    @Test func `connections are tried again unless no attempt can be better`() throws {
        for failure in [.closed, .refused, .connectTimeout, .stalled(after: .zero), .unknownHost("a"), .other("")]
            as [ConnectionFailure]
        {
            #expect(try error(.connection(failure)).isTransient)
        }
        for failure in [.tls(""), .plainHTTP, .proxy(wantsLogin: true), .forbiddenAddress(.loopback)]
            as [ConnectionFailure]
        {
            #expect(try !error(.connection(failure)).isTransient)
        }
    }

    @Test func `spoilt uploads and broken answers are met a few times only`() throws {
        let spoilt = [SpecError(code: "DIGEST_INVALID", message: "")]
        #expect(try error(.status(400, spoilt), during: .upload).attemptLimit == 3)
        #expect(try error(.answer("odd")).attemptLimit == 3)
        #expect(try error(.status(503, [])).attemptLimit == nil)
        #expect(try error(.connection(.closed)).attemptLimit == nil)
    }
}
