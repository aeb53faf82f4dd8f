// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// The name that a cloud's service gives to its reason for a refusal.
enum CloudRefusal {
    private struct Body: Decodable {
        struct Detail: Decodable {
            var code: String?
            var status: String?
        }
        var type: String?
        var error: Detail?
        var word: String?
        var errors: [Detail]?

        enum CodingKeys: String, CodingKey {
            case type = "__type"
            case error
            case errors
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            type = try? container.decode(String.self, forKey: .type)
            // OAuth names a word, the services of Google an object.
            word = try? container.decode(String.self, forKey: .error)
            error = try? container.decode(Detail.self, forKey: .error)
            errors = try? container.decode([Detail].self, forKey: .errors)
        }
    }

    /// `ExpiredTokenException`, `invalid_grant`: only a short plain word, since an answer may repeat what it was sent.
    static func code(in answer: [UInt8]) -> String? {
        let body = CloudContext.decoded(Body.self, answer)
        let code =
            body?.type?.split(separator: "#").last.map(String.init) ?? body?.word ?? body?.error?.status
            ?? body?.error?.code ?? body?.errors?.first?.code ?? XMLText.element("Code", in: answer)
        guard let code, (1...64).contains(code.utf8.count),
            code.utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
            })
        else { return nil }
        return code
    }
}
