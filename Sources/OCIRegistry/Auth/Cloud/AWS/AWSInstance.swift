// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI

/// The keys of the role of an EC2 instance, from its metadata server (IMDSv2).
struct AWSInstance: Sendable {
    private static let usual = "http://169.254.169.254"
    private static let roles = "latest/meta-data/iam/security-credentials/"

    let context: CloudContext

    /// Whether the environment lets the metadata server be asked.
    static func isAsked(_ context: CloudContext) -> Bool {
        context.variable("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true"
    }

    /// Asks for the keys; `nil` on a machine that is no instance, or has no role.
    func keys() async throws -> AWSKeys? {
        guard Self.isAsked(context) else { return nil }
        guard let session = try await session() else { return nil }
        let headers = [(name: "X-aws-ec2-metadata-token", value: session)]
        guard let role = try await role(headers) else { return nil }
        let url = try url("\(Self.roles)\(role.formEncoded)")
        let answer: AWSKeyDocument = try await context.document(.init(url: url, headers: headers), .metadata)
        return try answer.keys("the AWS keys of the instance's role \(role), from \(url.origin)", by: url, context)
    }

    /// What the metadata server wants to see first; `nil` where there is none.
    private func session() async throws -> Secret? {
        let life = [(name: "X-aws-ec2-metadata-token-ttl-seconds", value: Secret("300"))]
        let request = ShortExchange.Request(method: .PUT, url: try url("latest/api/token"), headers: life)
        do {
            let text = String(decoding: try await context.answer(to: request, .metadata).body, as: UTF8.self)
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
            return Secret(text)
        } catch let error as CloudCredentialError {
            switch error.reason {
            case .refused where error.isTransient: throw error
            // No instance; or something else listens there, or the server is turned off.
            case .connection, .refused: return nil
            default: throw error
            }
        }
    }

    private func role(_ headers: [(name: String, value: Secret)]) async throws -> String? {
        do {
            let answer = try await context.answer(to: .init(url: try url(Self.roles), headers: headers), .metadata)
            return String(decoding: answer.body, as: UTF8.self).split(whereSeparator: \.isNewline).first
                .map(String.init)
        } catch let error as CloudCredentialError {
            if case .refused(_, status: 404, _) = error.reason { return nil }
            throw error
        }
    }

    private func url(_ path: String) throws -> RequestURL {
        let name = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
        let base = context.variable(name) ?? Self.usual
        guard let url = RequestURL(written: base.hasSuffix("/") ? "\(base)\(path)" : "\(base)/\(path)") else {
            throw context.error(.variable(name, expected: "a URL such as \(Self.usual)"))
        }
        return url
    }
}
