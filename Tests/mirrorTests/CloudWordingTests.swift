// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIRegistry
import Testing

@testable import mirror

@Suite struct CloudWordingTests {
    typealias Reason = CloudCredentialError.Reason

    @Test(
        arguments: [
            (
                .aws, .nothingFound(places: ["$A", "/b"]), "none is in $A, /b",
                "export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile: export AWS_PROFILE=…"
            ),
            (
                .google, .nothingFound(places: ["$A"]), "none is in $A",
                "export GOOGLE_APPLICATION_CREDENTIALS=…, the file of a service account's key"
            ),
            (
                .azure, .nothingFound(places: ["$A"]), "none is in $A",
                "export AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
            ),
            (
                .aws, .variableMissing("B", beside: "A"), "A is set, but B is not",
                "export B before mirror is started"
            ),
            (.azure, .variable("A", expected: "an https URL"), "A should be an https URL", nil),
            (
                .aws, .regionUnknown(places: ["AWS_REGION", "/c"]), "the region is not in AWS_REGION, /c",
                "export AWS_REGION=…, the region of the registry, before mirror is started"
            ),
            (
                .aws, .profileMissing("p", files: ["/a", "/b"]), "there is no profile p in /a, /b",
                "AWS_PROFILE chooses a profile; aws configure list-profiles shows all"
            ),
            (.google, .fileMissing("/f"), "there is no file /f", nil),
            (.aws, .file("/f", line: 3, expected: "[profile]"), "/f, line 3: expected [profile]", nil),
            (.google, .file("/f", line: nil, expected: "client_email"), "/f: expected client_email", nil),
            (
                .aws, .unsupported("the profile p", "a program"),
                "the profile p asks for a program, which mirror cannot do",
                "eval \"$(aws configure export-credentials --format env)\" gives keys that mirror can use"
            ),
            (
                .google, .unsupported("/f", "credentials of the type x"),
                "/f asks for credentials of the type x, which mirror cannot do",
                "use the key of a service account, or a credential helper: docker-credential-gcloud"
            ),
            (
                .aws, .refused("https://s", status: 400, code: "ExpiredTokenException"),
                "https://s answered 400 ExpiredTokenException", "the keys have ended: get new ones"
            ),
            (
                .aws, .refused("https://s", status: 400, code: "AccessDeniedException"),
                "https://s answered 400 AccessDeniedException",
                "the role or user needs the right ecr:GetAuthorizationToken"
            ),
            (
                .aws, .refused("https://s", status: 400, code: "InvalidSignatureException"),
                "https://s answered 400 InvalidSignatureException",
                "check the clock of this machine, and the secret key"
            ),
            (
                .google, .refused("https://s", status: 400, code: "invalid_grant"),
                "https://s answered 400 invalid_grant",
                "check the clock of this machine, and whether the key is still valid"
            ),
            (.azure, .refused("https://s", status: 503, code: nil), "https://s answered 503", nil),
            (
                .aws, .connection("https://s", .connectTimeout),
                "https://s gave no answer: no connection could be made in time", nil
            ),
            (.aws, .answer("https://s", missing: "a token"), "the answer of https://s lacks a token", nil),
            (
                .azure, .plainText("http://r"), "it is not sent to http://r in plain text",
                "write transport: https for the registry"
            ),
        ] as [(CloudProvider, Reason, String, String?)]
    )
    func `what a cloud did not give is said in words`(
        _ provider: CloudProvider,
        reason: Reason,
        sentence: String,
        hint: String?
    ) {
        let error = CloudCredentialError(provider: provider, reason: reason)
        let cloud = CloudWording.name(of: provider)
        #expect(Wording.sentence(for: error) == "cannot get a credential of \(cloud): \(sentence)")
        #expect(Wording.hint(for: error) == hint)
    }
}
