// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Synchronization

/// Keeps the tally of a proxy, shared by its connections.
final class TallyKeeper: Sendable {
    private struct State {
        var tally = RequestTally()
        var underWay = 0
    }

    private let state = Mutex(State())

    var tally: RequestTally { state.withLock { $0.tally } }

    func reset() {
        state.withLock {
            $0.tally = RequestTally()
            $0.tally.highestConcurrency = $0.underWay
        }
    }

    func opened() { state.withLock { $0.tally.connections += 1 } }

    func began(_ request: PeerRequest) {
        let key = RequestTally.Key(method: request.method, kind: .init(path: request.path))
        state.withLock {
            $0.tally.counts[key, default: 0] += 1
            $0.underWay += 1
            $0.tally.highestConcurrency = max($0.tally.highestConcurrency, $0.underWay)
        }
    }

    func sent(_ bytes: Int) { state.withLock { $0.tally.requestBytes += Int64(bytes) } }

    func received(_ bytes: Int) { state.withLock { $0.tally.responseBytes += Int64(bytes) } }

    /// Counts the status of an answer, and what it made of an upload.
    func answered(_ request: PeerRequest, status: Int) {
        let arrival = Self.arrival(of: request, status: status)
        state.withLock {
            $0.tally.statuses[status, default: 0] += 1
            switch arrival {
            case .mounted(let blob): $0.tally.mounts.append(blob)
            case .uploaded(let blob): $0.tally.uploads.append(blob)
            case nil: break
            }
        }
    }

    /// Ends what ``began(_:)`` began, with or without an answer.
    func ended() { state.withLock { $0.underWay -= 1 } }

    private enum Outcome {
        case mounted(RequestTally.Arrival)
        case uploaded(RequestTally.Arrival)
    }

    private static func arrival(of request: PeerRequest, status: Int) -> Outcome? {
        guard status == 201 else { return nil }
        let kind = RequestTally.Kind(path: request.path)
        guard kind == .uploadStart || kind == .uploadData else { return nil }
        let parts = request.path.split(separator: "/")
        guard let end = parts.lastIndex(of: "blobs"), end > 1 else { return nil }
        let repository = parts[1..<end].joined(separator: "/")
        func blob(_ name: String) -> RequestTally.Arrival? {
            guard let text = request.query(name), let digest = try? Digest(text) else { return nil }
            return RequestTally.Arrival(digest: digest, repository: repository)
        }
        if let mounted = blob("mount") { return .mounted(mounted) }
        return blob("digest").map(Outcome.uploaded)
    }
}
