// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCIContent

/// Why a cloud gave no credential; it holds no secret.
public struct CloudCredentialError: TransientError, Hashable {
    /// What went wrong.
    public enum Reason: Hashable, Sendable {
        /// None of these places has anything.
        case nothingFound(places: [String])
        /// A variable is set, and another one that goes with it is not.
        case variableMissing(String, beside: String)
        /// What a variable holds cannot be used; what it should be.
        case variable(String, expected: String)
        /// The region of the registry is neither in its name nor in these places.
        case regionUnknown(places: [String])
        /// A profile is named that none of these files has.
        case profileMissing(String, files: [String])
        /// A file that is named is not there.
        case fileMissing(String)
        /// A file is not what it should be; the line if it has lines, and what is expected.
        case file(String, line: Int?, expected: String)
        /// What a file asks for cannot be done here; what it is.
        case unsupported(String, String)
        /// A service refused: its origin, the status, and its own name for the reason, which it chose.
        case refused(String, status: Int, code: String?)
        /// No answer came from a service.
        case connection(String, ConnectionFailure)
        /// The answer of a service cannot be read; what is missing in it.
        case answer(String, missing: String)
        /// A secret would be sent to this service in plain text.
        case plainText(String)
    }

    /// The cloud.
    public let provider: CloudProvider
    /// What went wrong.
    public let reason: Reason

    /// Describes what went wrong.
    public init(provider: CloudProvider, reason: Reason) {
        self.provider = provider
        self.reason = reason
    }

    /// Whether a service refused or could not be reached, rather than something being wrong on this machine.
    public var isOfService: Bool {
        switch reason {
        case .refused, .connection, .answer: true
        default: false
        }
    }

    /// Whether AWS says by a code, with the status 400, that it is asked too much, or that another service did not answer it.
    private static func isHaste(_ code: String) -> Bool {
        code.hasPrefix("Throttling")
            || ["TooManyRequestsException", "RequestLimitExceeded", "IDPCommunicationError"].contains(code)
    }

    /// Whether a service was busy, or could not be reached for a moment.
    public var isTransient: Bool {
        switch reason {
        case .connection(_, let failure): Retriability.of(failure) != .final
        case .refused(_, let status, let code):
            Retriability.ofTokenServer(status) != .final || code.map(Self.isHaste) == true
        default: false
        }
    }
}
