// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI

/// The answer of a server of tokens (RFC 6749, 5.1).
struct CloudToken: Decodable {
    /// The life of a token whose server says nothing of it.
    private static let usualLife: Duration = .seconds(3600)

    /// The token; `nil` if the answer has none that a header can hold.
    let token: Secret?
    /// How long it is good.
    let life: Duration

    private enum CodingKeys: String, CodingKey {
        case token = "access_token"
        case life = "expires_in"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let text = try container.decodeIfPresent(String.self, forKey: .token) ?? ""
        token = text.isToken ? Secret(text) : nil
        // Azure's metadata server writes the number as a text.
        let number = try? container.decode(Double.self, forKey: .life)
        let written = try? container.decode(String.self, forKey: .life)
        life =
            (number ?? written.flatMap { Double($0) }).flatMap { $0 > 0 ? .seconds(min($0, 86_400)) : nil }
            ?? Self.usualLife
    }
}

extension String {
    /// Whether a header can hold the text as a token.
    var isToken: Bool { !isEmpty && utf8.allSatisfy { (0x21...0x7E).contains($0) } }
}

extension ShortExchange.Request {
    /// A form that is posted.
    static func form(_ fields: [(String, String)], to url: RequestURL) -> Self {
        let text = fields.map { "\($0.0)=\($0.1.formEncoded)" }.joined(separator: "&")
        return Self(method: .POST, url: url, body: (formType, Secret(text)))
    }
}
