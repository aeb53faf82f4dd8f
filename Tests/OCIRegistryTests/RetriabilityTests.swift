// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Testing

@testable import OCIRegistry

/// The table, walked from end to end, with what is transient written down a second time.
@Suite struct RetriabilityTests {
    private static let actions: [RegistryError.Action] = [
        .signIn, .listRepositories, .listTags, .resolve, .readManifest, .readBlob, .findBlob, .startUpload, .upload,
        .writeManifest,
    ]
    private static let busy: Set<Int> = [408, 425, 429, 500, 502, 503, 504]

    @Test(arguments: actions)
    func `every status has its place`(_ action: RegistryError.Action) {
        let lost = [SpecError(code: "BLOB_UPLOAD_INVALID", message: "")]
        for status in 400...599 {
            for errors in [[], lost] {
                let isLost = action == .upload && !errors.isEmpty
                let expected: Retriability =
                    switch status {
                    case _ where Self.busy.contains(status): .transient
                    case 401 where action == .upload: .limited(attempts: 2)
                    case 400 where isLost: .limited(attempts: 3)
                    case 404 where isLost, 416 where isLost: .transient
                    default: .final
                    }
                #expect(Retriability.of(status, errors, during: action) == expected, "\(status)")
            }
        }
    }

    @Test func `every status of a token server has its place`() {
        for status in 400...599 {
            let expected: Retriability = Self.busy.contains(status) ? .transient : .final
            #expect(Retriability.ofTokenServer(status) == expected, "\(status)")
        }
    }

    @Test(
        arguments: [
            (.unknownHost("a"), .transient), (.refused, .transient), (.connectTimeout, .transient),
            (.stalled(after: .seconds(1)), .transient), (.closed, .transient), (.unreachable, .transient),
            (.tooManyOpenFiles(limit: 32), .transient), (.tooManyOpenFiles(limit: nil), .transient),
            (.proxy(wantsLogin: false), .transient), (.other("x"), .transient), (.proxy(wantsLogin: true), .final),
            (.certificate(.expired(at: 0)), .final), (.certificate(.notYetValid(until: 0)), .final),
            (.certificate(.otherName), .final), (.certificate(.unknownAuthority), .final), (.tls("x"), .final),
            (.plainHTTP, .final), (.forbiddenAddress(.loopback), .final),
        ] as [(ConnectionFailure, Retriability)]
    )
    func `every way to get no answer has its place`(_ failure: ConnectionFailure, _ expected: Retriability) {
        #expect(Retriability.of(failure) == expected)
        for action in Self.actions {
            #expect(Retriability.of(.connection(failure), during: action) == expected)
            #expect(Retriability.of(.tokenServerConnection("t", failure), during: action) == expected)
        }
    }

    @Test func `an error says what the table says`() throws {
        func error(_ cause: RegistryError.Cause, _ action: RegistryError.Action) throws -> RegistryError {
            let host = try RegistryHost("registry.lan")
            return RegistryError(action: action, subject: "", host: host, cause: cause, retryAfter: nil)
        }
        let spoilt = try error(.answer("odd"), .readBlob)
        #expect(spoilt.isTransient)
        #expect(spoilt.attemptLimit == 3)
        let denied = try error(.status(403, []), .upload)
        #expect(!denied.isTransient)
        #expect(denied.attemptLimit == nil)
        let cut = try error(.connection(.closed), .upload)
        #expect(cut.isTransient)
        #expect(cut.attemptLimit == nil)
    }
}
