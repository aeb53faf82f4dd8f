// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// How a tag reads as a version: `1.27-rc1-alpine` is the first release candidate of 1.27, in the variant `alpine`.
///
/// A version is `[v]MAJOR[.MINOR[.PATCH[.MORE…]]]`, and perhaps a suffix. The suffix is a prerelease if it begins with one of
/// the words `alpha`, `beta`, `rc`, `pre`, `preview`, `dev`, `snapshot`, `nightly`, `canary`, `milestone`, `m`, `a`, `b`,
/// `next`, `ea` or `test`, in any case, alone or with numbers (`rc1`, `rc.1`, `beta-2`); such a word may also follow the
/// numbers directly or after a dot. Whatever follows, and any other suffix after `-`, `_` or `+`, is the variant.
///
/// `latest`, `stable`, hashes, and numbers of more than 18 digits are no versions.
public struct TagVersion: Hashable, Sendable {
    /// The version.
    public let number: VersionNumber
    /// What the image is a variant of it by, as it is written: `alpine3.20`; `nil` for the plain image.
    public let variant: String?

    /// Reads a tag; `nil` if it is no version.
    public init?(_ tag: TagName) {
        guard let text = VersionText(tag.text) else { return nil }
        number = VersionNumber(numbers: text.numbers, prerelease: text.prerelease)
        variant = text.variant
    }
}

extension TagVersion: Comparable {
    /// Orders by the versions, and equal ones by their variants, the plain one first.
    public static func < (left: Self, right: Self) -> Bool {
        if left.number != right.number { return left.number < right.number }
        guard let leftVariant = left.variant, let rightVariant = right.variant else {
            return left.variant == nil && right.variant != nil
        }
        return leftVariant.utf8.lexicographicallyPrecedes(rightVariant.utf8)
    }
}
