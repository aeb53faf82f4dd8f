// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

extension DockerRegistry {
    static func write(_ configuration: String, in directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try configuration.write(toFile: "\(directory)/config.yml", atomically: true, encoding: .utf8)
    }

    /// The secret is fixed, so that upload sessions outlive a restart.
    static func configuration(port: Int, directory: String, allowsDeletion: Bool) -> String {
        """
        version: 0.1
        log:
          level: error
          accesslog:
            disabled: true
        storage:
          filesystem:
            rootdirectory: \(directory)/storage
            maxthreads: 100
          delete:
            enabled: \(allowsDeletion)
          maintenance:
            uploadpurging:
              enabled: false
        # Layers with addresses elsewhere are taken, as Docker Hub takes them.
        validation:
          disabled: true
        http:
          addr: 127.0.0.1:\(port)
          secret: not-a-secret-of-anybody

        """
    }

    /// The part of the configuration that makes the registry a pull-through cache.
    static func proxy(of upstream: String) -> String { "proxy:\n  remoteurl: http://\(upstream)\n" }

    /// The part of the configuration that says who is let in, and the files that it names.
    static func access(_ authentication: Authentication, in directory: String) async throws -> String {
        switch authentication {
        case .none: return ""
        case .htpasswd(let users):
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            var lines: [String] = []
            for (user, password) in users.sorted(by: { $0.key < $1.key }) {
                // Through standard input: what stands in arguments can be read by everybody on the machine.
                let entry = try await Tool.run("htpasswd", ["-n", "-i", "-B", user], input: Array(password.utf8))
                lines.append(entry.trimmingCharacters(in: .whitespacesAndNewlines))
            }
            let file = "\(directory)/htpasswd"
            try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
            return """
                auth:
                  htpasswd:
                    realm: registry
                    path: \(file)

                """
        case .token(let realm, let service, let issuer, let rootCertificate):
            return """
                auth:
                  token:
                    realm: "\(realm)"
                    service: "\(service)"
                    issuer: "\(issuer)"
                    rootcertbundle: \(rootCertificate)

                """
        }
    }
}
