// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// A place that has the content of a registry, as a config file names it: `host[:port][/path]`.
///
/// Its repositories are called what they are called in the registry, below the path.
struct MirrorPlace: Hashable, Sendable, CustomStringConvertible {
    let host: RegistryHost
    var path: RepositoryName?

    /// Reads it; a slash at the end does not count.
    init(_ text: String) throws(NameError) {
        let text = text.hasSuffix("/") ? text.dropLast() : text[...]
        let host = text.prefix { $0 != "/" }
        self.host = try RegistryHost(String(host))
        if host.endIndex < text.endIndex { path = try RepositoryName(String(text[host.endIndex...].dropFirst())) }
    }

    var description: String { "\(host)" + (path.map { "/\($0)" } ?? "") }
}

/// The keys of a registry that speak of its mirrors.
enum MirrorKeys {
    static let mirrors = ConfigKey<[MirrorPlace]>
        .list(
            "mirrors",
            "Places with the same content that it is read from first: host, host:port or host/path, below which repositories "
                + "are called the same.",
            of: .text()
        ) { item, reader in
            guard let text = reader.text(item, "a mirror, as in cache.lan/hub") else { return nil }
            guard !text.contains("://") else {
                reader.report(.badPlace("a mirror without a scheme; say transport in its own entry"), at: item)
                return nil
            }
            do throws(NameError) { return try MirrorPlace(text) } catch {
                reader.report(.badHost(error), at: item)
                return nil
            }
        }
    static let onlyMirrors = ConfigKey<Bool>
        .flag("only-mirrors", "true: the registry itself is never read from, its mirrors say all there is.")

    /// Finds a registry among its own mirrors.
    static func check(_ entry: ConfigNode, of host: RegistryHost, _ reader: ConfigReader) {
        guard case .mapping(let keys) = entry.value,
            case .list(let items)? = keys.first(where: { $0.key == mirrors.name })?.value.value
        else { return }
        for item in items {
            guard case .scalar(let text, _) = item.value, let mirror = try? MirrorPlace(text), mirror.host == host
            else {
                continue
            }
            reader.report(.badPlace("another registry than the one that it mirrors"), at: item)
        }
    }
}
