// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OCI

/// An answer that is an error: a status and a code of the specification (distribution-spec, "Error Codes").
struct RegistryFault: Error, Sendable {
    /// The status.
    var status: HTTPResponse.Status
    /// The code, in upper case.
    var code: String
    /// A sentence for people; nothing of the machine stands in it.
    var message: String
    /// Header fields besides those that every answer has.
    var headers: HTTPFields = [:]
    /// Whether the connection ends with this answer, because what follows on it is not to be trusted or not wanted.
    var closesConnection = false

    /// The body.
    var body: [UInt8] {
        var json = JSONText()
        json.raw(#"{"errors":[{"code":"#)
        json.string(code)
        json.raw(#","message":"#)
        json.string(message)
        json.raw("}]}")
        return json.bytes
    }

    /// The same, with the connection ended after it.
    var closing: RegistryFault {
        var fault = self
        fault.closesConnection = true
        return fault
    }

    /// The same, with one more header field.
    func with(_ name: HTTPField.Name, _ value: String) -> RegistryFault {
        var fault = self
        fault.headers[name] = value
        return fault
    }
}

extension RegistryFault {
    /// There is nothing at such a path.
    static let notFound = RegistryFault(status: .notFound, code: "NOT_FOUND", message: "no such page")

    /// The method does not go with the path.
    static func methodNotAllowed(_ allowed: String) -> RegistryFault {
        unsupported("the method is not supported here", status: .methodNotAllowed).with(.allow, allowed)
    }

    static func unsupported(_ message: String, status: HTTPResponse.Status = .methodNotAllowed) -> RegistryFault {
        RegistryFault(status: status, code: "UNSUPPORTED", message: message)
    }

    /// Nothing can be pushed or deleted, by anybody.
    static let readOnly = unsupported("the registry is read-only")

    static func nameInvalid(_ message: String) -> RegistryFault {
        RegistryFault(status: .badRequest, code: "NAME_INVALID", message: message)
    }

    static let nameUnknown = RegistryFault(
        status: .notFound,
        code: "NAME_UNKNOWN",
        message: "there is no such repository"
    )

    static let tagInvalid = RegistryFault(status: .badRequest, code: "TAG_INVALID", message: "not a tag")

    static func digestInvalid(_ message: String) -> RegistryFault {
        RegistryFault(status: .badRequest, code: "DIGEST_INVALID", message: message)
    }

    static let pageInvalid = RegistryFault(
        status: .badRequest,
        code: "PAGINATION_NUMBER_INVALID",
        message: "n is not a number of entries"
    )

    static let blobUnknown = RegistryFault(
        status: .notFound,
        code: "BLOB_UNKNOWN",
        message: "the repository does not have the blob"
    )

    static let manifestUnknown = RegistryFault(
        status: .notFound,
        code: "MANIFEST_UNKNOWN",
        message: "the repository does not have the manifest"
    )

    static func manifestInvalid(_ message: String) -> RegistryFault {
        RegistryFault(status: .badRequest, code: "MANIFEST_INVALID", message: message)
    }

    static let uploadUnknown = RegistryFault(
        status: .notFound,
        code: "BLOB_UPLOAD_UNKNOWN",
        message: "there is no such upload in the repository"
    )

    static func uploadInvalid(_ message: String, status: HTTPResponse.Status = .badRequest) -> RegistryFault {
        RegistryFault(status: status, code: "BLOB_UPLOAD_INVALID", message: message)
    }

    static func rangeInvalid(_ message: String) -> RegistryFault {
        RegistryFault(status: .rangeNotSatisfiable, code: "RANGE_INVALID", message: message)
    }

    static func sizeInvalid(_ message: String, status: HTTPResponse.Status = .badRequest) -> RegistryFault {
        RegistryFault(status: status, code: "SIZE_INVALID", message: message)
    }

    /// The client has to say who it is, or who it said it is does not hold.
    static let unauthorized = RegistryFault(
        status: .unauthorized,
        code: "UNAUTHORIZED",
        message: "authentication required",
        headers: [.wwwAuthenticate: #"Basic realm="mirror", charset="UTF-8""#]
    )

    static func denied(_ message: String, status: HTTPResponse.Status = .forbidden) -> RegistryFault {
        RegistryFault(status: status, code: "DENIED", message: message)
    }

    static func tooMany(_ message: String) -> RegistryFault {
        RegistryFault(
            status: .tooManyRequests,
            code: "TOOMANYREQUESTS",
            message: message,
            headers: [.retryAfter: "10"]
        )
    }

    /// The body ended early, or broke the rules of HTTP.
    static let bodyBroken = RegistryFault(
        status: .badRequest,
        code: "SIZE_INVALID",
        message: "the body ended before its length",
        closesConnection: true
    )

    /// Something is wrong with this server; what, is for its log.
    static let internalError = RegistryFault(
        status: .internalServerError,
        code: "UNKNOWN",
        message: "the registry failed",
        closesConnection: true
    )
}
