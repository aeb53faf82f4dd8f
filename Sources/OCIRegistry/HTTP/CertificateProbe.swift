// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import NIOSSL
import OCI
import Synchronization

/// Finds out why a certificate was not accepted: the TLS library only says that it was not.
///
/// One more connection is made, the certificate is looked at, and the handshake is given up; nothing is sent.
struct CertificateProbe: Sendable {
    let origin: RequestURL.Origin
    let timeout: Duration

    /// What is wrong with the certificate, as far as its dates tell; otherwise it is the authority.
    func problem() async -> CertificateProblem {
        guard let certificate = try? await certificate() else { return .unknownAuthority }
        let now = WallClock.secondsSince1970
        if Int64(certificate.notValidAfter) < now { return .expired(at: Int64(certificate.notValidAfter)) }
        if Int64(certificate.notValidBefore) > now { return .notYetValid(until: Int64(certificate.notValidBefore)) }
        return .unknownAuthority
    }

    private struct Seen: Error {}

    private func certificate() async throws -> NIOSSLCertificate? {
        let context = try NIOSSLContext(configuration: .makeClientConfiguration())
        let seen = Seen()
        let found = Found()
        let hostName = origin.hostName
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(timeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(
                        context: context,
                        serverHostname: Self.isName(hostName) ? hostName : nil,
                        customVerificationCallback: { certificates, promise in
                            found.certificate.withLock { $0 = certificates.first }
                            promise.fail(seen)
                        }
                    )
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        let channel = try await bootstrap.connect(host: hostName, port: origin.port).get()
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) { channel.close(promise: nil) }
        // The refusal of the certificate closes the connection.
        try? await channel.closeFuture.get()
        deadline.cancel()
        return found.certificate.withLock { $0 }
    }

    private final class Found: Sendable {
        let certificate = Mutex<NIOSSLCertificate?>(nil)
    }

    /// Addresses are not sent as server names (RFC 6066, 3).
    private static func isName(_ host: String) -> Bool { IPAddress(host) == nil }
}

/// What is wrong with a server's certificate.
public enum CertificateProblem: Hashable, Sendable {
    /// It was valid until this time, in seconds since 1970.
    case expired(at: Int64)
    /// It is valid from this time on, in seconds since 1970: one of the two clocks is wrong as a rule.
    case notYetValid(until: Int64)
    /// It is for another name.
    case otherName
    /// Nobody whom this machine trusts has signed it.
    case unknownAuthority
}
