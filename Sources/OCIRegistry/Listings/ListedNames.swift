// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

extension RemoteEndpoint {
    /// Reads the name of a repository; one that breaks the grammar is told, and `nil`.
    func repositoryName(_ text: String) -> RepositoryName? {
        do { return try RepositoryName(text) } catch {
            skipped(SkippedName(repository: nil, error: error))
            return nil
        }
    }

    /// Reads the name of a tag; one that breaks the grammar is told, and `nil`.
    func tagName(_ text: String, of repository: RepositoryName) -> TagName? {
        do { return try TagName(text) } catch {
            skipped(SkippedName(repository: repository, error: error))
            return nil
        }
    }
}

extension [RepositoryName] {
    /// The first components of the names, each once: what products call namespaces, projects or owners.
    var namespaces: [String] {
        var found: [String] = []
        for name in self {
            if let first = name.components.first, !found.contains(String(first)) { found.append(String(first)) }
        }
        return found
    }
}

extension RepositoryName {
    /// Some repository below a path: with the credential that is meant for it, what is there is listed.
    static func some(below path: String) -> RepositoryName? { try? RepositoryName("\(path)/any") }

    /// The first component and the rest of the name; `nil` for a name of one component.
    var split: (namespace: String, rest: String)? {
        guard let slash = text.firstIndex(of: "/") else { return nil }
        return (String(text[..<slash]), String(text[text.index(after: slash)...]))
    }
}

extension TagEntry.Details {
    /// How many manifests there are behind one of a type: one, or for an index an unknown number.
    static func manifests(ofType mediaType: String?) -> Int? {
        guard let mediaType = mediaType.flatMap({ MediaType($0) }), mediaType.isManifest else { return nil }
        return mediaType.isIndex ? nil : 1
    }
}
