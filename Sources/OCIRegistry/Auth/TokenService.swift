// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import OCI

/// A token server, as a registry's challenge names it (distribution's token specification).
struct TokenService: Hashable, Sendable {
    /// Where tokens are to be had; admitted by ``OutboundPolicy``.
    let realm: RequestURL
    /// What the registry calls itself there.
    let service: String?

    /// One request to a token server.
    struct Request: Sendable {
        let url: RequestURL
        /// The `Authorization` header.
        let authorization: Secret?
        /// The body of a POST, form-encoded; `nil` for a GET.
        let form: Secret?
    }

    /// The requests that can bring a token, in the order in which they are tried.
    ///
    /// Passwords go by GET, which every server knows, and identity tokens by POST, which they were made for; the other
    /// method follows for servers that know only one.
    func requests(for scopes: Set<AccessScope>, with credential: Credential?) -> [Request] {
        switch credential?.kind {
        case nil, .registryToken: [get(scopes, nil)]
        case .password(let username, let password):
            [
                get(scopes, .basic(username, password), account: username),
                post(scopes, "password", [("username", username), ("password", password.exposed)]),
            ]
        case .identityToken(let token):
            [
                post(scopes, "refresh_token", [("refresh_token", token.exposed)]),
                get(scopes, .basic("<token>", token)),
            ]
        }
    }

    /// Whether a refusal may only mean that the server wants the other method.
    static func mayWantOtherMethod(_ status: Int, to request: Request) -> Bool {
        request.form == nil ? status == 404 || status == 405 : [400, 401, 404, 405].contains(status)
    }

    private func get(_ scopes: Set<AccessScope>, _ authorization: Secret?, account: String? = nil) -> Request {
        var url = realm
        if let service { url = url.appending("service", service.formEncoded) }
        // An entry each, the one with most rights first: some servers read only the first.
        for scope in Self.ordered(scopes) { url = url.appending("scope", scope.text.formEncoded) }
        if let account { url = url.appending("account", account.formEncoded) }
        return Request(url: url, authorization: authorization, form: nil)
    }

    private func post(_ scopes: Set<AccessScope>, _ grant: String, _ fields: [(String, String)]) -> Request {
        var all = [("grant_type", grant), ("client_id", "mirror")]
        if let service { all.append(("service", service)) }
        if !scopes.isEmpty { all.append(("scope", Self.ordered(scopes).map(\.text).joined(separator: " "))) }
        let form = (all + fields).map { "\($0.0)=\($0.1.formEncoded)" }.joined(separator: "&")
        return Request(url: realm, authorization: nil, form: Secret(form))
    }

    private static func ordered(_ scopes: Set<AccessScope>) -> [AccessScope] {
        scopes.sorted { ($1.actions == .pull ? 1 : 0, $0.resource) > ($0.actions == .pull ? 1 : 0, $1.resource) }
    }
}

/// A token as a server gave it.
struct Token: Sendable {
    let value: Secret
    let scopes: Set<AccessScope>
    /// When it is no longer valid, by the stopwatch of whoever keeps it.
    let end: Duration
    /// When half of its life is over: too late to begin something long with it.
    let halfLife: Duration
    /// When it is better to have a new one for anything.
    let renewal: Duration

    /// The life of a token whose server says nothing of it (distribution's token specification, `expires_in`).
    static let defaultLife: Duration = .seconds(60)

    /// Reads the answer of a token server.
    ///
    /// Life is counted from now by this machine's own clock.
    /// - Returns: `nil` for an answer that holds no token that a header can hold.
    init?(_ body: [UInt8], scopes: Set<AccessScope>, now: Duration) {
        struct Body: Decodable {
            var token: String?
            var accessToken: String?
            var expiresIn: Double?

            enum CodingKeys: String, CodingKey {
                case token
                case accessToken = "access_token"
                case expiresIn = "expires_in"
            }
        }
        guard (try? StrictJSON.topLevelKeys(of: body)) != nil,
            let body = try? JSONDecoder().decode(Body.self, from: Data(body)),
            let text = [body.token, body.accessToken].compactMap(\.self).first(where: { !$0.isEmpty }),
            Secret.bearer(text) != nil
        else { return nil }
        let stated = body.expiresIn.flatMap { $0 > 0 ? Duration.seconds(min($0, 7 * 86_400)) : nil }
        let life = stated ?? Self.defaultLife
        value = Secret(text)
        self.scopes = scopes
        end = now + life
        halfLife = now + life * 0.5
        renewal = now + life * 0.75
    }
}

extension Secret {
    /// The header of a user name and a password (RFC 7617).
    static func basic(_ username: String, _ password: Secret) -> Secret {
        Secret("Basic " + Data("\(username):\(password.exposed)".utf8).base64EncodedString())
    }

    /// The header of a token (RFC 6750); `nil` for a text that no header can hold.
    static func bearer(_ token: String) -> Secret? {
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return Secret("Bearer \(token)")
    }
}

extension String {
    /// The text with everything but unreserved characters (RFC 3986) as `%XX`, for queries and forms.
    var formEncoded: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                out.append(byte)
            default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
