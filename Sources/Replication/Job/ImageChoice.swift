// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// What of images is copied: all that there is of them, unless something else is said.
public struct ImageChoice: Hashable, Sendable {
    /// What of all that hangs on them comes along.
    public var referrers: ReferrerRule
    /// Which platforms are wanted; `nil` for all.
    public var platforms: PlatformRule?
    /// What becomes of layers that may not be copied everywhere.
    public var nonDistributable: NonDistributableLayers

    /// Makes a choice.
    public init(
        referrers: ReferrerRule = .all,
        platforms: PlatformRule? = nil,
        nonDistributable: NonDistributableLayers = .skip
    ) {
        self.referrers = referrers
        self.platforms = platforms
        self.nonDistributable = nonDistributable
    }
}
