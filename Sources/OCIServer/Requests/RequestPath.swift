// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// What a request is about, read from its path: the only router.
///
/// Names contain slashes, so a path is read from its end. Each part is unescaped once, after the split, so that an
/// escaped slash never becomes a separator: two readers of one path must not see two repositories.
enum RequestPath: Hashable, Sendable {
    /// `/v2/`: whether this is a registry, and whether the client is let in.
    case root
    /// `/v2/_catalog`.
    case catalog
    /// `/v2/<name>/blobs/<digest>`.
    case blob(RepositoryName, Digest)
    /// `/v2/<name>/blobs/uploads/`.
    case uploads(RepositoryName)
    /// `/v2/<name>/blobs/uploads/<id>`; whether there is such an upload is not known yet.
    case upload(RepositoryName, id: String)
    /// `/v2/<name>/manifests/<reference>`.
    case manifest(RepositoryName, Target)
    /// `/v2/<name>/tags/list`.
    case tags(RepositoryName)
    /// `/v2/<name>/referrers/<digest>`.
    case referrers(RepositoryName, Digest)

    /// Reads a path without its query.
    /// - Throws: ``RegistryFault``: 404 for what no registry has, 400 for a bad name, digest or tag.
    init(_ path: Substring) throws(RegistryFault) {
        guard path.utf8.count <= Self.longestPath else { throw .nameInvalid("the path is too long") }
        guard path.utf8.starts(with: "/v2".utf8) else { throw .notFound }
        let parts = path.dropFirst(3).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.first?.isEmpty == true else {
            guard path == "/v2" else { throw .notFound }
            self = .root
            return
        }
        let segments = try parts.dropFirst().map(Self.unescaped)
        switch segments {
        case [], [""]: self = .root
        case ["_catalog"]: self = .catalog
        default: self = try Self.inRepository(segments)
        }
    }

    /// The repository, if the path names one.
    var repository: RepositoryName? {
        switch self {
        case .root, .catalog: nil
        case .blob(let name, _), .uploads(let name), .upload(let name, _), .manifest(let name, _), .tags(let name),
            .referrers(let name, _):
            name
        }
    }

    /// A name of 255 bytes, a digest of SHA-512, each byte escaped, and some room.
    private static let longestPath = 2048

    private static func inRepository(_ segments: [String]) throws(RegistryFault) -> RequestPath {
        guard segments.count >= 3 else { throw .notFound }
        let last = segments[segments.count - 1]
        let kind = segments[segments.count - 2]
        func name(before count: Int) throws(RegistryFault) -> RepositoryName {
            try Self.name(segments.dropLast(count))
        }
        switch kind {
        case "blobs" where last == "uploads": return .uploads(try name(before: 2))
        case "blobs": return .blob(try name(before: 2), try digest(last))
        case "manifests": return .manifest(try name(before: 2), try target(last))
        case "referrers": return .referrers(try name(before: 2), try digest(last))
        case "tags" where last == "list": return .tags(try name(before: 2))
        case "uploads" where segments.count >= 4 && segments[segments.count - 3] == "blobs":
            return last.isEmpty ? .uploads(try name(before: 3)) : .upload(try name(before: 3), id: last)
        default: throw .notFound
        }
    }

    private static func name(_ segments: ArraySlice<String>) throws(RegistryFault) -> RepositoryName {
        // A decoded slash would make one component into two.
        guard !segments.contains(where: { $0.utf8.contains(UInt8(ascii: "/")) }) else {
            throw .nameInvalid("an escaped slash stands in the name")
        }
        do { return try RepositoryName(segments.joined(separator: "/")) } catch {
            throw .nameInvalid("not the name of a repository")
        }
    }

    /// What has a colon is meant as a digest and never taken for a tag.
    private static func target(_ text: String) throws(RegistryFault) -> Target {
        if text.utf8.contains(UInt8(ascii: ":")) { return .digest(try digest(text)) }
        do { return .tag(try TagName(text)) } catch { throw .tagInvalid }
    }

    /// Reads a digest of a path or a query.
    static func digest(_ text: String) throws(RegistryFault) -> Digest {
        do { return try Digest(text) } catch {
            switch error {
            case .malformed: throw .digestInvalid("not a digest")
            case .unsupportedAlgorithm: throw .digestInvalid("the algorithm of the digest is not supported")
            }
        }
    }

    private static func unescaped(_ part: Substring) throws(RegistryFault) -> String {
        guard let text = PercentEncoding.decode(part) else { throw .nameInvalid("the path is not properly escaped") }
        return text
    }
}
