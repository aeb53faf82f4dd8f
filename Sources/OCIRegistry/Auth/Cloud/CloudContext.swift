// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import OCI

/// What a credential of a cloud is looked for with: the environment, a way to services, and the time of day.
struct CloudContext: Sendable {
    let provider: CloudProvider
    let environment: [String: String]
    let client: CloudClient
    /// The seconds since 1970.
    var now: @Sendable () -> Int64 = { WallClock.secondsSince1970 }

    /// The most bytes that a file of credentials may have.
    private static let maximumFile = 1 << 20

    func error(_ reason: CloudCredentialError.Reason) -> CloudCredentialError {
        CloudCredentialError(provider: provider, reason: reason)
    }

    /// A variable that is set, and not empty.
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// A file below the user's home; `nil` without a home.
    func home(_ path: String) -> String? { variable("HOME").map { "\($0)/\(path)" } }

    /// The text of a file; `nil` if there is no such file.
    func text(of path: String) throws -> String? {
        guard let file = try SmallFile.read(path, limit: Self.maximumFile) else { return nil }
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            throw error(.file(path, line: nil, expected: "UTF-8"))
        }
        return text
    }

    /// The token that a file holds, which others renew: it is read anew each time.
    func token(in path: String) throws -> Secret {
        guard let text = try text(of: path) else { throw error(.fileMissing(path)) }
        let token = text.split(whereSeparator: \.isWhitespace)
        guard token.count == 1, token[0].utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw error(.file(path, line: nil, expected: "one token"))
        }
        return Secret(String(token[0]))
    }

    /// Reads a URL that the user wrote into a variable or a file.
    /// - Returns: `nil` for one that is not plain; plain HTTP only where it does not leave this machine, if that is asked.
    static func url(_ text: String, isSecret: Bool = true) -> RequestURL? {
        guard let url = RequestURL(written: text) else { return nil }
        let isLocal = OutboundPolicy.kind(of: url.origin.hostName) == .loopback
        return url.origin.scheme == .https || isLocal || !isSecret ? url : nil
    }

    /// Asks a service for a document.
    /// - Parameter path: How the request reaches the service.
    /// - Throws: ``CloudCredentialError`` if the service refuses, or does not answer.
    func document<Document: Decodable>(
        _ request: ShortExchange.Request,
        _ path: CloudClient.Path = .service,
        as _: Document.Type = Document.self
    ) async throws -> Document {
        let answer = try await answer(to: request, path)
        guard let document = Self.decoded(Document.self, answer.body) else {
            throw error(.answer("\(request.url.origin)", missing: "a JSON document of the known form"))
        }
        return document
    }

    /// Asks a service, and takes only an answer that is no refusal.
    func answer(to request: ShortExchange.Request, _ path: CloudClient.Path = .service) async throws
        -> ShortExchange.Answer
    {
        let service = "\(request.url.origin)"
        do {
            let answer = try await client.send(request, path)
            guard answer.status == 200 else {
                throw error(.refused(service, status: answer.status, code: CloudRefusal.code(in: answer.body)))
            }
            return answer
        } catch ShortExchange.Failure.connection(let failure) {
            throw error(.connection(service, failure))
        } catch ShortExchange.Failure.tooLong {
            throw error(.answer(service, missing: "an end within \(ShortExchange.maximumBody) bytes"))
        }
    }

    /// Reads JSON that means one thing.
    static func decoded<Document: Decodable>(_: Document.Type, _ bytes: [UInt8]) -> Document? {
        guard (try? StrictJSON.topLevelKeys(of: bytes)) != nil else { return nil }
        return try? JSONDecoder().decode(Document.self, from: Data(bytes))
    }
}
