// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A request that passed a server of the tests, and how much of it and of its answer did.
public struct PeerExchange: Hashable, Sendable {
    /// The method.
    public let method: String
    /// The target, with its query.
    public let uri: String
    /// The status that the client was sent; `nil` if it was sent none.
    public internal(set) var status: Int?
    /// How many bytes of the request's body came to the registry.
    public internal(set) var requestBytes: Int64 = 0
    /// How many bytes of the answer's body were sent to the client.
    public internal(set) var responseBytes: Int64 = 0
    /// Whether the request came to the registry up to its end.
    public internal(set) var isComplete = false

    init(_ request: PeerRequest) {
        method = request.method
        uri = request.uri
    }

    /// The part of the target before the query.
    public var path: String { String(uri.prefix { $0 != "?" }) }
    /// What the request was about.
    public var kind: RequestTally.Kind { RequestTally.Kind(path: path) }
}

extension PeerExchange: CustomStringConvertible {
    /// All of it on one line, as it reads best in the failure of a test.
    public var description: String {
        "\(method) \(uri) \(status.map(String.init) ?? "-") \(requestBytes)/\(responseBytes)"
    }
}
