// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// What a token server knows and decides, apart from its socket.
final class TokenDesk: Sendable {
    private struct State {
        var behaviour: TokenServer.Behaviour
        var requests: [TokenRequest] = []
    }

    let service: String
    let issuer: String
    let signer: TokenSigner
    private let state: Mutex<State>

    init(service: String, issuer: String, signer: TokenSigner, behaviour: TokenServer.Behaviour) {
        self.service = service
        self.issuer = issuer
        self.signer = signer
        state = Mutex(State(behaviour: behaviour))
    }

    var behaviour: TokenServer.Behaviour { state.withLock { $0.behaviour } }
    func change(_ body: (inout TokenServer.Behaviour) -> Void) { state.withLock { body(&$0.behaviour) } }

    var requests: [TokenRequest] { state.withLock { $0.requests } }
    func reset() { state.withLock { $0.requests = [] } }

    func token(_ access: [TokenScope], user: String, life: Int, service: String?) throws -> String {
        let now = Int(Date().timeIntervalSince1970)
        return try signer.token(
            TokenSigner.Claims(
                iss: issuer,
                sub: user,
                aud: service ?? self.service,
                exp: now + life - TokenServer.registryLeeway,
                nbf: now - 2 * TokenServer.registryLeeway,
                iat: now,
                jti: UUID().uuidString,
                access: access
            )
        )
    }

    func answer(_ received: PeerRequest) -> PeerReply {
        var request = TokenRequest(received)
        var reply = decide(&request)
        reply.delay += behaviour.delay
        request.status = reply.status
        state.withLock { [request] in $0.requests.append(request) }
        return reply
    }

    private func decide(_ request: inout TokenRequest) -> PeerReply {
        let (behaviour, misbehaviour) = state.withLock { state in
            let once = state.behaviour.misbehaviours.isEmpty ? nil : state.behaviour.misbehaviours.removeFirst()
            return (state.behaviour, once ?? state.behaviour.constantMisbehaviour)
        }
        if let misbehaviour { return misbehaviour.reply }
        let flow: TokenServer.Behaviour.Flows = request.method == "GET" ? .get : request.method == "POST" ? .post : []
        guard !flow.isEmpty, behaviour.flows.contains(flow) else {
            return .error(behaviour.unknownFlowStatus, "UNSUPPORTED", "\(request.method) is not understood")
        }
        switch behaviour.user(of: request) {
        case .refused: return .error(401, "UNAUTHORIZED", "incorrect username or password")
        case .nobody where !behaviour.servesAnonymous: return .error(401, "UNAUTHORIZED", "authentication required")
        case .nobody: break
        case .known(let name): request.user = name
        }
        request.granted = request.scopes
            .map { $0.allowing(behaviour.grant(request.user, $0)) }
            .filter { !$0.actions.isEmpty }
        if behaviour.refusesPartialGrants, request.granted != request.scopes {
            return .error(403, "DENIED", "not all of it is granted")
        }
        return tokens(for: request, behaviour)
    }

    private func tokens(for request: TokenRequest, _ behaviour: TokenServer.Behaviour) -> PeerReply {
        var answer = TokenAnswer()
        guard
            let token = try? token(
                request.granted,
                user: request.user ?? "",
                life: behaviour.life,
                service: request.service
            )
        else { return .error(500, "UNKNOWN", "no token") }
        if behaviour.fields != .accessToken { answer.token = token }
        if behaviour.fields != .token { answer.accessToken = token }
        switch behaviour.statedLife {
        case .asItIs: answer.expiresIn = behaviour.life
        case .seconds(let seconds): answer.expiresIn = seconds
        case .nothing: break
        }
        if let error = behaviour.issuedAtError {
            answer.issuedAt = Date().addingTimeInterval(Double(error)).formatted(.iso8601)
        }
        if request.method == "POST" { answer.scope = request.granted.map(\.description).joined(separator: " ") }
        if let user = request.user, request.wantsIdentityToken, behaviour.givesIdentityTokens {
            let identity = "identity-\(UUID().uuidString)"
            answer.refreshToken = identity
            change { $0.identityTokens[identity] = user }
        }
        guard let body = try? JSONEncoder().encode(answer) else { return .error(500, "UNKNOWN", "no answer") }
        return PeerReply(200, headers: [("Content-Type", "application/json")], body: .bytes(Array(body)))
    }
}
