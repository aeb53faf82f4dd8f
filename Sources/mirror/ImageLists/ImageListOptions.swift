// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Replication

/// Files that name what is copied.
struct ImageListOptions: ParsableArguments {
    @Option(
        name: .customLong("from-images"),
        help: ArgumentHelp(
            "Take the images that a file names: manifests of Kubernetes, what Helm renders, files of Compose, lists with one "
                + "image a line; - is standard input; may stand several times.",
            valueName: "file"
        )
    )
    var files: [String] = []

    mutating func validate() throws {
        guard files.count(where: { $0 == "-" }) < 2 else {
            throw ValidationError("--from-images - can stand only once: standard input is read once.")
        }
    }
}
