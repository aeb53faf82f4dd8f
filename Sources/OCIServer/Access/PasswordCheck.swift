// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import OCI
import OCIContent
import Synchronization

/// Says who a pair of name and password is.
///
/// Each check costs tens of milliseconds on purpose, so what was right is remembered for a while: under the hash of a salt
/// that only this process knows, name and password. What was wrong is checked again each time, a few at once.
final class PasswordCheck: Sendable {
    private let users: Htpasswd
    private let threads: NIOThreadPool
    private let salt: [UInt8]
    private let state = Mutex(State())

    private struct State {
        /// When each of the remembered pairs was checked.
        var verified: [Digest: NIODeadline] = [:]
        var underWay = 0
    }

    private static let remembered = 1000
    private static let lifetime = TimeAmount.minutes(10)
    private static let mostUnderWay = 32

    /// Makes a check; it has two threads until ``shutDown()``.
    init(_ users: Htpasswd) {
        self.users = users
        threads = NIOThreadPool(numberOfThreads: 2)
        threads.start()
        var generator = SystemRandomNumberGenerator()
        salt = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// The user; `nil` if the name is unknown or the password is another one, which take the same time.
    /// - Throws: ``RegistryFault`` while too many checks are under way.
    func user(_ name: String, _ password: [UInt8]) async throws -> Principal? {
        let key = Digester.digest(of: salt + Array(name.utf8) + [0] + password)
        if isRemembered(key) { return .user(name) }
        let isBeyond = state.withLock { state in
            if state.underWay >= Self.mostUnderWay { return true }
            state.underWay += 1
            return false
        }
        if isBeyond { throw RegistryFault.tooMany("too many passwords to check") }
        defer { state.withLock { $0.underWay -= 1 } }
        let hash = users.hashes[name]
        let decoy = users.decoy
        let matches = try await threads.runIfActive { BcryptHash.matches(password, hash ?? decoy) }
        guard matches, hash != nil else { return nil }
        remember(key)
        return .user(name)
    }

    /// Ends the threads.
    func shutDown() async throws { try await threads.shutdownGracefully() }

    private func isRemembered(_ key: Digest) -> Bool {
        state.withLock { state in
            guard let since = state.verified[key] else { return false }
            if since + Self.lifetime > .now() { return true }
            state.verified[key] = nil
            return false
        }
    }

    private func remember(_ key: Digest) {
        state.withLock { state in
            if state.verified.count >= Self.remembered { state.verified.removeAll() }
            state.verified[key] = .now()
        }
    }
}
