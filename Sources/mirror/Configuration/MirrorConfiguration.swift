// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIRegistry

/// What a config file says: values that were checked, and nothing that is secret.
struct MirrorConfiguration: Hashable, Sendable {
    /// The registries that are named, with what differs from the defaults.
    var registries: [RegistryHost: RegistrySettings] = [:]
    /// How many bytes a second may be written in all.
    var bandwidth = BandwidthSchedule()
    /// The jobs, in the order of the file.
    var jobs: [JobSettings] = []
    /// What is kept of blobs on their way.
    var spool = SpoolSettings()
    /// The file, as it was named; for people.
    var file = ""

    /// A file that says nothing.
    init() {}

    /// What is said of a registry; the defaults if nothing is.
    subscript(host: RegistryHost) -> RegistrySettings { registries[host] ?? RegistrySettings() }

    /// Reads a config file.
    /// - Throws: ``ConfigMistakes`` with all that is wrong in the file, ``ConfigFileMissing``, `SmallFileError`.
    static func read(_ path: String) throws -> MirrorConfiguration {
        do {
            guard let file = try SmallFile.read(path, limit: ConfigDocument.maximumSize) else {
                throw ConfigFileMissing(path: path)
            }
            return try MirrorConfiguration(parsing: file.bytes, file: path)
        } catch let error as SmallFileError {
            guard case .tooLarge(let limit) = error.reason else { throw error }
            let mistake = ConfigMistake(mark: .start, path: .root, problem: .tooLarge(limit))
            throw ConfigMistakes(file: path, mistakes: [mistake])
        }
    }

    /// Reads the content of a config file.
    init(parsing bytes: [UInt8], file: String) throws(ConfigMistakes) {
        self.file = file
        let slash = file.lastIndex(of: "/")
        let folder = slash.map { $0 == file.startIndex ? "" : String(file[..<$0]) } ?? "."
        let reader = ConfigReader(folder: folder)
        if let root = ConfigDocument.parse(bytes, reader) { read(root, reader) }
        guard reader.mistakes.isEmpty else {
            // Stable, so that two mistakes at one place stay in the order in which they were found.
            let sorted = reader.mistakes.enumerated()
                .sorted { ($0.element.mark, $0.offset) < ($1.element.mark, $1.offset) }
                .map(\.element)
            throw ConfigMistakes(file: file, mistakes: sorted)
        }
    }

    private mutating func read(_ root: ConfigNode, _ reader: ConfigReader) {
        guard let top = reader.mapping(root, FileKeys.shape) else { return }
        if top.has(FileKeys.version) {
            _ = top.value(FileKeys.version)
        } else {
            reader.report(.missingKey("version: 1"), at: root)
        }
        registries = top.value(FileKeys.registries) ?? [:]
        spool = SpoolSettings(top)
        bandwidth = top.value(FileKeys.bandwidth) ?? BandwidthSchedule()
        let defaults = top.value(FileKeys.defaults) ?? JobDefaults()
        jobs = top[FileKeys.jobs].map { JobKeys.jobs($0, defaults, reader) } ?? []
        ListedReferences.check(&jobs)
        JobCycles.check(&jobs, reader)
    }
}

/// The keys of a whole file.
enum FileKeys {
    static let version = ConfigKey<Int>.number("version", "The version of the file's format: 1.", in: 1...1)
    static let registries = ConfigKey<[RegistryHost: RegistrySettings]>(
        "registries",
        "What differs from the defaults, by host or host:port.",
        .named(.mapping(RegistryKeys.shape))
    ) { node, reader in read(node, reader) }
    static let bandwidth = ConfigKey<BandwidthSchedule>(
        "bandwidth",
        "How many bytes a second may be written to all destinations together, also by the time of day.",
        BandwidthKeys.schema
    ) { node, reader in BandwidthKeys.schedule(node, reader) }
    static let defaults = ConfigKey<JobDefaults>(
        "defaults",
        "What holds for every job that does not say otherwise.",
        .mapping(JobDefaults.shape)
    ) { node, reader in JobDefaults(node, reader) }
    static let jobs = "jobs"

    static let shape = ConfigShape([
        version.field, bandwidth.field, registries.field, SpoolSettings.rule.field, SpoolSettings.limit.field,
        defaults.field,
        ConfigField(
            name: jobs,
            about: "What is copied from where to where, by names of your own.",
            schema: .named(.mapping(JobKeys.shape))
        ),
    ])

    private static func read(_ node: ConfigNode, _ reader: ConfigReader) -> [RegistryHost: RegistrySettings]? {
        guard let entries = reader.entries(node) else { return nil }
        var registries: [RegistryHost: RegistrySettings] = [:]
        var lines: [RegistryHost: Int] = [:]
        for entry in entries {
            let settings = RegistrySettings(entry.value, reader)
            do throws(NameError) {
                let host = try RegistryHost(entry.key)
                MirrorKeys.check(entry.value, of: host, reader)
                CreateKeys.check(settings, entry.value, of: host, reader)
                if let line = lines[host] {
                    reader.report(.sameHost(host.description, firstLine: line), at: entry.keyMark, entry.value.path)
                } else {
                    lines[host] = entry.keyMark.line
                    registries[host] = host == .dockerHub ? settings.ofHub : settings
                }
            } catch {
                reader.report(.badHost(error), at: entry.keyMark, entry.value.path)
            }
        }
        return registries
    }
}

/// The config file that was named is not there, or a file that it names.
struct ConfigFileMissing: Error {
    let path: String
    /// What it is for people.
    var noun = "config file"
}
