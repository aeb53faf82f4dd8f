// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import NIOCore
import NIOHTTP1
import OCI
import OCIContent

/// The requests of one role: what all of them share.
struct RegistryAPI: Sendable {
    /// The longest page of a listing that is read, in bytes: registries without paging send all names at once.
    static let maximumListingPage = 32 << 20
    /// The longest error body that is read, in bytes.
    static let maximumErrorBody = 64 << 10

    let registry: RemoteRegistry
    let observer: @Sendable (RequestRecord) -> Void
    /// What a token must allow for these requests.
    let access: Authenticator.Access
    /// Where requests go, if not to the registry itself: to an API that its product has beside it.
    var service: Transport?

    var transport: Transport { service ?? registry.transport }

    /// A request to a path of the registry.
    func request(
        _ method: HTTPMethod,
        _ path: String,
        query: String? = nil,
        urgency: Slots.Urgency = .ordinary
    ) -> Exchange {
        Exchange(
            method: method,
            url: RequestURL(origin: transport.policy.origin, path: path, query: query),
            urgency: urgency,
            access: access
        )
    }

    /// A request with a JSON body.
    func post(_ path: String, json: Secret, as identification: Exchange.Identification) -> Exchange {
        var request = request(.POST, path)
        request.headers = [("Content-Type", "application/json")]
        request.body = .bytes(ByteBuffer(string: json.exposed))
        request.identification = identification
        return request
    }

    /// Sends a request; a failure to get an answer becomes a ``RegistryError``.
    func send(
        _ exchange: Exchange,
        holding slot: Slots.Slot? = nil,
        during action: RegistryError.Action,
        subject: String
    ) async throws -> Reply {
        do {
            let reply = try await transport.send(exchange, holding: slot, observer: observer)
            registry.look(at: reply)
            try await registry.notePulls(reply, to: exchange)
            return reply
        } catch let failure as Transport.Failure {
            throw error(failure.cause, during: action, subject: subject, retryAfter: failure.retryAfter)
        }
    }

    /// Reads the body of an answer within a bound; a cut body becomes a ``RegistryError``.
    func body(
        of reply: Reply,
        upTo limit: Int,
        during action: RegistryError.Action,
        subject: String
    ) async throws -> [UInt8] {
        let bytes: [UInt8]?
        do {
            bytes = try await reply.collect(upTo: limit)
        } catch {
            throw self.error(streaming: error, during: action, subject: subject)
        }
        guard let bytes else {
            throw self.error(.answer("the body is longer than \(limit) bytes"), during: action, subject: subject)
        }
        return bytes
    }

    /// Reads the body of an answer as JSON.
    ///
    /// It is checked before it is decoded: decoders take very long for some texts that strict JSON does not allow here.
    func decoded<Body: Decodable>(
        _: Body.Type,
        _ reply: Reply,
        during action: RegistryError.Action,
        subject: String
    ) async throws -> Body {
        let bytes = try await body(of: reply, upTo: Self.maximumListingPage, during: action, subject: subject)
        guard (try? StrictJSON.check(bytes)) != nil, let body = try? JSONDecoder().decode(Body.self, from: Data(bytes))
        else {
            throw error(.answer("the listing is not the JSON that was expected"), during: action, subject: subject)
        }
        return body
    }

    /// The error that an answer stands for, with what its body says.
    func error(
        from reply: Reply,
        during action: RegistryError.Action,
        subject: String
    ) async throws -> RegistryError { try await refusal(of: reply, during: action, subject: subject).error }

    /// The error that an answer stands for, and the text of its body.
    /// - Parameter keepingSlot: Whether the place at the gate is kept, for the next request of the same chain.
    func refusal(
        of reply: Reply,
        keepingSlot: Bool = false,
        during action: RegistryError.Action,
        subject: String
    ) async throws -> (error: RegistryError, text: String) {
        let body: [UInt8]?
        do { body = try await reply.collect(upTo: Self.maximumErrorBody, keepingSlot: keepingSlot) } catch {
            if Task.isCancelled { throw CancellationError() }
            body = nil
        }
        let error = error(
            .status(reply.status, SpecError.all(in: body ?? [])),
            during: action,
            subject: subject,
            retryAfter: reply.retryAfter
        )
        return (error, String(decoding: body ?? [], as: UTF8.self))
    }

    /// An error with what was being done.
    func error(
        _ cause: RegistryError.Cause,
        during action: RegistryError.Action,
        subject: String,
        retryAfter: Duration? = nil
    ) -> RegistryError {
        let isBeside = transport.policy.origin != registry.transport.policy.origin
        return RegistryError(
            action: action,
            subject: subject,
            host: registry.host,
            cause: cause,
            retryAfter: retryAfter,
            service: isBeside ? "\(transport.policy.origin)" : nil
        )
    }

    /// The error of a body that was cut.
    func error(streaming error: any Error, during action: RegistryError.Action, subject: String) -> any Error {
        if error is CancellationError || Task.isCancelled { return CancellationError() }
        let limit = transport.idleTimeout
        return self.error(
            .connection(ConnectionFailure(error, idleTimeout: limit)),
            during: action,
            subject: subject
        )
    }
}
