// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCIContent

/// The answer of a token server.
struct TokenAnswer: Encodable {
    var token: String?
    var accessToken: String?
    var expiresIn: Int?
    var issuedAt: String?
    var scope: String?
    var refreshToken: String?

    private enum CodingKeys: String, CodingKey {
        case token
        case accessToken = "access_token"
        case expiresIn = "expires_in"
        case issuedAt = "issued_at"
        case scope
        case refreshToken = "refresh_token"
    }
}

/// Who asks a token server.
enum TokenApplicant {
    case known(String)
    case nobody
    case refused
}

extension TokenServer.Behaviour {
    func user(of request: TokenRequest) -> TokenApplicant {
        if let token = request.identityToken { return identityTokens[token].map { .known($0) } ?? .refused }
        // A POST without a grant that is known here, or an Authorization that cannot be read.
        guard let credential = request.credential else {
            return request.isAuthorized || request.method == "POST" ? .refused : .nobody
        }
        if let password = users[credential.user], password == credential.password { return .known(credential.user) }
        // By GET, an identity token comes in place of the password, under any name.
        if let user = identityTokens[credential.password] { return .known(user) }
        return .refused
    }
}

extension TokenServer.Behaviour.Misbehaviour {
    var reply: PeerReply {
        switch self {
        case .refuse(let status, let retryAfter):
            let code = status == 429 ? "TOOMANYREQUESTS" : status == 403 ? "DENIED" : "UNAUTHORIZED"
            let headers = retryAfter.map { [(name: "Retry-After", value: "\($0)")] } ?? []
            return .error(status, status >= 500 ? "UNKNOWN" : code, "refused by the test", headers: headers)
        case .redirect(let location, let status): return PeerReply(status, headers: [("Location", location)])
        case .reply(let reply): return reply
        case .bomb(let bytes):
            return PeerReply(
                headers: [("Content-Type", "application/json")],
                body: .stream(.json(count: bytes)),
                framing: .chunked
            )
        }
    }
}

extension ByteStream {
    /// A JSON object that begins as an answer with a token does, and whose token never ends.
    fileprivate static func json(count: Int64) -> ByteStream {
        let letters = ByteStream.repeating(UInt8(ascii: "a"), count: count)
        return ByteStream(range: 0..<count) {
            var rest = letters.makeAsyncIterator()
            var begin: ByteBuffer? = ByteBuffer(string: #"{"expires_in":300,"token":""#)
            return {
                if let head = begin {
                    begin = nil
                    return head
                }
                return try await rest.next()
            }
        }
    }
}
