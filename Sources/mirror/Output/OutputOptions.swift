// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// How a run is shown.
struct OutputOptions: ParsableArguments {
    /// The form of what is printed.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    @Option(help: "Print text for people, or one JSON object a line for scripts.")
    var format = Format.text

    @Flag(
        name: .shortAndLong,
        help: "Print nothing but failures, warnings about safety and, where something changed, one line."
    )
    var quiet = false

    @Flag(name: .shortAndLong, help: "Print each request, without secrets, to standard error.")
    var verbose = false

    /// Nothing but failures and warnings.
    static var silent: OutputOptions { text(quiet: true) }

    /// What people are shown.
    static var visible: OutputOptions { text(quiet: false) }

    private static func text(quiet: Bool) -> OutputOptions {
        var options = OutputOptions()
        options.format = .text
        options.quiet = quiet
        options.verbose = false
        return options
    }

    mutating func validate() throws {
        guard !(quiet && verbose) else { throw ValidationError("--quiet and --verbose contradict each other.") }
    }
}
