// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Which requests a proxy harms: the first, the third, or all of a kind.
///
/// `FaultPlan().on("PATCH", occurrences: 2...2, .cutRequest(after: 1000)).rule` is what a proxy is started with. A plan
/// counts on over all connections and is thread-safe; use each for one proxy.
public final class FaultPlan: Sendable {
    private struct Entry {
        let method: String?
        let text: String
        let occurrences: ClosedRange<Int>
        let action: CountingProxy.Action
        var seen = 0
        var fired = 0
    }

    private let entries = Mutex<[Entry]>([])

    /// A plan without harm.
    public init() {}

    /// Adds what becomes of some requests; where several entries fit a request, the first decides, and all count it.
    /// - Parameters:
    ///   - method: The method; `nil` for any.
    ///   - pathContains: A text in the target or its query; an empty one is in all.
    ///   - occurrences: Which of the requests that fit, from 1 on.
    @discardableResult
    public func on(
        _ method: String? = nil,
        pathContains text: String = "",
        occurrences: ClosedRange<Int> = 1...Int.max,
        _ action: CountingProxy.Action
    ) -> FaultPlan {
        entries.withLock {
            $0.append(Entry(method: method, text: text, occurrences: occurrences, action: action))
        }
        return self
    }

    /// The same for harm to requests that are handed on.
    @discardableResult
    public func on(
        _ method: String? = nil,
        pathContains text: String = "",
        occurrences: ClosedRange<Int> = 1...Int.max,
        _ faults: ProxyFaults
    ) -> FaultPlan {
        on(method, pathContains: text, occurrences: occurrences, .harm(faults))
    }

    /// What a proxy is started with.
    public var rule: CountingProxy.Rule { { self.action(for: $0) } }

    /// How many requests the plan has harmed: a test whose fault never came proves nothing.
    public var fired: Int { entries.withLock { $0.reduce(0) { $0 + $1.fired } } }

    private func action(for request: PeerRequest) -> CountingProxy.Action {
        entries.withLock { entries in
            var decision: CountingProxy.Action?
            for place in entries.indices {
                let entry = entries[place]
                guard entry.method.map({ $0 == request.method }) ?? true else { continue }
                guard entry.text.isEmpty || request.uri.contains(entry.text) else { continue }
                entries[place].seen += 1
                guard decision == nil, entry.occurrences.contains(entry.seen + 1) else { continue }
                entries[place].fired += 1
                decision = entry.action
            }
            return decision ?? .pass
        }
    }
}
