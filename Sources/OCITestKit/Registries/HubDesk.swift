// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import Synchronization

/// What a double of Docker Hub knows: tokens, pulls, addresses of blobs, and what was said.
final class HubDesk: Sendable {
    struct Grant {
        let user: String?
        let scopes: [TokenScope]
        let end: ContinuousClock.Instant
    }

    private struct State {
        var behaviour: HubDouble.Behaviour
        var tokens: [String: Grant] = [:]
        var apiTokens: [String: String] = [:]
        var links: [String: (digest: Digest, repository: RepositoryName, end: ContinuousClock.Instant)] = [:]
        var pulls = 0
        var transcript: [HubDouble.Exchange] = []
        var tokenRequests: [TokenRequest] = []
    }

    let source: any SourceEndpoint
    private let state: Mutex<State>

    init(source: any SourceEndpoint, behaviour: HubDouble.Behaviour) {
        self.source = source
        state = Mutex(State(behaviour: behaviour))
    }

    var behaviour: HubDouble.Behaviour { state.withLock { $0.behaviour } }
    func change(_ body: (inout HubDouble.Behaviour) -> Void) { state.withLock { body(&$0.behaviour) } }
    var transcript: [HubDouble.Exchange] { state.withLock { $0.transcript } }
    var tokenRequests: [TokenRequest] { state.withLock { $0.tokenRequests } }
    var pulls: Int { state.withLock { $0.pulls } }
    func endTokens() { state.withLock { $0.tokens = [:] } }

    /// Takes down an answer, and returns it.
    func noted(_ role: HubDouble.Role, _ request: PeerRequest, _ reply: PeerReply) -> PeerReply {
        let exchange = HubDouble.Exchange(
            role: role,
            method: request.method,
            uri: request.uri,
            authorization: request.header("authorization").map { String($0.prefix { $0 != " " }) },
            status: reply.status
        )
        state.withLock { $0.transcript.append(exchange) }
        return reply
    }

    /// Counts a request to the API.
    /// - Returns: How many are left in this minute, less than none for one too many; `nil` without a limit.
    func takeAPIRequest() -> Int? {
        state.withLock { state in
            state.behaviour.apiRequestsLeft = state.behaviour.apiRequestsLeft.map { $0 - 1 }
            return state.behaviour.apiRequestsLeft
        }
    }

    /// A token for the API.
    func makeAPIToken(for user: String) -> String {
        let token = "hub-api-\(UUID().uuidString)"
        state.withLock { $0.apiTokens[token] = user }
        return token
    }

    /// Whose token a header has.
    func apiUser(_ header: String) -> String? {
        guard header.hasPrefix("Bearer ") else { return nil }
        return state.withLock { $0.apiTokens[String(header.dropFirst(7))] }
    }

    /// The answer of the token server.
    func token(_ received: PeerRequest) -> PeerReply {
        var request = TokenRequest(received)
        let reply = decide(received, &request)
        request.status = reply.status
        state.withLock { [request] in $0.tokenRequests.append(request) }
        return reply
    }

    private func decide(_ received: PeerRequest, _ request: inout TokenRequest) -> PeerReply {
        guard received.path == "/token" else { return .text(404, "404 page not found", contentType: "text/plain") }
        guard request.method == "GET" else { return PeerReply(405) }
        let behaviour = behaviour
        if request.isAuthorized {
            guard let credential = request.credential, behaviour.users[credential.user] == credential.password else {
                return .text(401, #"{"details":"incorrect username or password"}"#)
            }
            request.user = credential.user
        }
        guard request.service == HubDouble.service else { return .text(400, #"{"details":"unknown service"}"#) }
        let user = request.user
        request.granted = request.scopes
            .filter {
                $0.type == "repository" && (user != nil || !behaviour.privateRepositories.contains($0.name))
            }
            .map { $0.allowing(["pull"]) }
        let token = "hub-\(UUID().uuidString)"
        let grant = Grant(
            user: user,
            scopes: request.granted,
            end: .now + .seconds(behaviour.tokenLife)
        )
        state.withLock { $0.tokens[token] = grant }
        let now = Date().formatted(.iso8601)
        return .text(
            200,
            """
            {"token":"\(token)","access_token":"\(token)","expires_in":\(behaviour.tokenLife),"issued_at":"\(now)"}
            """
        )
    }

    /// What a request may do; `nil` without a token that is good.
    func grant(of request: PeerRequest) -> Grant? {
        guard let header = request.header("authorization"), header.lowercased().hasPrefix("bearer ") else { return nil }
        let grant = state.withLock { $0.tokens[String(header.dropFirst("bearer ".count))] }
        return grant.flatMap { $0.end > .now ? $0 : nil }
    }

    /// Whether this request is refused as abuse.
    func refusesAsAbuse() -> Bool {
        state.withLock { state in
            guard state.behaviour.abuseRefusals > 0 else { return false }
            state.behaviour.abuseRefusals -= 1
            return true
        }
    }

    /// Whether an answer with a long blob is cut.
    func cutsBlob(of size: Int64) -> Bool {
        state.withLock { state in
            guard size > 1 << 20, state.behaviour.blobCuts > 0 else { return false }
            state.behaviour.blobCuts -= 1
            return true
        }
    }

    /// Counts a pull if there is one left, and returns whether there was.
    func takePull(_ user: String?) -> Bool {
        state.withLock { state in
            let left = user.map { state.behaviour.userPullsLeft[$0] } ?? state.behaviour.pullsLeft
            if let left {
                guard left > 0 else { return false }
                if let user {
                    state.behaviour.userPullsLeft[user] = left - 1
                } else {
                    state.behaviour.pullsLeft = left - 1
                }
            }
            state.pulls += 1
            return true
        }
    }

    /// The headers that say how many pulls are left.
    func pullHeaders(_ user: String?) -> [(name: String, value: String)] {
        let behaviour = behaviour
        guard let left = user.map({ behaviour.userPullsLeft[$0] }) ?? behaviour.pullsLeft else { return [] }
        return [
            ("ratelimit-limit", "\(user == nil ? 100 : 200);w=21600"),
            ("ratelimit-remaining", "\(left);w=21600"),
            ("docker-ratelimit-source", user ?? "127.0.0.1"),
        ]
    }

    /// An address of a blob that is good for a while.
    func link(to digest: Digest, in repository: RepositoryName) -> String {
        let signature = UUID().uuidString
        return state.withLock { state in
            state.links[signature] = (digest, repository, .now + .seconds(state.behaviour.linkLife))
            let place = "/registry-v2/docker/registry/v2/blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)/data"
            return "\(state.behaviour.blobsURL ?? "")\(place)?verify=\(signature)"
        }
    }

    /// What an address of a blob leads to; `nil` if it was not made here, or is over.
    func linked(_ request: PeerRequest) -> (digest: Digest, repository: RepositoryName)? {
        guard let signature = request.query("verify"), let link = state.withLock({ $0.links[signature] }),
            link.end > .now,
            request.path.contains("/\(link.digest.hex)/")
        else { return nil }
        return (link.digest, link.repository)
    }
}
