// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Replication

/// What of images is copied between two addresses.
struct ImageChoice {
    /// What of all that hangs on them comes along.
    var referrers = ReferrerRule.all
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

    var choice: ImageChoice { ImageChoice(referrers: referrers) }

    private static func rule(_ text: String) throws -> ReferrerRule {
        guard let rule = ReferrerRule(text) else {
            throw ValidationError("--referrers takes all, none, or artifact types with commas between")
        }
        return rule
    }
}
