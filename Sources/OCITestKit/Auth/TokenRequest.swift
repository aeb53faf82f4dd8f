// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a token server was asked, and what became of it.
public struct TokenRequest: Sendable {
    /// `GET` or `POST`.
    public let method: String
    /// The target of the request line.
    public let uri: String
    /// What the token is to be shown to.
    public let service: String?
    /// The texts of the scopes as they came: one for each `scope=` of a GET, the parts of the list of a POST.
    public let scopeTexts: [String]
    /// How many `scope=` parameters there were, also if one of them held a list.
    public let scopeParameters: Int
    /// The `grant_type` of a POST: `password` or `refresh_token`.
    public let grantType: String?
    /// The `account` of a GET.
    public let account: String?
    /// The program that asks, as it calls itself (`client_id`).
    public let clientID: String?
    /// Whether an identity token was asked for: `access_type=offline`, or `offline_token=true` of a GET.
    public let wantsIdentityToken: Bool
    /// The name and password that came by Basic, or in the form of a POST.
    public let credential: (user: String, password: String)?
    /// The identity token that came in the form of a POST.
    public let identityToken: String?
    /// Whether there was an `Authorization` header of any kind.
    public let isAuthorized: Bool
    /// Who that was; `nil` for nobody in particular and for somebody who was refused.
    public internal(set) var user: String?
    /// The scopes of the token that was made, those without any action left out.
    public internal(set) var granted: [TokenScope] = []
    /// The status of the answer.
    public internal(set) var status = 0

    /// The scopes that could be read.
    public var scopes: [TokenScope] { scopeTexts.compactMap { TokenScope($0) } }

    /// Reads a request of either kind.
    public init(_ request: PeerRequest) {
        method = request.method
        uri = request.uri
        isAuthorized = request.header("authorization") != nil
        let isForm = request.method == "POST"
        let query = request.uri.firstIndex(of: "?").map { request.uri[request.uri.index(after: $0)...] } ?? ""
        let fields = Self.fields(isForm ? Substring(String(decoding: request.body, as: UTF8.self)) : query)
        func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }
        service = field("service")
        let scopes = fields.filter { $0.name == "scope" }.map(\.value)
        scopeParameters = scopes.count
        scopeTexts = isForm ? scopes.flatMap { $0.split(separator: " ").map(String.init) } : scopes
        grantType = field("grant_type")
        account = field("account")
        clientID = field("client_id")
        wantsIdentityToken = field("access_type") == "offline" || field("offline_token") == "true"
        identityToken = grantType == "refresh_token" ? field("refresh_token") : nil
        credential =
            if isForm, grantType == "password" { (field("username") ?? "", field("password") ?? "") } else {
                request.header("authorization").flatMap(Self.basic)
            }
    }

    /// The pairs of a query or a form (`application/x-www-form-urlencoded`).
    static func fields(_ text: Substring) -> [(name: String, value: String)] {
        func plain(_ text: Substring) -> String {
            let spaced = text.replacing("+", with: " ")
            return spaced.removingPercentEncoding ?? String(spaced)
        }
        return text.split(separator: "&")
            .map { pair in
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (plain(parts[0]), parts.count == 2 ? plain(parts[1]) : "")
            }
    }

    /// The name and password of a `Basic` header.
    static func basic(_ header: String) -> (user: String, password: String)? {
        guard header.lowercased().hasPrefix("basic "), let data = Data(base64Encoded: String(header.dropFirst(6)))
        else {
            return nil
        }
        let text = String(decoding: data, as: UTF8.self)
        guard let colon = text.firstIndex(of: ":") else { return nil }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }
}
