// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// A key of `auths` or `credHelpers`: a registry, or a part of one.
///
/// | Key | Meaning |
/// |---|---|
/// | `registry.lan:5000` | a registry |
/// | `https://registry.lan/v1/` | the same, as docker once wrote it; `http`, `v2` and nothing behind the host count, too |
/// | `https://index.docker.io/v1/`, `index.docker.io`, `registry-1.docker.io` | Docker Hub |
/// | `registry.lan/team`, `registry.lan/team/app` | the repositories below, or one (containers-auth.json(5)) |
struct DockerConfigKey: Hashable {
    let host: RegistryHost
    /// The part of the registry that is meant; `nil` for all of it.
    let path: RepositoryName?

    /// The key under which docker keeps Docker Hub.
    static let dockerHub = "https://index.docker.io/v1/"

    /// Reads a key; `nil` for one that names no registry, `https://index.docker.io/v1/refresh-token` for example.
    init?(_ key: String) {
        var rest = Substring(key)
        var hasScheme = false
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            hasScheme = true
            break
        }
        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let host = try? RegistryHost(String(first)) else { return nil }
        self.host = host.name == "registry-1.docker.io" && host.port == nil ? .dockerHub : host
        let path = parts.count == 2 ? parts[1] : ""
        if ["", "v1/", "v2/"].contains(path) || (hasScheme && ["v1", "v2"].contains(path)) {
            self.path = nil
        } else {
            guard !hasScheme, let name = try? RepositoryName(String(path)) else { return nil }
            self.path = name
        }
    }

    /// The name that docker and its helpers have for a registry.
    static func serverAddress(of host: RegistryHost) -> String { host == .dockerHub ? dockerHub : host.description }

    /// How well a key fits what is asked for: the number of components of its path and, among keys that mean the same,
    /// the one that is written today before older ones; `nil` if it does not fit.
    static func fit(
        of key: String,
        to host: RegistryHost,
        _ repository: RepositoryName?
    ) -> (depth: Int, isExact: Bool)? {
        guard let meant = DockerConfigKey(key), meant.host == host else { return nil }
        guard let path = meant.path else {
            return (0, key == serverAddress(of: host) || key == host.description)
        }
        guard let repository, repository == path || repository.text.hasPrefix("\(path)/") else { return nil }
        return (path.components.count, true)
    }
}
