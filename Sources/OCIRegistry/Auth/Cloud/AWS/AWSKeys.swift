// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// What requests to AWS are signed with.
struct AWSKeys: Hashable, Sendable {
    let accessKeyID: String
    let secret: Secret
    /// What belongs to keys that end.
    var sessionToken: Secret?
    /// When they end, in seconds since 1970; `nil` for keys that do not end, or do not say so.
    var expiration: Int64?
    /// Where they were found, for people.
    let origin: String
}
