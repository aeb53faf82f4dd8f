// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// What could not be done at a registry: facts, which the edge of the program puts into words.
public struct RegistryError: TransientError {
    /// What was being done.
    public enum Action: Hashable, Sendable {
        /// Showing a credential.
        case signIn
        /// Listing repositories.
        case listRepositories
        /// Listing tags.
        case listTags
        /// Listing what refers to a manifest.
        case listReferrers
        /// Asking what a tag or digest names.
        case resolve
        /// Fetching a manifest.
        case readManifest
        /// Fetching a blob.
        case readBlob
        /// Asking whether a blob is there.
        case findBlob
        /// Asking for a place to upload a blob to.
        case startUpload
        /// Sending a blob.
        case upload
        /// Writing a manifest.
        case writeManifest
        /// Making a repository, or what it is in.
        case createRepository
        /// Deleting a manifest or a blob.
        case delete
    }

    /// Why it could not be done.
    public enum Cause: Sendable {
        /// The registry answered, but not with what was asked for.
        case status(Int, [SpecError])
        /// The registry wants a token, and its token server, whose origin is named, gave none.
        case tokenServer(String, status: Int, [SpecError])
        /// The registry wants a token, and no answer came from its token server, whose origin is named.
        case tokenServerConnection(String, ConnectionFailure)
        /// No answer came.
        case connection(ConnectionFailure)
        /// There is nothing to identify oneself with at the API that the product has beside the registry's; why.
        case credential(any Error)
        /// A URL that the registry sent is not requested.
        case refused(OutboundRefusal)
        /// The answer breaks the protocol; how.
        case answer(String)
    }

    /// What was being done.
    public let action: Action
    /// What it was done to: a name, with a tag or digest where one is meant; empty for the registry as a whole.
    public let subject: String
    /// The registry.
    public let host: RegistryHost
    /// Why it could not be done.
    public let cause: Cause
    /// How long the registry asks to be left alone.
    public let retryAfter: Duration?
    /// The API that was asked in place of the registry: `https://hub.docker.com`; `nil` for the registry itself.
    public internal(set) var service: String?
}

extension RegistryError: MissingReferencesError {
    /// Whether a manifest was refused because what it points to is not there.
    public var isAboutMissingReferences: Bool {
        guard action == .writeManifest, case .status(let status, let errors) = cause, status == 400 || status == 404
        else {
            return false
        }
        return errors.contains { ["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_UNKNOWN"].contains($0.code) }
    }
}

extension RegistryError: DigestRefusalError {
    /// Whether content was refused because its digest is taken for wrong.
    public var isAboutDigest: Bool {
        guard [.startUpload, .upload, .writeManifest].contains(action), case .status(let status, let errors) = cause
        else { return false }
        return (400..<500).contains(status) && errors.contains { $0.code == "DIGEST_INVALID" }
    }
}

extension RegistryError: ReachabilityError {
    /// Whether the registry, or its token server, is down or out of reach.
    ///
    /// A host that shows the wrong certificate, or speaks no TLS, is not: somebody may pose as it.
    public var isUnreachable: Bool {
        switch cause {
        case .connection(let failure), .tokenServerConnection(_, let failure): failure.isUnreachable
        case .status(let status, _), .tokenServer(_, let status, _): [500, 502, 503, 504].contains(status)
        case .refused, .answer, .credential: false
        }
    }
}

extension ConnectionFailure {
    fileprivate var isUnreachable: Bool {
        switch self {
        case .unknownHost, .refused, .connectTimeout, .stalled, .closed, .unreachable, .proxy, .other: true
        case .certificate, .tls, .plainHTTP, .forbiddenAddress, .tooManyOpenFiles: false
        }
    }
}

extension RegistryError {
    /// Whether a token server refused a token, as some do where they do not grant all that is asked for.
    var isRefusedToken: Bool {
        guard case .tokenServer(_, let status, _) = cause else { return false }
        return status == 401 || status == 403
    }
}

/// Why no answer came from a host.
public enum ConnectionFailure: Hashable, Sendable {
    /// The name of the host is not known, or no resolver could be asked.
    case unknownHost(String)
    /// Nobody listens there.
    case refused
    /// No connection could be made in time.
    case connectTimeout
    /// Nothing moved for too long.
    case stalled(after: Duration)
    /// The connection was cut.
    case closed
    /// The host's certificate was not accepted.
    case certificate(CertificateProblem)
    /// TLS could not be agreed upon; what the library says.
    case tls(String)
    /// The host speaks plain HTTP where TLS was expected.
    case plainHTTP
    /// The proxy makes no connection; whether it wants to see a user name and a password, or others.
    case proxy(wantsLogin: Bool)
    /// The address that a redirect led to may not be dialled.
    case forbiddenAddress(IPAddress.Kind)
    /// There is no way to the host's network.
    case unreachable
    /// This program, or this machine, has as many files and connections open as it may; how many, if that is known.
    case tooManyOpenFiles(limit: Int?)
    /// Anything else; what the library says.
    case other(String)
}
