// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// The config file that a command reads.
struct ConfigOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read this config file, YAML or JSON.", valueName: "file"))
    var config: String?

    /// How registries are reached, by the file, the environment and where credentials are kept.
    ///
    /// All that is wrong is printed, a line each, before the command ends with status 78.
    func access(warn: @escaping @Sendable (String) -> Void) throws -> RegistryAccesses {
        try Self.complaining {
            try RegistryAccesses(config.map(MirrorConfiguration.read) ?? MirrorConfiguration(), warn: warn)
        }
    }

    /// The same for a file that was read.
    func access(_ file: MirrorConfiguration, warn: @escaping @Sendable (String) -> Void) throws -> RegistryAccesses {
        try Self.complaining { try RegistryAccesses(file, warn: warn) }
    }

    /// The config file: the one that is named, or the first that is found.
    /// - Returns: `nil` if none is named, and none found.
    func file() throws -> MirrorConfiguration? {
        try Self.complaining { try (config ?? ConfigSearch.find()).map(MirrorConfiguration.read) }
    }

    /// The same for commands that cannot do without.
    func requiredFile() throws -> MirrorConfiguration {
        guard let file = try file() else {
            return try Self.complaining { throw ConfigFileNotFound(places: ConfigSearch.places()) }
        }
        return file
    }

    static func complaining<Value>(as code: ExitCode = .configuration, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch {
            Lines.complain(error, to: .standardError)
            throw code
        }
    }
}

/// Where a config file is looked for if none is named.
enum ConfigSearch {
    /// The places, the first that exists counts.
    static func places(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> [String] {
        var places = ["mirror.yaml"]
        if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") {
            places.append("\(folder)/mirror/mirror.yaml")
        } else if let home = environment["HOME"], !home.isEmpty {
            places.append("\(home)/.config/mirror/mirror.yaml")
        }
        return places + ["/etc/mirror/mirror.yaml"]
    }

    static func find() -> String? { places().first { FileManager.default.fileExists(atPath: $0) } }
}

/// No config file is named, and none is where it is looked for.
struct ConfigFileNotFound: Error, Hashable {
    let places: [String]
}
