// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCITestKit
import Testing

@testable import OCIServer

@Suite struct ServerCertificateTests {
    private func curl(_ arguments: String...) async throws -> ChildProcess.Result {
        try await ChildProcess.run("curl", ["-sS", "--max-time", "20"] + arguments)
    }

    private func port(_ server: TestServer) -> String { String(server.host.split(separator: ":")[1]) }

    @Test func `a server with a certificate speaks TLS, and answers bytes as they are`() async throws {
        try await withTestAuthority { authority in
            let identity = try await authority.server()
            try await withServer {
                $0.certificate = try ServerCertificate(certificatePath: identity.certificate, keyPath: identity.key)
            } _: { server in
                let address = "https://localhost:\(port(server))"
                let file = temporaryPath("blob")
                defer { removeFolder(file) }
                let bytes = someBytes(3 << 20)
                try Data(bytes).write(to: URL(filePath: file))
                let digest = try #require(
                    try await curl(
                        "--cacert",
                        authority.certificate,
                        "-X",
                        "POST",
                        "-H",
                        "Content-Type: application/octet-stream",
                        "--data-binary",
                        "@\(file)",
                        "-w",
                        "%header{docker-content-digest}",
                        "\(address)/v2/a/blobs/uploads/?digest=\(DigestOf.bytes(bytes))"
                    )
                    .outputText
                    .split(separator: "\n")
                    .last
                )
                #expect(digest == DigestOf.bytes(bytes))
                let read = temporaryPath("read")
                defer { removeFolder(read) }
                let result = try await curl(
                    "--cacert",
                    authority.certificate,
                    "-o",
                    read,
                    "\(address)/v2/a/blobs/\(digest)"
                )
                #expect(result.succeeded, "\(result.errorText)")
                #expect(try Data(contentsOf: URL(filePath: read)) == Data(bytes))
                // Not with the authorities of the system, and not without TLS.
                #expect(try await !curl("\(address)/v2/").succeeded)
                #expect(try await !curl("http://localhost:\(port(server))/v2/").succeeded)
                #expect(
                    try await !curl("--tls-max", "1.1", "--cacert", authority.certificate, "\(address)/v2/").succeeded
                )
            }
        }
    }

    @Test func `a new certificate is used as soon as its files are there, and a broken one is not`() async throws {
        try await withTestAuthority { authority in
            let first = try await authority.server(names: ["localhost"])
            let second = try await authority.server(names: ["localhost", "second.test"])
            let folder = temporaryPath("certificate")
            defer { removeFolder(folder) }
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            func install(_ identity: TestAuthority.Identity) throws {
                for (from, name) in [(identity.certificate, "cert.pem"), (identity.key, "key.pem")] {
                    try Data(contentsOf: URL(filePath: from))
                        .write(to: URL(filePath: "\(folder)/\(name)"), options: .atomic)
                }
            }
            try install(first)
            let failures = LogLines()
            try await withServer {
                $0.certificate = try ServerCertificate(
                    certificatePath: "\(folder)/cert.pem",
                    keyPath: "\(folder)/key.pem",
                    every: .milliseconds(20)
                ) { failures.add($0.reason) }
            } _: { server in
                func isSecond() async throws -> Bool {
                    try await curl(
                        "--cacert",
                        authority.certificate,
                        "--resolve",
                        "second.test:\(port(server)):127.0.0.1",
                        "-H",
                        "Host: localhost",
                        "https://second.test:\(port(server))/v2/"
                    )
                    .succeeded
                }
                #expect(try await !isSecond())
                try Data("broken".utf8).write(to: URL(filePath: "\(folder)/cert.pem"), options: .atomic)
                let deadline = ContinuousClock.now + .seconds(20)
                while failures.all.isEmpty {
                    try #require(ContinuousClock.now < deadline)
                    try await Task.sleep(for: .milliseconds(5))
                }
                #expect(
                    try await curl("--cacert", authority.certificate, "https://localhost:\(port(server))/v2/").succeeded
                )
                try install(second)
                while try await !isSecond() {
                    try #require(ContinuousClock.now < deadline)
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
        }
    }

    @Test func `files that are no certificate and key are refused at the start`() async throws {
        try await withTestAuthority { authority in
            let one = try await authority.server()
            let other = try await authority.server()
            for (certificate, key) in [
                ("/nonexistent", one.key), (one.certificate, "/nonexistent"), (one.certificate, other.key),
                (one.key, one.key),
            ] {
                #expect(throws: CertificateError.self) {
                    try ServerCertificate(certificatePath: certificate, keyPath: key)
                }
            }
        }
    }
}
