// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Synchronization

/// What runs not long ago found out about a registry, so that it need not be asked again.
public protocol RegistryMemory: Sendable {
    /// Whether it has no lists of referrers.
    var lacksReferrers: Bool { get }

    /// Takes note that it has none.
    func noteLackOfReferrers()
}

/// Nothing is remembered.
public struct NoRegistryMemory: RegistryMemory {
    /// Makes the memory.
    public init() {}

    /// Nothing is known.
    public var lacksReferrers: Bool { false }

    /// Forgets it at once.
    public func noteLackOfReferrers() {}
}

/// Whether a registry lists referrers: the first answer tells, and whoever asks meanwhile waits for it.
final class ReferrerSupport: Sendable {
    /// What an answer tells.
    enum Answer {
        /// The referrers.
        case list([Referrer])
        /// There are none, and whether the registry has such lists stays open.
        case nothing
        /// The registry has no such lists; whether its answer says so without doubt.
        case unsupported(isClear: Bool)
    }

    private let known = Mutex<Bool?>(nil)
    private let first = Slots(1)
    private let memory: any RegistryMemory

    init(_ memory: any RegistryMemory) {
        self.memory = memory
    }

    /// Asks, unless the registry is known to have no lists.
    /// - Returns: `nil` where it has none.
    func ask(_ question: () async throws -> Answer) async throws -> [Referrer]? {
        let support = known.withLock { known in
            // Read when it is needed, so that whoever asks for no referrers leaves no file.
            if known == nil, memory.lacksReferrers { known = false }
            return known
        }
        switch support {
        case false?: return nil
        case true?: return list(try await question())
        case nil:
            let slot = try await first.acquire()
            defer { slot.release() }
            if let known = known.withLock({ $0 }) {
                slot.release()
                return known ? list(try await question()) : nil
            }
            return list(try await question())
        }
    }

    private func list(_ answer: Answer) -> [Referrer]? {
        switch answer {
        case .list(let referrers):
            known.withLock { $0 = true }
            return referrers
        case .nothing: return []
        case .unsupported(let isClear):
            // A registry that has listed others answers so where it has nothing.
            let isKnown = known.withLock { known in
                known = known ?? false
                return known ?? false
            }
            if !isKnown, isClear { memory.noteLackOfReferrers() }
            return isKnown ? [] : nil
        }
    }
}
