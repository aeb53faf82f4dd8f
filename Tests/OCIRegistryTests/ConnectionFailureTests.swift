// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import OCI
import Testing

@testable import OCIRegistry

@Suite struct ConnectionFailureTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let error: any Error
        let failure: ConnectionFailure
        let isTransient: Bool

        init(_ error: any Error, _ failure: ConnectionFailure, isTransient: Bool = true) {
            self.error = error
            self.failure = failure
            self.isTransient = isTransient
        }

        var testDescription: String { "\(error)" }
    }

    private struct Unknown: Error, CustomStringConvertible { var description: String { "unknown" } }

    private static let idle = Duration.seconds(7)

    private static let rows: [Row] = [
        Row(Stalled(limit: .seconds(3)), .stalled(after: .seconds(3))),
        Row(ForbiddenAddress(kind: .linkLocal), .forbiddenAddress(.linkLocal), isTransient: false),
        Row(HTTPClientError.connectTimeout, .connectTimeout),
        Row(HTTPClientError.readTimeout, .stalled(after: idle)),
        Row(HTTPClientError.writeTimeout, .stalled(after: idle)),
        Row(HTTPClientError.deadlineExceeded, .stalled(after: idle)),
        Row(HTTPClientError.getConnectionFromPoolTimeout, .stalled(after: idle)),
        Row(
            HTTPClientError.tlsHandshakeTimeout,
            .tls("no answer to the handshake in time"),
            isTransient: false
        ),
        Row(HTTPClientError.remoteConnectionClosed, .closed),
        Row(HTTPClientError.uncleanShutdown, .closed),
        Row(ChannelError.ioOnClosedChannel, .closed),
        Row(ChannelError.eof, .closed),
        Row(HTTPParserError.invalidEOFState, .closed),
        Row(IOError(errnoCode: ECONNREFUSED, reason: "connect"), .refused),
        Row(IOError(errnoCode: ECONNRESET, reason: "read"), .closed),
        Row(IOError(errnoCode: EPIPE, reason: "write"), .closed),
        Row(IOError(errnoCode: ECONNABORTED, reason: "read"), .closed),
        Row(IOError(errnoCode: ENOTCONN, reason: "read"), .closed),
        Row(IOError(errnoCode: ETIMEDOUT, reason: "read"), .connectTimeout),
        Row(IOError(errnoCode: EHOSTUNREACH, reason: "connect"), .unreachable),
        Row(IOError(errnoCode: ENETUNREACH, reason: "connect"), .unreachable),
        Row(IOError(errnoCode: ENFILE, reason: "socket"), .tooManyOpenFiles(limit: nil)),
    ]

    @Test(arguments: rows)
    func `sorts the errors of the stack`(_ row: Row) {
        let failure = ConnectionFailure(row.error, idleTimeout: Self.idle)
        #expect(failure == row.failure)
        #expect((Retriability.of(failure) != .final) == row.isTransient)
    }

    @Test func `F07 where no more files may be open, the limit is said`() throws {
        let failure = ConnectionFailure(IOError(errnoCode: EMFILE, reason: "socket"), idleTimeout: Self.idle)
        guard case .tooManyOpenFiles(let limit?) = failure else {
            Issue.record("\(failure)")
            return
        }
        #expect(limit > 0)
        #expect(Retriability.of(failure) == .transient)
    }

    @Test func `what is not known is tried again and keeps its text`() {
        #expect(ConnectionFailure(Unknown(), idleTimeout: Self.idle) == .other("unknown"))
        #expect(Retriability.of(ConnectionFailure(Unknown(), idleTimeout: Self.idle)) == .transient)
    }
}
