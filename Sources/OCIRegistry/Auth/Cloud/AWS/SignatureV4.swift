// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import NIOHTTP1
import OCI

/// Signs requests to AWS (Signature Version 4, "Create a signed AWS API request").
///
/// Pure: the time is given. It follows the general rules; those of S3, which encodes paths once, are not followed.
struct SignatureV4: Sendable {
    private static let algorithm = "AWS4-HMAC-SHA256"

    let keys: AWSKeys
    let region: String
    /// The name by which the service is signed for, such as `ecr`.
    let service: String
    /// The time of the request, in seconds since 1970.
    let time: Int64

    /// The header fields that a request needs beside those that it has: time, session and signature.
    ///
    /// - Parameter headers: The fields that are signed, beside the host's; all of them must be sent as they are.
    func headers(
        for method: HTTPMethod,
        _ url: RequestURL,
        _ headers: [(name: String, value: Secret)] = [],
        body: [UInt8] = []
    ) -> [(name: String, value: Secret)] {
        let date = AWSTime.basic(time)
        var added = [(name: "X-Amz-Date", value: Secret(date))]
        if let token = keys.sessionToken { added.append((name: "X-Amz-Security-Token", value: token)) }
        let canonical = CanonicalRequest(method: method, url: url, headers: headers + added, body: body)
        let scope = "\(date.prefix(8))/\(region)/\(service)/aws4_request"
        let toSign = [Self.algorithm, date, scope, canonical.hash].joined(separator: "\n")
        let signature = Self.mac(toSign, signingKey(day: date.prefix(8))).hexadecimal
        let authorization =
            "\(Self.algorithm) Credential=\(keys.accessKeyID)/\(scope), "
            + "SignedHeaders=\(canonical.signedHeaders), Signature=\(signature)"
        return added + [(name: "Authorization", value: Secret(authorization))]
    }

    /// The key of one day, region and service.
    private func signingKey(day: Substring) -> [UInt8] {
        ["\(day)", region, service, "aws4_request"]
            .reduce(Array("AWS4\(keys.secret.exposed)".utf8)) { key, part in
                Self.mac(part, key)
            }
    }

    private static func mac(_ text: String, _ key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: key)))
    }
}

/// A request in the one form that both sides hash.
private struct CanonicalRequest {
    let signedHeaders: String
    private let text: String

    var hash: String { SHA256.hash(data: Data(text.utf8)).hexadecimal }

    init(method: HTTPMethod, url: RequestURL, headers: [(name: String, value: Secret)], body: [UInt8]) {
        let origin = url.origin
        let name = origin.hostName.contains(":") ? "[\(origin.hostName)]" : origin.hostName
        let host = origin.port == origin.scheme.defaultPort ? name : "\(name):\(origin.port)"
        var values: [String: [String]] = ["host": [host]]
        for (name, value) in headers { values[name.lowercased(), default: []].append(value.exposed.withoutExtraSpace) }
        let names = values.keys.sorted()
        signedHeaders = names.joined(separator: ";")
        // The path is encoded once more than it is sent.
        let path = url.path.split(separator: "/", omittingEmptySubsequences: false).map { String($0).formEncoded }
        let query = (url.query ?? "").split(separator: "&")
            .map { item -> (name: Substring, value: Substring) in
                let name = item.prefix { $0 != "=" }
                return (name, item[name.endIndex...].dropFirst())
            }
            .sorted { ($0.name, $0.value) < ($1.name, $1.value) }
        text = [
            method.rawValue, path.joined(separator: "/"),
            query.map { "\($0.name)=\($0.value)" }.joined(separator: "&"),
            names.map { "\($0):\((values[$0] ?? []).joined(separator: ","))\n" }.joined(),
            signedHeaders, SHA256.hash(data: Data(body)).hexadecimal,
        ]
        .joined(separator: "\n")
    }
}

extension String {
    /// The text without spaces at its ends, and with single spaces inside.
    fileprivate var withoutExtraSpace: String { split(separator: " ").joined(separator: " ") }
}

extension Sequence<UInt8> {
    fileprivate var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
