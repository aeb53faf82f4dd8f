// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Why a file of credentials in docker's format cannot be used; it holds no secret.
public struct CredentialFileError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Reason: Hashable, Sendable {
        /// It is not JSON, or JSON that means two things.
        case invalidJSON(StrictJSONError)
        /// Something else should stand here: `an object`, `a text`.
        case expected(String)
        /// The text is not base64, or what it encodes is no text.
        case invalidBase64
        /// No colon separates the user name from the password.
        case missingColon
    }

    /// The file.
    public let path: String
    /// Where in the file, as `auths.registry.lan.auth`; empty for the file as a whole.
    public let key: String
    /// What is wrong.
    public let reason: Reason
}

/// There is no folder to keep credentials in: neither `DOCKER_CONFIG` nor `HOME` is set.
public struct CredentialFolderUnknown: Error, Hashable, Sendable {}

/// Why a credential helper gave no answer; nothing that the helper wrote is in it.
public struct CredentialHelperError: Error, Hashable, Sendable {
    /// What went wrong.
    public enum Reason: Hashable, Sendable {
        /// The name could lead elsewhere than to a program on `PATH`.
        case invalidName
        /// No program of that name is on `PATH`.
        case notOnPath
        /// The program could not be started.
        case cannotStart
        /// The program ended with this status.
        case failed(Int32)
        /// The program was ended by this signal.
        case signalled(Int32)
        /// The program wrote more than this many bytes.
        case answeredTooMuch(Int)
        /// The program had not ended after this time.
        case timedOut(Duration)
        /// The answer is not what the protocol of helpers asks for.
        case invalidAnswer
    }

    /// The name of the helper, without `docker-credential-`.
    public let helper: String
    /// What the helper was asked for: `get`, `store` or `erase`.
    public let verb: String
    /// What went wrong.
    public let reason: Reason
}

/// A file of credentials that others than its owner may read.
public struct CredentialFileWarning: Hashable, Sendable {
    /// The file.
    public let path: String
    /// The permission bits.
    public let mode: UInt32
}
