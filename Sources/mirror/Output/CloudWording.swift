// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIRegistry

/// The sentences for credentials that a cloud did not give.
enum CloudWording {
    /// The name of a cloud, as people know it.
    static func name(of provider: CloudProvider) -> String {
        switch provider {
        case .aws: "AWS"
        case .google: "Google Cloud"
        case .azure: "Azure"
        }
    }

    static func sentence(for error: CloudCredentialError) -> String {
        "cannot get a credential of \(name(of: error.provider)): \(reason(error.reason))"
    }

    static func hint(for error: CloudCredentialError) -> String? {
        switch error.reason {
        case .nothingFound: remedy(error.provider)
        case .variableMissing(let name, _): "export \(name) before mirror is started"
        case .regionUnknown: "export AWS_REGION=…, the region of the registry, before mirror is started"
        case .profileMissing: "AWS_PROFILE chooses a profile; aws configure list-profiles shows all"
        case .unsupported(_, _) where error.provider == .aws:
            "eval \"$(aws configure export-credentials --format env)\" gives keys that mirror can use"
        case .unsupported: "use the key of a service account, or a credential helper: docker-credential-gcloud"
        case .refused(_, _, let code?) where code.hasPrefix("InvalidSignature") || code.hasPrefix("RequestExpired"):
            "check the clock of this machine, and the secret key"
        case .refused(_, _, let code?) where code.hasPrefix("ExpiredToken"): "the keys have ended: get new ones"
        case .refused(let service, _, let code?) where code.hasPrefix("AccessDenied"):
            if service.contains("//sts.") {
                "the trust policy of the role must allow sts:AssumeRoleWithWebIdentity"
            } else if service.contains("ecr-public") {
                "the role or user needs the rights ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken"
            } else {
                "the role or user needs the right ecr:GetAuthorizationToken"
            }
        case .refused(_, _, "invalid_grant"): "check the clock of this machine, and whether the key is still valid"
        case .refused(_, _, "invalid_client"): "check the client secret, and whether it has ended"
        case .plainText: "write transport: https for the registry"
        default: nil
        }
    }

    private static func remedy(_ provider: CloudProvider) -> String {
        switch provider {
        case .aws: "export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile: export AWS_PROFILE=…"
        case .google: "export GOOGLE_APPLICATION_CREDENTIALS=…, the file of a service account's key"
        case .azure: "export AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
        }
    }

    private static func reason(_ reason: CloudCredentialError.Reason) -> String {
        switch reason {
        case .nothingFound(let places): "none is in \(places.joined(separator: ", "))"
        case .variableMissing(let name, let other): "\(other) is set, but \(name) is not"
        case .variable(let name, let expected): "\(name) should be \(expected)"
        case .regionUnknown(let places): "the region is not in \(places.joined(separator: ", "))"
        case .profileMissing(let name, let files): "there is no profile \(name) in \(files.joined(separator: ", "))"
        case .fileMissing(let path): "there is no file \(path)"
        case .file(let path, let line, let expected):
            "\(path)\(line.map { ", line \($0)" } ?? ""): expected \(expected)"
        case .unsupported(let place, let what): "\(place) asks for \(what), which mirror cannot do"
        case .refused(let service, let status, let code):
            "\(service) answered \(status)\(code.map { " \($0)" } ?? "")"
        case .connection(let service, let failure):
            "\(service) gave no answer: \(RegistryWording.connection(failure))"
        case .answer(let service, let missing): "the answer of \(service) lacks \(missing)"
        case .plainText(let service): "it is not sent to \(service) in plain text"
        }
    }
}
