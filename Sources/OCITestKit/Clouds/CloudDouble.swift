// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A cloud's services of one server on loopback, which behave as a test says, and which take down what they were asked.
public final class CloudDouble<Behaviour: Sendable>: Sendable {
    /// The server, for all roles.
    public let peer: ScriptedPeer
    private let desk: Desk

    /// Where the behaviour is kept, which both the server and the test reach.
    private final class Desk: Sendable {
        let behaviour: Mutex<Behaviour>
        init(_ behaviour: Behaviour) { self.behaviour = Mutex(behaviour) }
    }

    private init(peer: ScriptedPeer, desk: Desk) {
        self.peer = peer
        self.desk = desk
    }

    /// Runs a double for as long as `body` runs.
    static func run<Value: Sendable>(
        _ behaviour: Behaviour,
        _ answer: @escaping @Sendable (PeerRequest, Behaviour) -> PeerReply,
        _ body: (CloudDouble) async throws -> Value
    ) async throws -> Value {
        let desk = Desk(behaviour)
        return try await withScriptedPeer { request in
            answer(request, desk.behaviour.withLock { $0 })
        } _: { peer in
            try await body(CloudDouble(peer: peer, desk: desk))
        }
    }

    /// The address, as variables have it.
    public var url: String { "http://\(peer.host)" }

    /// The requests as `METHOD path`, in their order.
    public var transcript: [String] { peer.requests.map { "\($0.method) \($0.path)" } }

    /// Changes how it behaves, from the next request on.
    public func change(_ body: (inout Behaviour) -> Void) { desk.behaviour.withLock { body(&$0) } }
}

extension PeerRequest {
    /// The value of a field of a posted form, with its escapes resolved.
    public func form(_ name: String) -> String? {
        TokenRequest.fields(Substring(String(decoding: body, as: UTF8.self))).first { $0.name == name }?.value
    }
}
