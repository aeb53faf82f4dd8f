// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// How many manifests a registry still lets be fetched, as Docker Hub says in every answer.
public struct PullLimit: Hashable, Sendable {
    /// Whose pulls are counted.
    ///
    /// Which address or account it is, is left out: reports are passed on.
    public enum Holder: String, Hashable, Sendable {
        /// All that come from one address, or one network.
        case address
        /// An account.
        case account
    }

    /// How many manifests may be fetched in a window.
    public let limit: Int
    /// How many of them are left.
    public let remaining: Int
    /// How long a window is; `nil` if the registry does not say.
    public let window: Duration?
    /// Whose they are; `nil` if the registry does not say.
    public let holder: Holder?

    /// Makes a limit.
    public init(limit: Int, remaining: Int, window: Duration?, holder: Holder? = nil) {
        self.limit = limit
        self.remaining = remaining
        self.window = window
        self.holder = holder
    }
}
