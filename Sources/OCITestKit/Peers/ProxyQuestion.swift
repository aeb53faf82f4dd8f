// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Synchronization

/// A request on its way through a proxy.
struct ProxyQuestion: Sendable {
    let request: PeerRequest
    /// Its place in the log of exchanges.
    let number: Int
    let faults: ProxyFaults

    /// The request of a connection that waits for its answer; there is no pipelining, so it is one at most.
    final class Pending: Sendable {
        private let question = Mutex<ProxyQuestion?>(nil)

        func set(_ new: ProxyQuestion) { question.withLock { $0 = new } }
        func take() -> ProxyQuestion? {
            question.withLock { question in
                defer { question = nil }
                return question
            }
        }
    }
}

/// What becomes of the request whose body is being read.
enum ProxyPassage {
    /// It is handed on as it comes.
    case pass
    /// It is answered by the proxy.
    case reply(Int, headers: [(name: String, value: String)], body: [UInt8])
    /// It is thrown away.
    case drop
    /// It is kept until it is whole: a manifest for a tag.
    case collect(HTTPRequestHead, ByteBuffer)

    /// The longest manifest that is kept, in bytes.
    static let longestManifest = 4 << 20
}

extension PeerRequest {
    /// The repository and the tag that a manifest is put under; `nil` for anything else.
    var tagPut: (repository: String, tag: String)? {
        let parts = path.split(separator: "/")
        guard method == "PUT", parts.first == "v2", parts.count > 3, parts[parts.count - 2] == "manifests" else {
            return nil
        }
        guard let tag = parts.last, !tag.contains(":") else { return nil }
        return (parts[1..<parts.count - 2].joined(separator: "/"), String(tag))
    }
}
