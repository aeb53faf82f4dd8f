// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A certificate authority of a test's own, which nobody knows, made with `openssl`.
public final class TestAuthority: Sendable {
    /// A certificate with its key, as paths of PEM files.
    public struct Identity: Hashable, Sendable {
        /// The certificate.
        public let certificate: String
        /// Its key, which has no password.
        public let key: String
    }

    /// When a certificate is good.
    public enum Validity: Sendable {
        /// From an hour ago to two days from now.
        case current
        /// Until yesterday.
        case expired
        /// From tomorrow on.
        case future
    }

    private enum Purpose: String {
        case serverAuth
        case clientAuth
    }

    /// Where all its files are.
    public let directory: String
    /// The PEM file of its own certificate, which makes a client trust what it has signed.
    public var certificate: String { "\(directory)/authority.pem" }

    private init(directory: String) { self.directory = directory }

    /// Makes an authority.
    /// - Parameter name: What it calls itself.
    /// - Throws: ``ToolFailure``.
    public static func make(name: String = "authority of a test") async throws -> TestAuthority {
        let directory = FileManager.default.temporaryDirectory.path + "/authority-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let authority = TestAuthority(directory: directory)
        do {
            let configuration = "\(directory)/authority.cnf"
            try """
            [req]
            distinguished_name = subject
            x509_extensions = extensions
            prompt = no
            [subject]
            CN = \(name)
            [extensions]
            basicConstraints = critical, CA:TRUE
            keyUsage = critical, keyCertSign, cRLSign
            subjectKeyIdentifier = hash
            """
            .write(toFile: configuration, atomically: true, encoding: .utf8)
            try await Tool.run(
                "openssl",
                ["req", "-x509", "-config", configuration, "-days", "3"] + newKey(in: directory, "authority")
                    + ["-out", authority.certificate]
            )
        } catch {
            authority.remove()
            throw error
        }
        return authority
    }

    /// A certificate for a server.
    /// - Parameters:
    ///   - names: The host names that it is for.
    ///   - addresses: The IP addresses that it is for.
    public func server(
        names: [String] = ["localhost"],
        addresses: [String] = ["127.0.0.1", "::1"],
        validity: Validity = .current
    ) async throws -> Identity {
        let alternatives = names.map { "DNS:\($0)" } + addresses.map { "IP:\($0)" }
        return try await issue(
            subject: names.first ?? addresses.first ?? "server",
            alternatives: alternatives,
            purpose: .serverAuth,
            validity: validity
        )
    }

    /// A certificate that shows a server who somebody is.
    public func client(name: String = "client", validity: Validity = .current) async throws -> Identity {
        try await issue(subject: name, alternatives: ["DNS:\(name)"], purpose: .clientAuth, validity: validity)
    }

    /// Removes all its files.
    public func remove() { try? FileManager.default.removeItem(atPath: directory) }

    /// Each certificate has a folder and a database of its own, so that several can be made at the same time.
    private func issue(
        subject: String,
        alternatives: [String],
        purpose: Purpose,
        validity: Validity
    ) async throws -> Identity {
        let folder = "\(directory)/\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let configuration = "\(folder)/issue.cnf"
        try text(folder, subject, alternatives, purpose)
            .write(
                toFile: configuration,
                atomically: true,
                encoding: .utf8
            )
        try "".write(toFile: "\(folder)/database", atomically: true, encoding: .utf8)
        try await Tool.run(
            "openssl",
            ["req", "-new", "-config", configuration] + Self.newKey(in: folder, "identity")
                + ["-out", "\(folder)/request.pem"]
        )
        let (start, end) = Self.dates(validity)
        // `ca`, since `x509 -req` cannot be told the day on which a certificate begins.
        try await Tool.run(
            "openssl",
            [
                "ca", "-batch", "-notext", "-config", configuration, "-startdate", start, "-enddate",
                end,
                "-in", "\(folder)/request.pem", "-out", "\(folder)/identity.pem",
            ]
        )
        return Identity(certificate: "\(folder)/identity.pem", key: "\(folder)/identity-key.pem")
    }

    private func text(_ folder: String, _ subject: String, _ alternatives: [String], _ purpose: Purpose) -> String {
        """
        [req]
        distinguished_name = subject
        prompt = no
        [subject]
        CN = \(subject)
        [ca]
        default_ca = authority
        [authority]
        certificate = \(certificate)
        private_key = \(directory)/authority-key.pem
        database = \(folder)/database
        rand_serial = yes
        new_certs_dir = \(folder)
        default_md = sha256
        policy = policy
        x509_extensions = extensions
        [policy]
        commonName = supplied
        [extensions]
        basicConstraints = critical, CA:FALSE
        keyUsage = critical, digitalSignature
        extendedKeyUsage = \(purpose.rawValue)
        subjectAltName = \(alternatives.joined(separator: ", "))
        subjectKeyIdentifier = hash
        authorityKeyIdentifier = keyid
        """
    }

    private static func newKey(in folder: String, _ name: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "\(folder)/\(name)-key.pem"]
    }

    private static func dates(_ validity: Validity) -> (start: String, end: String) {
        let hours: (Double, Double) =
            switch validity {
            case .current: (-1, 48)
            case .expired: (-720, -24)
            case .future: (24, 48)
            }
        func text(_ hours: Double) -> String {
            let date = Date().addingTimeInterval(hours * 3600)
            return date.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted)).replacing("T", with: "")
        }
        return (text(hours.0), text(hours.1))
    }
}

/// Runs `body` with a certificate authority, whose files are removed after it.
public func withTestAuthority<Value: Sendable>(_ body: (TestAuthority) async throws -> Value) async throws -> Value {
    let authority = try await TestAuthority.make()
    defer { authority.remove() }
    return try await body(authority)
}
