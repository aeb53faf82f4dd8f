// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// What Google Cloud is to somebody who looks for a credential: a server of tokens and the metadata of a machine.
///
/// The answers have the form of the public documents: "Using OAuth 2.0 for Server to Server Applications" (Google
/// Identity) and "About VM metadata" (Compute Engine).
public struct GoogleBehaviour: Sendable {
    private static let metadataPath = "/computeMetadata/v1/instance/service-accounts/default/token"

    /// The token that is given.
    public var token = "ya29.double-token"
    /// How many seconds it is good for.
    public var life = 3599
    /// Whether the machine runs as an account.
    public var hasAccount = true
    /// Whether who answers for the metadata is a metadata server.
    public var isMetadataServer: Bool
    /// The word with which tokens are refused; `nil` for not at all.
    public var refusal: String?

    /// A Google Cloud that gives what it is asked for.
    public init(isMetadataServer: Bool = true) { self.isMetadataServer = isMetadataServer }

    @Sendable func answer(_ request: PeerRequest) -> PeerReply {
        switch (request.method, request.path) {
        case ("POST", "/token"):
            if let refusal { return .text(400, #"{"error":"\#(refusal)","error_description":"no"}"#) }
            return document([])
        case ("GET", Self.metadataPath):
            guard request.header("metadata-flavor") == "Google" else { return PeerReply(403) }
            guard hasAccount else { return PeerReply(404) }
            return document(isMetadataServer ? [("Metadata-Flavor", "Google")] : [])
        default: return PeerReply(404)
        }
    }

    private func document(_ headers: [(name: String, value: String)]) -> PeerReply {
        .text(200, #"{"access_token":"\#(token)","expires_in":\#(life),"token_type":"Bearer"}"#, headers: headers)
    }
}

/// Runs a double of Google Cloud for as long as `body` runs.
public func withGoogleDouble<Value: Sendable>(
    _ behaviour: GoogleBehaviour = GoogleBehaviour(),
    _ body: (CloudDouble<GoogleBehaviour>) async throws -> Value
) async throws -> Value {
    try await CloudDouble.run(behaviour, { $1.answer($0) }, body)
}
