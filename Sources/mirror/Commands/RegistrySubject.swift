// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI

/// A registry, or a repository of it, as the argument of a command that looks into it.
struct RegistrySubject {
    let host: RegistryHost
    var scheme: Scheme?
    var repository: RepositoryName?

    init(host: RegistryHost) { self.host = host }

    /// Reads `host`, `host:port` or an address.
    /// - Throws: `ValidationError`.
    init(argument text: String) throws {
        guard text.contains("/") else {
            self.init(host: try RegistryHost.argument(text))
            return
        }
        let address: Address
        do { address = try Address(text) } catch { throw ValidationError(Wording.sentence(for: error)) }
        guard let host = address.host else { throw ValidationError("A folder is no registry.") }
        self.init(host: host)
        scheme = address.writtenScheme
        switch address.scope {
        case .registry: break
        case .repository(let name), .image(let name, _): repository = name
        case .subtree, .level: throw ValidationError("Name one repository, without *.")
        }
    }

    var name: String { "\(host)" + (repository.map { "/\($0)" } ?? "") }
}
