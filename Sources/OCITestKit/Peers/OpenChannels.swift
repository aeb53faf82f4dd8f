// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// The open connections of a listener, also those that nobody serves yet.
///
/// A listener that stops drops a connection that it has just accepted. Its wrapping must live until it is closed, or else
/// NIO ends the whole program (NIOAsyncWriter, "Deinited NIOAsyncWriter without calling finish()").
final class OpenChannels: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isStopped = false
    }

    /// The listener was stopped before the connection was accepted.
    struct Stopped: Error {}

    private let state = Mutex(State())

    /// Keeps a connection until it is closed, and returns it.
    func keep<Inbound: Sendable, Outbound: Sendable>(
        _ connection: NIOAsyncChannel<Inbound, Outbound>
    ) throws -> NIOAsyncChannel<Inbound, Outbound> {
        let channel = connection.channel
        let isStopped = state.withLock {
            if !$0.isStopped { $0.channels[ObjectIdentifier(channel)] = channel }
            return $0.isStopped
        }
        if isStopped { throw Stopped() }
        channel.closeFuture.whenComplete { _ in
            withExtendedLifetime(connection) {
                self.state.withLock { _ = $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
            }
        }
        return connection
    }

    /// Ends all connections by a reset.
    func cutAll() async {
        for channel in state.withLock({ Array($0.channels.values) }) { await channel.cut(.reset) }
    }

    /// Closes all connections, and refuses further ones.
    func stop() async {
        let left = state.withLock {
            $0.isStopped = true
            return Array($0.channels.values)
        }
        for channel in left { try? await channel.close().get() }
    }
}
