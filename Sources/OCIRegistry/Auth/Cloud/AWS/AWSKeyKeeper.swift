// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import Synchronization

/// Keys of AWS by the region that they were asked of; those that end are looked for again before they do.
final class AWSKeyKeeper: Sendable {
    /// How long keys are used that do not say when they end, and how long before their end others are not, in seconds.
    private static let life: Int64 = 900
    private static let margin: Int64 = 300

    /// How long it stands that there are none, in seconds: metadata servers that are not there take time.
    private static let failureLife: Int64 = 30

    private let kept = Mutex<[String: (keys: Result<AWSKeys, any Error>, end: Int64)]>([:])
    private let looking = Slots(1)

    func keys(region: String, _ context: CloudContext) async throws -> AWSKeys {
        if let known = known(region, context.now()) { return try known.get() }
        let slot = try await looking.acquire()
        defer { slot.release() }
        if let known = known(region, context.now()) { return try known.get() }
        do {
            let keys = try await AWSKeyChain(context: context).keys(region: region)
            keep(.success(keys), region, until: keys.expiration.map { $0 - Self.margin } ?? context.now() + Self.life)
            return keys
        } catch let error as CloudCredentialError where !error.isTransient {
            keep(.failure(error), region, until: context.now() + Self.failureLife)
            throw error
        }
    }

    private func keep(_ keys: Result<AWSKeys, any Error>, _ region: String, until end: Int64) {
        kept.withLock { $0[region] = (keys, end) }
    }

    private func known(_ region: String, _ now: Int64) -> Result<AWSKeys, any Error>? {
        kept.withLock { $0[region] }.flatMap { $0.end > now ? $0.keys : nil }
    }
}
