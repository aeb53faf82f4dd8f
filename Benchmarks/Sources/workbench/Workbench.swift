// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCITestKit

/// Fills registries with generated images and times tools that copy them.
@main
struct Workbench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Times mirror and other tools on generated images.",
        subcommands: [Compare.self, Bundles.self, Serve.self, Store.self, Link.self, Fill.self]
    )
}

/// The workloads by their names.
enum WorkloadName: String, ExpressibleByArgument, CaseIterable {
    case many, medium, big, small

    func workload() throws -> Workload {
        switch self {
        case .many: try .many()
        case .medium: try .medium()
        case .big: try .big()
        case .small: try .small()
        }
    }
}

/// Where the temporary files of registries stand.
struct StorageOptions: ParsableArguments {
    @Option(help: "The folder in which registries keep their content; a tmpfs keeps the disk out of the figures.")
    var directory = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
}
