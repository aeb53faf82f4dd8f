// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

extension ConnectionFailure {
    /// Sorts an error of the network stack into what a person can do something about.
    init(_ error: any Error, idleTimeout: Duration) {
        switch error {
        case let error as Stalled: self = .stalled(after: error.limit)
        case let error as ForbiddenAddress: self = .forbiddenAddress(error.kind)
        case let error as HTTPClientError: self = Self.client(error, idleTimeout)
        case let error as NIOConnectionError: self = Self.connect(error)
        case let error as NIOSSLError: self = Self.handshake("\(error)")
        case let error as BoringSSLError: self = Self.handshake("\(error)")
        case let error as NIOSSLExtraError:
            self = error == .failedToValidateHostname ? .certificate(.otherName) : .tls("\(error)")
        case is ChannelError, is HTTPParserError: self = .closed
        case let error as IOError: self = Self.socket(error)
        default: self = .other("\(error)")
        }
    }

    private static func client(_ error: HTTPClientError, _ idleTimeout: Duration) -> Self {
        switch error {
        case .connectTimeout: .connectTimeout
        case .readTimeout, .deadlineExceeded, .writeTimeout, .getConnectionFromPoolTimeout:
            .stalled(after: idleTimeout)
        case .tlsHandshakeTimeout: .tls("no answer to the handshake in time")
        case .remoteConnectionClosed, .uncleanShutdown: .closed
        case .proxyAuthenticationRequired: .proxy(wantsLogin: true)
        case .invalidProxyResponse, .httpProxyHandshakeTimeout: .proxy(wantsLogin: false)
        default: .other(error.shortDescription)
        }
    }

    private static func connect(_ error: NIOConnectionError) -> Self {
        if let first = error.connectionErrors.first {
            return (first.error as? IOError).map(socket) ?? .other("\(first.error)")
        }
        return .unknownHost(error.host)
    }

    private static func socket(_ error: IOError) -> Self {
        switch error.errnoCode {
        case ECONNREFUSED: .refused
        case ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN: .closed
        case ETIMEDOUT: .connectTimeout
        case EHOSTUNREACH, ENETUNREACH, ENETDOWN, EHOSTDOWN: .unreachable
        case EMFILE: .tooManyOpenFiles(limit: openFileLimit)
        case ENFILE: .tooManyOpenFiles(limit: nil)
        default: .other("\(error)")
        }
    }

    /// How many files this process may have open.
    private static var openFileLimit: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Int(clamping: limit.rlim_cur)
    }

    /// BoringSSL names the mistake in its text only.
    ///
    /// A server that answers plain HTTP to a TLS greeting is seen as one that speaks an unknown version of TLS.
    private static func handshake(_ text: String) -> Self {
        let isPlainHTTP = ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST"].contains { text.contains($0) }
        if isPlainHTTP { return .plainHTTP }
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return .certificate(.unknownAuthority) }
        if ["UNSUPPORTED_PROTOCOL", "ALERT_PROTOCOL_VERSION"].contains(where: text.contains) {
            return .tls("the host speaks none of the versions of TLS that are allowed")
        }
        return .tls(text.contains("EOF during handshake") ? "the host hung up" : String(text.prefix(300)))
    }
}
