// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What a scripted peer has seen, shared by its connections.
final class PeerRecord: Sendable {
    private struct State {
        var connections = 0
        var requests: [PeerRequest] = []
    }

    private let state = Mutex(State())

    var connections: Int { state.withLock { $0.connections } }
    var requests: [PeerRequest] { state.withLock { $0.requests } }

    func addConnection() { state.withLock { $0.connections += 1 } }

    /// Takes down a request and returns its place in the record.
    func add(_ request: PeerRequest) -> Int {
        state.withLock {
            $0.requests.append(request)
            return $0.requests.count - 1
        }
    }

    func change(_ place: Int, _ body: (inout PeerRequest) -> Void) {
        state.withLock { body(&$0.requests[place]) }
    }

    subscript(place: Int) -> PeerRequest { state.withLock { $0.requests[place] } }
}
