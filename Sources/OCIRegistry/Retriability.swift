// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// Which failures at a registry are met again: the one table for statuses, connections, TLS and names.
///
/// A place, a way or a network that is busy, broken or gone for a moment gets better by itself; what a registry, a
/// certificate or a rule of ours refuses does not.
enum Retriability: Hashable {
    /// The same request ends the same.
    case final
    /// The same request can end better.
    case transient
    /// It can end better, but not often: so many attempts in all.
    case limited(attempts: Int)

    /// What holds for an answer that is not the one that was asked for.
    static func of(_ status: Int, _ errors: [SpecError], during action: RegistryError.Action) -> Self {
        switch status {
        // The host is busy, or what is behind it.
        case 408, 425, 429, 500, 502, 503, 504: .transient
        // The token ended while a blob was being sent; with a new one, a new upload can succeed.
        case 401: action == .upload ? .limited(attempts: 2) : .final
        // The bytes of an upload were spoilt on the way: a new one can succeed.
        case 400: isLostUpload(errors, action) ? .limited(attempts: 3) : .final
        // The session of an upload is gone.
        case 404, 416: isLostUpload(errors, action) ? .transient : .final
        // All others are refusals, among them 403, 405, 409, 413, 451 and 501.
        default: .final
        }
    }

    /// What holds for a token server that gave no token.
    static func ofTokenServer(_ status: Int) -> Self {
        // A refused login does not get better, whatever was being done.
        status == 401 ? .final : of(status, [], during: .signIn)
    }

    /// What holds where no answer came.
    static func of(_ failure: ConnectionFailure) -> Self {
        switch failure {
        // Names are not found for a moment when a resolver is not reached.
        case .unknownHost: .transient
        // A registry that starts anew refuses, and does not answer.
        case .refused, .connectTimeout, .stalled, .closed: .transient
        // A network that is gone may come back.
        case .unreachable: .transient
        // Other connections of this process end.
        case .tooManyOpenFiles: .transient
        // A proxy may be busy; one that wants a login wants it every time.
        case .proxy(let wantsLogin): wantsLogin ? .final : .transient
        // TLS is never made weaker, and never replaced by plain HTTP.
        case .certificate, .tls, .plainHTTP: .final
        // Rules of ours.
        case .forbiddenAddress: .final
        // Nobody knows.
        case .other: .transient
        }
    }

    /// What holds for a cause.
    static func of(_ cause: RegistryError.Cause, during action: RegistryError.Action) -> Self {
        switch cause {
        case .status(let status, let errors): of(status, errors, during: action)
        case .tokenServer(_, let status, _): ofTokenServer(status)
        case .connection(let failure), .tokenServerConnection(_, let failure): of(failure)
        // A URL that may not be asked for stays so.
        case .refused: .final
        case .credential(let error): (error as? any TransientError)?.isTransient == true ? .transient : .final
        // A proxy may have spoilt it.
        case .answer: .limited(attempts: 3)
        }
    }

    private static func isLostUpload(_ errors: [SpecError], _ action: RegistryError.Action) -> Bool {
        action == .upload && errors.contains { $0.concernsUploadSession }
    }
}

extension RegistryError {
    private var retriability: Retriability { .of(cause, during: action) }

    /// Whether the same request can end better when it is made again.
    public var isTransient: Bool { retriability != .final }

    /// Spoilt uploads and broken answers are met again a few times only.
    public var attemptLimit: Int? {
        if case .limited(let attempts) = retriability { attempts } else { nil }
    }
}
