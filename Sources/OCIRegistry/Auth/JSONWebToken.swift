// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import CryptoExtras
import FoundationEssentials
import OCI

/// Tokens that say something of themselves (RFC 7519).
enum JSONWebToken {
    /// Reads what a token says of itself; `nil` for a token of another kind.
    ///
    /// The signature is not checked: only who the token is for can, and only he decides.
    static func claims<Claims: Decodable>(_: Claims.Type, of token: Secret) -> Claims? {
        let parts = token.exposed.split(separator: ".")
        guard parts.count == 3, let bytes = Base64URL.decoded(parts[1]),
            (try? StrictJSON.topLevelKeys(of: bytes)) != nil
        else { return nil }
        return try? JSONDecoder().decode(Claims.self, from: Data(bytes))
    }

    /// Makes a token, signed by RS256 (RFC 7518, 3.3).
    /// - Parameter keyID: What the key is called where the token is checked.
    static func signed(_ claims: [JSONNode.Member], by key: _RSA.Signing.PrivateKey, keyID: String?) throws -> Secret {
        var header: [JSONNode.Member] = [
            .init(key: "alg", value: .text("RS256")), .init(key: "typ", value: .text("JWT")),
        ]
        if let keyID { header.append(.init(key: "kid", value: .text(keyID))) }
        let content = [JSONNode.object(header), .object(claims)].map { Base64URL.encoded($0.compact.utf8) }
            .joined(separator: ".")
        let signature = try key.signature(for: Data(content.utf8), padding: .insecurePKCS1v1_5)
        return Secret("\(content).\(Base64URL.encoded(signature.rawRepresentation))")
    }
}
