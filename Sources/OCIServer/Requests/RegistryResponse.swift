// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import OCI
import OCIContent

/// An answer, before it is written to a connection.
struct RegistryResponse: Sendable {
    /// What follows the head.
    enum Body: Sendable {
        /// Nothing, and a length of zero.
        case empty
        /// Nothing, since only the head was asked for; the length of what would follow.
        case head(length: Int64)
        /// Bytes that are in memory.
        case bytes(ByteBuffer)
        /// Bytes as they are read, and how many they are.
        case stream(ByteStream, length: Int64)
        /// Nothing, and no length: 204 and 304 have none.
        case none
    }

    /// The status.
    var status: HTTPResponse.Status
    /// Header fields, without the length.
    var headers: HTTPFields
    /// What follows.
    var body: Body
    /// Whether the connection ends with this answer.
    var closesConnection = false

    /// Makes an answer.
    init(_ status: HTTPResponse.Status, _ headers: HTTPFields = [:], body: Body = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The answer that an error is.
    init(_ fault: RegistryFault) {
        self.init(fault.status, fault.headers, body: .bytes(ByteBuffer(bytes: fault.body)))
        headers[.contentType] = "application/json"
        closesConnection = fault.closesConnection
    }

    /// JSON.
    static func json(_ bytes: [UInt8], type: String = "application/json", _ headers: HTTPFields = [:]) -> Self {
        var response = RegistryResponse(.ok, headers, body: .bytes(ByteBuffer(bytes: bytes)))
        response.headers[.contentType] = type
        return response
    }

    /// The length that the head states.
    var contentLength: Int64? {
        switch body {
        case .empty: 0
        case .head(let length), .stream(_, let length): length
        case .bytes(let buffer): Int64(buffer.readableBytes)
        case .none: nil
        }
    }

    /// The same as an answer to HEAD: its head with the same length, and nothing behind.
    var withoutBody: RegistryResponse {
        var response = self
        switch body {
        case .bytes, .stream: response.body = .head(length: contentLength ?? 0)
        case .empty, .head, .none: break
        }
        return response
    }
}

extension HTTPField.Name {
    /// `Docker-Content-Digest`.
    static let contentDigest = knownName("Docker-Content-Digest")
    /// `Docker-Distribution-Api-Version`.
    static let apiVersion = knownName("Docker-Distribution-Api-Version")
    /// `Docker-Upload-UUID`.
    static let uploadUUID = knownName("Docker-Upload-UUID")
    /// `OCI-Subject`.
    static let ociSubject = knownName("OCI-Subject")
    /// `OCI-Filters-Applied`.
    static let ociFiltersApplied = knownName("OCI-Filters-Applied")
    /// `OCI-Tag`.
    static let ociTag = knownName("OCI-Tag")
    /// `Link`.
    static let link = knownName("Link")
    /// `Sec-Fetch-Site`.
    static let secFetchSite = knownName("Sec-Fetch-Site")

    private static func knownName(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is not the name of a field") }
        return name
    }
}
