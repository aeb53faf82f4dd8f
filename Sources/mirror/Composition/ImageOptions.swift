// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Replication

/// What of images is copied between two addresses.
struct ImageChoice {
    /// What of all that hangs on them comes along.
    var referrers = ReferrerRule.all
    /// What becomes of layers that may not be copied everywhere.
    var nonDistributable = NonDistributableLayers.skip
}

/// The options that say it.
struct ImageOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What of signatures, attestations and other referrers comes along: all, none, or artifact types with commas between.",
            valueName: "rule"
        ),
        transform: Self.rule
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

    var choice: ImageChoice { ImageChoice(referrers: referrers, nonDistributable: nonDistributableLayers) }

    private static func layers(_ text: String) throws -> NonDistributableLayers {
        guard let rule = NonDistributableLayers(rawValue: text) else {
            throw ValidationError("--non-distributable-layers takes skip or copy")
        }
        return rule
    }

    private static func rule(_ text: String) throws -> ReferrerRule {
        guard let rule = ReferrerRule(text) else {
            throw ValidationError("--referrers takes all, none, or artifact types with commas between")
        }
        return rule
    }
}
