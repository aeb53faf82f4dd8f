// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import NIOCore
import OCI
import OCIContent

/// What happens to each request: it is read, let in or not, answered, written and noted.
struct Responder: Sendable {
    let routes: Routes
    let hosts: HostCheck
    let passwords: PasswordCheck?
    let log: AccessLog?

    /// Serves one request; throws only if its connection is of no more use.
    func respond(to request: Request, _ writer: consuming ResponseWriter, on channel: any Channel) async throws {
        let start = log.map { _ in ContinuousClock.now }
        let client = channel.remoteAddress?.ipAddress ?? "-"
        let body = IncomingBody(request) {
            try await channel.triggerUserOutboundEvent(ConnectionGuard.SendContinue()).get()
        }
        var principal = Principal.anonymous
        var response: RegistryResponse
        do {
            try hosts.admit(authority: request.head.authority, headers: request.headers)
            principal = try await self.principal(request)
            response = try await answer(request, body, principal, client)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            response = RegistryResponse(RegistryFault(error))
        }
        if request.method == .head { response = response.withoutBody }
        if body.isInTheWay { response.closesConnection = true }
        var sent: Int64 = 0
        defer {
            if let log, let start {
                let entry = AccessLog.Entry(
                    client: client,
                    principal: principal,
                    method: request.method,
                    target: request.head.path ?? "",
                    status: response.status.code,
                    sent: sent,
                    received: body.received,
                    duration: .now - start,
                    time: Int64(Date().timeIntervalSince1970)
                )
                log.record(entry)
            }
        }
        sent = try await write(response, writer, channel)
    }

    private func answer(
        _ request: Request,
        _ body: IncomingBody,
        _ principal: Principal,
        _ client: String
    ) async throws -> RegistryResponse {
        let target = (request.head.path ?? "/").split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let read = RegistryRequest(
            method: request.method,
            path: try RequestPath(target[0]),
            query: try RequestQuery(target.count == 2 ? target[1] : ""),
            headers: request.headers,
            body: body,
            principal: principal,
            client: client
        )
        try admit(read)
        return try await routes.answer(read)
    }

    /// Who sent the request.
    /// - Throws: ``RegistryFault/unauthorized`` where it says who, and that does not hold.
    private func principal(_ request: Request) async throws -> Principal {
        guard let passwords, let header = request.headers[.authorization] else { return .anonymous }
        guard let credential = BasicCredential(header),
            let principal = try await passwords.user(credential.name, credential.password)
        else { throw RegistryFault.unauthorized }
        return principal
    }

    /// Whether the sender may do this, and whether anybody may.
    private func admit(_ request: RegistryRequest) throws(RegistryFault) {
        let served = routes.served
        guard let repository = request.path.repository else {
            guard served.rules.admits(request.principal) else { throw refusal(request) }
            return
        }
        let action = request.action
        guard served.rules.allows(request.principal, action, in: repository) else { throw refusal(request) }
        if served.store == nil, action != .pull { throw .readOnly }
        if action == .delete, !served.allowsDeletion { throw .unsupported("deletion is not enabled") }
    }

    /// Who has not said who he is may try again with a password.
    private func refusal(_ request: RegistryRequest) -> RegistryFault {
        passwords != nil && request.principal == .anonymous
            ? .unauthorized : .denied("access to the repository is not allowed")
    }

    /// - Returns: The bytes of the body that were written.
    private func write(
        _ response: RegistryResponse,
        _ writer: consuming ResponseWriter,
        _ channel: any Channel
    ) async throws -> Int64 {
        var headers = response.headers
        headers[.apiVersion] = "registry/2.0"
        // By which clients know what they can rely on; the version is nobody's business.
        headers[.server] = "mirror"
        if let length = response.contentLength { headers[.contentLength] = String(length) }
        if response.closesConnection { headers[.connection] = "close" }
        let head = HTTPResponse(status: response.status, headerFields: headers)
        switch response.body {
        case .empty, .head, .none:
            try await writer.writeResponse(head)
            return 0
        case .bytes(let buffer):
            try await writer.write(response: head, body: ResponseBody(byteBuffer: buffer))
            return Int64(buffer.readableBytes)
        case .stream(let stream, let length):
            return try await Self.write(stream, length, head, writer, channel)
        }
    }

    /// How many bytes are written before the event loop must have seen them.
    private static let unseenBytes: Int64 = 512 << 10

    /// A stream that is too short, or fails, ends the connection: the client must not take what came for everything.
    private static func write(
        _ stream: ByteStream,
        _ length: Int64,
        _ head: HTTPResponse,
        _ writer: consuming ResponseWriter,
        _ channel: any Channel
    ) async throws -> Int64 {
        var iterator = stream.makeAsyncIterator()
        let first = try await iterator.next()
        // What fits into one buffer goes out in one piece with its head.
        if Int64(first?.readableBytes ?? 0) == length {
            try await writer.write(response: head, body: ResponseBody(byteBuffer: first ?? ByteBuffer()))
            return length
        }
        var sent: Int64 = 0
        var announced: Int64 = 0
        var out = try await writer.writeHead(head)
        var next = first
        while let buffer = next {
            sent += Int64(buffer.readableBytes)
            try await out.write(buffer)
            // What is written waits for the event loop, and only there it is found that the client does not take it: without
            // a look now and then, a busy loop would let a whole blob pile up in memory.
            if sent - announced >= unseenBytes {
                try await channel.eventLoop.submit {}.get()
                announced = sent
            }
            next = try await iterator.next()
        }
        guard sent == length else { throw RegistryFault.internalError }
        try await out.finish(nil)
        return sent
    }
}

extension RegistryRequest {
    /// What the request does, by its method and nothing else; to cancel an upload is a part of pushing.
    fileprivate var action: AccessRules.Action {
        if case .upload = path { return .push }
        return switch method {
        case .get, .head: .pull
        case .delete: .delete
        default: .push
        }
    }
}
