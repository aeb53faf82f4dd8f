// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The last exchanges of a server, shared by its connections.
final class ExchangeLog: Sendable {
    /// How many are kept.
    static let capacity = 100_000

    private struct State {
        var exchanges: [PeerExchange] = []
        /// How many were forgotten.
        var dropped = 0
    }

    private let state = Mutex(State())

    var exchanges: [PeerExchange] { state.withLock { Array($0.exchanges.suffix(Self.capacity)) } }

    /// Forgets all; what is under way is not taken down any more.
    func reset() {
        state.withLock {
            $0.dropped += $0.exchanges.count
            $0.exchanges = []
        }
    }

    /// Takes down a request, and returns its number.
    func add(_ request: PeerRequest) -> Int {
        state.withLock {
            // Not one by one: it costs as much as the whole list.
            if $0.exchanges.count >= Self.capacity + 10_000 {
                $0.exchanges.removeFirst(10_000)
                $0.dropped += 10_000
            }
            $0.exchanges.append(PeerExchange(request))
            return $0.dropped + $0.exchanges.count - 1
        }
    }

    /// Changes what is known of a request, unless it was forgotten.
    func change(_ number: Int, _ body: (inout PeerExchange) -> Void) {
        state.withLock {
            let place = number - $0.dropped
            if $0.exchanges.indices.contains(place) { body(&$0.exchanges[place]) }
        }
    }
}
