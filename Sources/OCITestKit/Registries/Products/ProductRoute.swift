// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// What a request to a registry is about.
enum ProductRoute: Hashable, Sendable {
    case ping
    case catalog
    case tags(String)
    case manifest(String, reference: String)
    case blob(String, digest: String)
    case uploads(String)
    case session(String, id: String)
    case referrers(String, digest: String)
    /// Harbor's own API.
    case projects
    case unknown

    init(path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        guard parts.first == "v2" else {
            self = path == "/api/v2.0/projects" ? .projects : .unknown
            return
        }
        let rest = Array(parts.dropFirst())
        let end = rest.count
        /// The name in front of the last few parts.
        func name(_ count: Int) -> String { rest[..<(end - count)].joined(separator: "/") }
        self =
            if rest.isEmpty || rest == [""] {
                .ping
            } else if rest == ["_catalog"] {
                .catalog
            } else if end > 2, rest[end - 2] == "tags", rest[end - 1] == "list" {
                .tags(name(2))
            } else if end > 2, rest[end - 2] == "manifests" {
                .manifest(name(2), reference: rest[end - 1])
            } else if end > 2, rest[end - 2] == "referrers" {
                .referrers(name(2), digest: rest[end - 1])
            } else if end > 3, rest[end - 3] == "blobs", rest[end - 2] == "uploads" {
                rest[end - 1].isEmpty ? .uploads(name(3)) : .session(name(3), id: rest[end - 1])
            } else if end > 2, rest[end - 2] == "blobs" {
                rest[end - 1] == "uploads" ? .uploads(name(2)) : .blob(name(2), digest: rest[end - 1])
            } else {
                .unknown
            }
    }
}
