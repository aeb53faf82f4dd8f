// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIRegistry
import Replication

/// The keys of a job.
enum JobKeys {
    static let source = ConfigKey<String>
        .text(
            "from",
            "What is copied: a registry (host/) or a path in it; or, without repositories, an address as mirror copy takes it."
        )
    static let destination = ConfigKey<String>.text("to", "Where it is copied to; it replaces what from says.")
    static let repositories = ConfigField(
        name: "repositories",
        about: "What is taken of the source: names, patterns with * and **, and exclusions with ! in front.",
        schema: RepositoryKeys.schema
    )
    static let references = ConfigKey<String>
        .path(
            "references",
            "A file with one image a line, below from: name, name:tag or name@digest; # begins a comment."
        )
    static let imagesFrom = ConfigKey<[String]>
        .list(
            "images-from",
            "Files that name images, of which those below from are taken: manifests of Kubernetes, what Helm renders, files of "
                + "Compose, lists with one full image a line.",
            of: .text()
        ) { node, reader in reader.path(node) }
    static let tags = ConfigKey<TagRule>(
        "tags",
        "Which tags of repositories that do not say it themselves; all unless it is said.",
        TagKeys.schema
    ) { node, reader in TagKeys.read(node, reader) }
    static let overwrite = JobDefaults.overwrite
    static let referrers = JobDefaults.referrers
    static let nonDistributable = JobDefaults.nonDistributable

    static let shape = ConfigShape(
        [
            source.field, destination.field, repositories, references.field, imagesFrom.field, tags.field,
            overwrite.field, referrers.field, nonDistributable.field, JobDefaults.platforms.field,
            JobDefaults.index.field, JobDefaults.digestTags.field,
        ],
        required: [source.name, destination.name]
    )

    /// Reads all jobs.
    static func jobs(_ node: ConfigNode, _ defaults: JobDefaults, _ reader: ConfigReader) -> [JobSettings] {
        (reader.entries(node) ?? [])
            .compactMap { entry in
                let isName = JobName.isValid(entry.key)
                if !isName { reader.report(.badName(JobName.form), at: entry.keyMark, entry.value.path) }
                let job = JobReading(entry, reader)?.job(defaults)
                return isName ? job : nil
            }
    }
}

/// What a job can be called: files are called after it.
enum JobName {
    static let form = "a job: letters, digits, dots, hyphens and underscores, 64 at most"

    static func isValid(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count), let first = text.utf8.first else { return false }
        func isWord(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        return isWord(first) && text.utf8.allSatisfy { isWord($0) || "-._".utf8.contains($0) }
    }
}

/// Reads one job.
private struct JobReading {
    let entry: ConfigNode.Entry
    let keys: ConfigMapping
    let reader: ConfigReader

    init?(_ entry: ConfigNode.Entry, _ reader: ConfigReader) {
        guard let keys = reader.mapping(entry.value, JobKeys.shape) else { return nil }
        self.entry = entry
        self.keys = keys
        self.reader = reader
    }

    /// The keys that say what is taken of the source.
    private var lists: [String] {
        [JobKeys.repositories.name, JobKeys.references.name, JobKeys.imagesFrom.name].filter { keys[$0] != nil }
    }

    private var hasList: Bool { !lists.isEmpty }

    func job(_ defaults: JobDefaults) -> JobSettings? {
        let tags = keys.value(JobKeys.tags)
        let written = keys.value(JobKeys.overwrite)
        let source = keys.value(JobKeys.source).flatMap(sourceAddress)
        // One repository or image is given a name, as by mirror copy; all else keeps its own below a prefix.
        let isPrefix =
            switch source?.scope {
            case .repository?, .image?: hasList
            default: true
            }
        let destination = keys.value(JobKeys.destination).flatMap { destinationAddress($0, isPrefix: isPrefix) }
        let content = content(source, tags)
        guard let source, let destination, let content, var mapping = mapping(source, destination) else { return nil }
        let digestTags =
            keys.value(JobDefaults.digestTags).map { .init(value: $0, origin: origin(JobDefaults.digestTags.name)) }
            ?? defaults.digestTags
        mapping.digestTags = digestTags.value
        let key = JobKeys.overwrite.name
        return JobSettings(
            name: entry.key,
            line: entry.keyMark.line,
            source: .init(value: source, origin: origin(JobKeys.source.name)),
            destination: .init(value: destination, origin: origin(JobKeys.destination.name)),
            content: content,
            mapping: mapping,
            overwrite: written.map { .init(value: $0, origin: origin(key)) } ?? defaults.overwrite,
            overwritePlace: written == nil
                ? .init(mark: entry.keyMark, path: entry.value.path)
                : .init(mark: keys.mark(of: key), path: entry.value.path.key(key)),
            referrers: keys.value(JobKeys.referrers).map { .init(value: $0, origin: origin(JobKeys.referrers.name)) }
                ?? defaults.referrers,
            nonDistributable: keys.value(JobKeys.nonDistributable)
                .map { .init(value: $0, origin: origin(JobKeys.nonDistributable.name)) } ?? defaults.nonDistributable,
            platforms: JobDefaults.platformRule(keys)
                .map { .init(value: $0, origin: origin(JobDefaults.platforms.name)) } ?? defaults.platforms,
            digestTags: digestTags
        )
    }

    private func origin(_ key: String) -> JobSettings.Origin { .line(keys.mark(of: key).line) }

    private func sourced(_ content: JobSettings.Content, _ key: String) -> JobSettings.Sourced<JobSettings.Content> {
        JobSettings.Sourced(value: content, origin: origin(key))
    }

    private func report(_ problem: ConfigMistake.Problem, at key: String) {
        if let node = keys[key] { reader.report(problem, at: node) }
    }

    /// With a list, `from` is the place that it is relative to; without one, it is what is copied.
    private func sourceAddress(_ text: String) -> Address? {
        do throws(AddressError) {
            let address = hasList ? try Address.base(text) : try Address(text)
            switch address.scope {
            case .subtree where hasList, .level where hasList:
                report(
                    .badPlace("a registry or a path, without *, since repositories are listed"),
                    at: JobKeys.source.name
                )
                return nil
            case .image where hasList:
                report(
                    .badPlace("a registry or a path, not an image, since repositories are listed"),
                    at: JobKeys.source.name
                )
                return nil
            default: return address
            }
        } catch {
            report(.badAddress(error), at: JobKeys.source.name)
            return nil
        }
    }

    private func destinationAddress(_ text: String, isPrefix: Bool) -> Address? {
        do throws(AddressError) { return isPrefix ? try Address.base(text) : try Address(text) } catch {
            report(.badAddress(error), at: JobKeys.destination.name)
            return nil
        }
    }

    private func mapping(_ source: Address, _ destination: Address) -> NameMapping? {
        var source = source
        if hasList, case .repository(let path) = source.scope { source.scope = .subtree(path) }
        do throws(MappingError) {
            let mapping = try NameMapping(from: source, to: destination)
            guard !isSame(source, destination) else {
                report(.sameEnds, at: JobKeys.destination.name)
                return nil
            }
            return mapping
        } catch {
            report(.badMapping(error), at: JobKeys.destination.name)
            return nil
        }
    }

    private func isSame(_ source: Address, _ destination: Address) -> Bool {
        guard source.place.isSame(as: destination.place) else { return false }
        switch (source.scope, destination.scope) {
        case (.registry, .registry), (.subtree(nil), .registry), (.level(nil), .registry): return true
        case (.subtree(let path?), .repository(let other)), (.level(let path?), .repository(let other)):
            return path == other
        default: return source.scope == destination.scope
        }
    }

    private func content(_ source: Address?, _ tags: TagRule?) -> JobSettings.Sourced<JobSettings.Content>? {
        for key in lists.dropFirst() {
            reader.report(.contradicts(lists[0]), at: keys.mark(of: key), entry.value.path.key(key))
        }
        // What files list is chosen there.
        if let key = lists.last, key != JobKeys.repositories.name {
            if keys[JobKeys.tags.name] != nil { report(.contradicts(key), at: JobKeys.tags.name) }
            return key == JobKeys.references.name ? references(source) : images(source)
        }
        if let node = keys[JobKeys.repositories.name] {
            let isHub = source.map { $0.host == .dockerHub && $0.scope == .registry } ?? false
            guard let items = RepositoryKeys.read(node, defaultTags: tags, isHub: isHub, reader), let source else {
                return nil
            }
            let rules = RepositoryRules(rules: items.rules, exclusions: items.exclusions)
            return sourced(.rules(rules, base: source.path, lines: items.lines), JobKeys.repositories.name)
        }
        guard let source else { return nil }
        let line = keys.mark(of: JobKeys.source.name).line
        func rule(_ pattern: String, below base: RepositoryName?) -> JobSettings.Sourced<JobSettings.Content>? {
            guard let pattern = try? RepositoryPattern(pattern) else { return nil }
            let rules = RepositoryRules(rules: [RepositoryRule(pattern: pattern, tags: tags)])
            return sourced(.rules(rules, base: base, lines: [line]), JobKeys.source.name)
        }
        switch source.scope {
        case .registry: return rule("**", below: nil)
        case .subtree(let base): return rule("**", below: base)
        case .level(let base): return rule("*", below: base)
        case .repository(let name): return rule(name.text, below: nil)
        case .image(let name, let target):
            if keys[JobKeys.tags.name] != nil {
                report(.contradicts("one image in \(JobKeys.source.name)"), at: JobKeys.tags.name)
            }
            return sourced(.image(name, target), JobKeys.source.name)
        }
    }

    private func references(_ source: Address?) -> JobSettings.Sourced<JobSettings.Content>? {
        guard let path = keys.value(JobKeys.references) else { return nil }
        var listed = ListedReferences(key: JobKeys.references.name, paths: [path])
        do {
            // Whoever runs the job is told; the file may be made by what runs before it.
            guard let file = try SmallFile.read(path, limit: ReferenceList.maximumBytes) else {
                listed.missing = path
                return sourced(.references(listed), listed.key)
            }
            let list = try ReferenceList(file.bytes)
            guard let source else { return nil }
            listed.references = try list.entries.map { entry in
                let name = try source.repository(entry.repository)
                return Selection.Reference(name, entry.target, writtenTag: entry.writtenTag)
            }
            return sourced(.references(listed), listed.key)
        } catch {
            report(.badFile(Wording.sentence(for: error)), at: listed.key)
            return nil
        }
    }

    private func images(_ source: Address?) -> JobSettings.Sourced<JobSettings.Content>? {
        let key = JobKeys.imagesFrom.name
        guard let paths = keys.value(JobKeys.imagesFrom), let source else { return nil }
        guard let host = source.host else {
            report(.contradicts("a folder in \(JobKeys.source.name)"), at: key)
            return nil
        }
        if paths.isEmpty, reader.mistakes.isEmpty {
            report(.expected("a list with a file in it", found: "none"), at: key)
        }
        var listed = ListedReferences(key: key, paths: paths)
        for path in paths {
            do {
                guard let bytes = try SmallFile.read(path, limit: ImageFile.maximumSize)?.bytes else {
                    listed.missing = listed.missing ?? path
                    continue
                }
                let file = try ImageFile(bytes, name: path)
                for image in file.images { listed.take(image, from: host, below: source.path) }
                listed.warnings += file.warnings
            } catch { report(.badFile(Wording.sentence(for: error)), at: key) }
        }
        return sourced(.references(listed), key)
    }
}

extension Address {
    /// The path that a base stands for; `nil` for the whole registry.
    fileprivate var path: RepositoryName? { if case .repository(let path) = scope { path } else { nil } }

    /// A repository below a base.
    fileprivate func repository(_ name: RepositoryName) throws(NameError) -> RepositoryName {
        if let path { return try RepositoryName("\(path)/\(name)") }
        return host == .dockerHub && !name.text.contains("/") ? try RepositoryName("library/\(name)") : name
    }
}
