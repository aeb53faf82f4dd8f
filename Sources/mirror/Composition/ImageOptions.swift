// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Replication

/// What of images is copied between two addresses.
struct ImageOptions: ParsableArguments {
    @Option(
        name: .customLong("platform"),
        help: ArgumentHelp(
            "Of images for several platforms, only this one, as in linux/arm64; may stand several times, and goes with --index.",
            valueName: "os/arch"
        ),
        transform: Self.platform
    )
    var platforms: [Platform] = []

    @Option(
        help: ArgumentHelp(
            "With --platform, keep the index and its digest (sparse), or write a smaller one (rewritten).",
            valueName: "form"
        ),
        transform: Self.index
    )
    var index: PlatformRule.Index?

    @Option(
        help: ArgumentHelp(
            "What of signatures, attestations and other referrers comes along: all, none, or artifact types with commas between.",
            valueName: "rule"
        ),
        transform: Self.referrers
    )
    var referrers = ReferrerRule.all

    @Option(
        help: ArgumentHelp(
            "Layers whose publisher does not let them be copied everywhere: skip, or copy where the source serves them.",
            valueName: "rule"
        ),
        transform: Self.layers
    )
    var nonDistributableLayers = NonDistributableLayers.skip

    @Option(
        name: .customLong("tag-for-digests"),
        help: ArgumentHelp(
            "How images that are named by digest alone are tagged, lest they be garbage: a template with {algorithm}, {hex} "
                + "and {short}, or none.",
            valueName: "template"
        ),
        transform: Self.digestTags
    )
    var digestTags = DigestTags.standard

    mutating func validate() throws {
        if platforms.isEmpty == (index == nil) { return }
        throw ValidationError(
            index == nil
                ? "--platform goes with --index: sparse keeps the digests of indexes, rewritten copies smaller ones"
                : "--index goes with --platform"
        )
    }

    /// Refuses options that would do nothing: a job says itself what of its images is copied.
    func refuse(besideJobs work: NamedWork) throws {
        guard case .jobs = work, choice != ImageChoice() || digestTags != .standard else { return }
        throw ValidationError(
            "--platform, --index, --referrers, --non-distributable-layers and --tag-for-digests go with addresses; a job says it "
                + "in its keys"
        )
    }

    var choice: ImageChoice {
        ImageChoice(
            referrers: referrers,
            platforms: index.map { PlatformRule(PlatformChoice(platforms), index: $0) },
            nonDistributable: nonDistributableLayers
        )
    }

    private static func platform(_ text: String) throws -> Platform {
        guard let platform = Platform(text) else {
            throw ValidationError("--platform takes os/architecture or os/architecture/variant, as in linux/arm64")
        }
        return platform
    }

    private static func index(_ text: String) throws -> PlatformRule.Index {
        guard let index = PlatformRule.Index(rawValue: text) else {
            throw ValidationError("--index takes sparse or rewritten")
        }
        return index
    }

    private static func layers(_ text: String) throws -> NonDistributableLayers {
        guard let rule = NonDistributableLayers(rawValue: text) else {
            throw ValidationError("--non-distributable-layers takes skip or copy")
        }
        return rule
    }

    private static func digestTags(_ text: String) throws -> DigestTags {
        do { return try DigestTags(text) } catch { throw ValidationError(Wording.sentence(for: error)) }
    }

    private static func referrers(_ text: String) throws -> ReferrerRule {
        guard let rule = ReferrerRule(text) else {
            throw ValidationError("--referrers takes all, none, or artifact types with commas between")
        }
        return rule
    }
}
