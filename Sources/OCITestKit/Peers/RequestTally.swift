// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// How often a registry was asked for what.
public struct RequestTally: Sendable, Equatable {
    /// What a request is about.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// `/v2/`.
        case ping
        /// `/v2/_catalog`.
        case catalog
        /// `…/tags/list`.
        case tags
        /// `…/manifests/…`.
        case manifest
        /// `…/blobs/DIGEST`.
        case blob
        /// `…/blobs/uploads/`: the beginning of an upload, or a mount.
        case uploadStart
        /// `…/blobs/uploads/ID`: bytes, the end or the state of an upload.
        case uploadData
        /// Anything else.
        case other

        /// The kind that a request line asks for.
        ///
        /// Repository names hold slashes, so the end of the path decides.
        public init(path: String) {
            let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            guard parts.first == "v2" else {
                self = .other
                return
            }
            let rest = Array(parts.dropFirst())
            let end = rest.count
            self =
                if rest.isEmpty || rest == [""] {
                    .ping
                } else if rest == ["_catalog"] {
                    .catalog
                } else if end > 2, rest[end - 2] == "tags", rest[end - 1] == "list" {
                    .tags
                } else if end > 2, rest[end - 2] == "manifests" {
                    .manifest
                } else if end > 3, rest[end - 3] == "blobs", rest[end - 2] == "uploads" {
                    rest[end - 1].isEmpty ? .uploadStart : .uploadData
                } else if end > 2, rest[end - 2] == "blobs" {
                    rest[end - 1] == "uploads" ? .uploadStart : .blob
                } else {
                    .other
                }
        }
    }

    /// A method and what it was used for.
    public struct Key: Hashable, Sendable {
        /// The method, such as `GET`.
        public let method: String
        /// What it was used for.
        public let kind: Kind
    }

    /// A blob that a repository took in.
    public struct Arrival: Hashable, Sendable {
        /// The blob.
        public let digest: Digest
        /// The path of the repository that has it now.
        public let repository: String
    }

    /// The number of requests by method and kind.
    public var counts: [Key: Int] = [:]
    /// The bytes of the bodies of all requests.
    public var requestBytes: Int64 = 0
    /// The bytes of the bodies of all answers.
    public var responseBytes: Int64 = 0
    /// The blobs whose upload was answered with 201, in order; one that was sent twice stands there twice.
    public var uploads: [Arrival] = []
    /// The blobs whose mount was answered with 201, in order.
    public var mounts: [Arrival] = []
    /// The number of answers by status code.
    public var statuses: [Int: Int] = [:]
    /// The largest number of requests that were under way at the same time.
    public var highestConcurrency = 0
    /// The number of connections that were opened.
    public var connections = 0

    /// An empty tally.
    public init() {}

    /// The number of all requests.
    public var total: Int { counts.values.reduce(0, +) }

    /// The number of requests of one kind with one method.
    public func count(_ method: String, _ kind: Kind) -> Int { counts[Key(method: method, kind: kind)] ?? 0 }

    /// The number of requests of one kind.
    public func count(_ kind: Kind) -> Int {
        counts.filter { $0.key.kind == kind }.values.reduce(0, +)
    }
}

extension RequestTally: CustomStringConvertible {
    /// The counts, one a line, most frequent first.
    public var description: String {
        let lines = counts.sorted { ($1.value, $0.key.method) < ($0.value, $1.key.method) }
            .map { "\($0.value) \($0.key.method) \($0.key.kind.rawValue)" }
        return (["\(total) requests"] + lines).joined(separator: "\n")
    }
}
