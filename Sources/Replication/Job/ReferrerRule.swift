// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// What of all that hangs on an image comes along: its referrers, and the tags of its signatures.
public enum ReferrerRule: Hashable, Sendable {
    /// Everything.
    case all
    /// Nothing.
    case none
    /// These kinds of artifact.
    case types(Set<String>)

    /// Whether a referrer of some kind comes along.
    func takes(_ type: String?) -> Bool {
        switch self {
        case .all: true
        case .none: false
        case .types(let types): type.map(types.contains) ?? false
        }
    }

    /// Whether the tag of a companion of some kind comes along.
    func takes(_ kind: CompanionTag.Kind) -> Bool { kind == .referrers ? self != .none : takes(kind.artifactType) }

    /// The one kind that is wanted, if it is one.
    var onlyType: String? { if case .types(let types) = self, types.count == 1 { types.first } else { nil } }
}

extension ReferrerRule: CustomStringConvertible {
    /// `all`, `none`, or the kinds with commas between.
    public var description: String {
        switch self {
        case .all: "all"
        case .none: "none"
        case .types(let types): types.sorted().joined(separator: ",")
        }
    }

    /// Reads what ``description`` writes; `nil` for an empty text, or an empty kind.
    public init?(_ text: String) {
        switch text {
        case "all": self = .all
        case "none": self = .none
        default:
            let types = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard types.allSatisfy({ MediaType($0) != nil }) else { return nil }
            self = .types(Set(types))
        }
    }
}

extension CompanionTag.Kind {
    /// The kind of artifact that cosign gives to the same content where it is a referrer.
    var artifactType: String? {
        switch self {
        case .referrers: nil
        case .signature: "application/vnd.dev.cosign.artifact.sig.v1+json"
        case .attestation: "application/vnd.dev.cosign.artifact.att.v1+json"
        case .billOfMaterials: "application/vnd.dev.cosign.artifact.sbom.v1+json"
        }
    }
}
