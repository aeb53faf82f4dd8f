// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCIServer

/// Why a server does not start, in words.
enum ServeWording {
    static func sentence(for error: ServePolicyError) -> String {
        switch error {
        case .openToStrangers(let address, let isReadOnly):
            "cannot listen on \(address): everybody who can reach it could read\(isReadOnly ? "" : " and write")"
        case .usersWithoutFile: "--allow names users, but there is no --htpasswd that says who they are"
        case .anonymousWithoutRule: "with --htpasswd, --allow-anonymous needs a rule that says what everybody may do"
        }
    }

    static func hint(for error: ServePolicyError) -> String? {
        switch error {
        case .openToStrangers: "give --htpasswd FILE, or --allow-anonymous if that is what you want"
        case .usersWithoutFile: nil
        case .anonymousWithoutRule: "--allow 'anonymous:pull:**'"
        }
    }

    static func sentence(for error: HtpasswdFileError) -> String {
        switch error.reason {
        case .unreadable: "cannot read \(error.path) as a file of users"
        case .content(let content): "cannot use \(error.path): line \(content.line): \(text(content.reason))"
        }
    }

    static func sentence(for error: ListenError) -> String {
        let host = error.host.contains(":") ? "[\(error.host)]" : error.host
        return "cannot listen on \(host):\(error.port): \(String(cString: strerror(error.code)))"
    }

    static func sentence(for error: AccessRuleError) -> String {
        switch error.reason {
        case .form: "\"\(error.text)\" is not USER:ACTIONS:PATTERN"
        case .action(let action): "\"\(action)\" in \"\(error.text)\" is not pull, push or delete"
        case .pattern(let pattern): "\"\(pattern)\" in \"\(error.text)\" is no pattern of repositories"
        }
    }

    static func sentence(for error: CertificateError) -> String {
        "cannot use \(error.certificatePath) with the key \(error.keyPath): \(error.reason)"
    }

    private static func text(_ reason: HtpasswdError.Reason) -> String {
        switch reason {
        case .form: "not a name, a colon and a hash"
        case .hash: "the hash is not one of bcrypt (htpasswd -B)"
        case .duplicate: "the user stands in a line before"
        case .empty: "there is no user"
        }
    }
}
