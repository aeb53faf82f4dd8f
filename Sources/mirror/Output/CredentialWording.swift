// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIRegistry

/// The sentences for credentials that cannot be found, read or kept.
enum CredentialWording {
    static func sentence(for error: SmallFileError) -> String {
        let reason =
            switch error.reason {
            case .system(let number): String(cString: strerror(number))
            case .notAFile: "it is not a file"
            case .tooLarge(let limit): "it has more than \(limit) bytes"
            case .tooManyLinks: "its symbolic links lead nowhere"
            }
        return "cannot use the file \(error.path): \(reason)"
    }

    static func sentence(for error: CredentialFileError) -> String {
        let place = error.key.isEmpty ? error.path : "\(error.path), \(error.key)"
        let reason =
            switch error.reason {
            case .invalidJSON(let error): "byte \(error.offset + 1): \(Wording.json(error.reason))"
            case .expected(let what): "expected \(what)"
            case .invalidBase64: "it is not base64 of a text"
            case .missingColon: "no colon separates the user name from the password"
            }
        return "cannot read credentials from \(place): \(reason)"
    }

    static func sentence(for error: CredentialHelperError) -> String {
        let name = "docker-credential-\(error.helper.prefix(100))"
        let reason =
            switch error.reason {
            case .invalidName: "this cannot be the name of a helper"
            case .notOnPath: "it is not on PATH"
            case .cannotStart: "it could not be started"
            case .failed(let status): "it ended with status \(status)"
            case .signalled(let signal): "it was ended by signal \(signal)"
            case .answeredTooMuch(let limit): "it answered more than \(limit) bytes"
            case .timedOut(let limit): "it did not answer within \(Measures.duration(limit))"
            case .invalidAnswer: "its answer cannot be read"
            }
        let task =
            switch error.verb {
            case "store": "keep a credential with"
            case "erase": "remove a credential from"
            default: "ask"
            }
        return "cannot \(task) \(name): \(reason)"
    }

    static func hint(for error: CredentialHelperError) -> String? {
        switch error.reason {
        case .notOnPath: "install it, or remove its name from credsStore and credHelpers of docker's config.json"
        case .failed, .timedOut, .signalled:
            "what it says itself is not shown, because that may be secret: try docker-credential-\(error.helper) list"
        default: nil
        }
    }

    static func sentence(for error: SettingError) -> String {
        let reason =
            switch error.reason {
            case .variableMissing(let name): "the environment variable \(name) is not set"
            case .fileMissing(let path): "there is no file \(path)"
            case .fileEmpty(let path): "the file \(path) is empty"
            case .fileNotText(let path): "the file \(path) is not UTF-8"
            case .helperHasNone(let name): "docker-credential-\(name) has none"
            }
        return "cannot find the credentials of \(error.host) that \(error.file) names: \(reason)"
    }

    static func hint(for error: SettingError) -> String? {
        guard case .variableMissing(let name) = error.reason else { return nil }
        return "export \(name) before mirror is started"
    }

    static func sentence(for error: LoginInputError) -> String {
        switch error {
        case .noTerminal: "there is no terminal to ask for the password at"
        case .empty: "the password is empty"
        case .tooLong(let limit): "the password has more than \(limit) bytes"
        case .notText: "the password is not UTF-8"
        case .noUsername: "the user name is missing"
        case .colon: "a user name cannot have a colon in it"
        }
    }

    static func sentence(for warning: CredentialFileWarning) -> String {
        "\(warning.path) holds secrets, and its mode \(String(warning.mode & 0o777, radix: 8)) lets others at them: "
            + "chmod 600 \(warning.path)"
    }

    /// Where a credential is kept.
    static func name(of place: CredentialFile.Place) -> String {
        switch place {
        case .file(let path): path
        case .helper(let name): "docker-credential-\(name)"
        }
    }
}
