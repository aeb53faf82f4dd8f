// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication

/// What a config file says of one job, with the line that says it.
struct JobSettings: Hashable, Sendable {
    /// Where a value comes from.
    enum Origin: Hashable, Sendable {
        /// From this line of the file.
        case line(Int)
        /// From this line, which holds for every job.
        case defaults(line: Int)
        /// Nothing is said.
        case builtIn
    }

    /// A value, and where it comes from.
    struct Sourced<Value: Hashable & Sendable>: Hashable, Sendable {
        let value: Value
        let origin: Origin
    }

    /// What becomes of tags that the destination has, and that differ.
    enum Overwrite: String, CaseIterable, Hashable, Sendable {
        case always
        case ifUnchanged = "if-unchanged"
        case never
    }

    /// What is taken of the source.
    enum Content: Hashable, Sendable {
        /// What an address alone says: one image.
        case image(RepositoryName, Target)
        /// Repositories by rules, below a path; `nil` stands for the whole registry. The lines are those of the rules.
        case rules(RepositoryRules, base: RepositoryName?, lines: [Int])
        /// What files list.
        case references(ListedReferences)
    }

    let name: String
    /// The line of its name.
    let line: Int
    let source: Sourced<Address>
    let destination: Sourced<Address>
    var content: Sourced<Content>
    let mapping: NameMapping
    let overwrite: Sourced<Overwrite>
    /// Where a complaint about `overwrite` belongs: at the key, or at the job's name.
    let overwritePlace: Place
    /// What of all that hangs on images comes along.
    let referrers: Sourced<ReferrerRule>
    /// What becomes of layers that may not be copied everywhere.
    let nonDistributable: Sourced<NonDistributableLayers>
    /// Which platforms are wanted, and what becomes of indexes.
    let platforms: Sourced<PlatformRule?>
    /// Which tags images get that are named by digest alone.
    let digestTags: Sourced<DigestTags>

    /// What of the images is copied.
    var images: ImageChoice {
        ImageChoice(
            referrers: referrers.value,
            platforms: platforms.value,
            nonDistributable: nonDistributable.value
        )
    }

    /// Whether another job of the file is the way back.
    var isTwoWay = false
    /// The jobs that copy straight back, and remember what was equal as this one does.
    var waysBack: [WayBack] = []

    /// A job that copies from this one's destination to its source.
    struct WayBack: Hashable, Sendable {
        let name: String
        let source: Address
        let destination: Address
        let mapping: NameMapping
    }

    /// A place in the file.
    struct Place: Hashable, Sendable {
        let mark: ConfigNode.Mark
        let path: ConfigPath
    }

    /// What is selected.
    /// - Parameter now: Seconds since 1970, to which windows of dates relate.
    /// - Throws: ``ConfigFileMissing`` for a list of references that is not there.
    func selection(now: Int64) throws(ConfigFileMissing) -> Selection {
        switch content.value {
        case .image(let name, let target): return .image(name, target)
        case .rules(let rules, let base, _): return .rules(.init(rules, below: base, now: now))
        case .references(let list):
            if let path = list.missing { throw ConfigFileMissing(path: path, noun: "file") }
            return .references(list.references)
        }
    }

    /// The rule for tags that the destination has.
    var overwriteRule: OverwriteRule {
        switch overwrite.value {
        case .always: .always
        case .ifUnchanged: .ifUnchanged(isTwoWay: isTwoWay)
        case .never: .never
        }
    }
}

/// What holds for jobs that do not say otherwise.
struct JobDefaults: Hashable, Sendable {
    static let overwrite = ConfigKey<JobSettings.Overwrite>
        .choice(
            "overwrite",
            "What becomes of a tag that the destination has and that differs: always moves it; if-unchanged moves it unless somebody "
                + "else moved it since; never lets it stay."
        )
    static let referrers = ConfigKey<ReferrerRule>(
        "referrers",
        "What of the signatures, attestations and other referrers of images comes along: all, none, or a list of artifact types.",
        .either([.choice(["all", "none"]), .list(.text())])
    ) { node, reader in
        if case .list(let items) = node.value {
            if items.isEmpty { reader.report(.expected("a list with an artifact type in it", found: "none"), at: node) }
            return .types(Set(items.compactMap { reader.text($0, "an artifact type") }))
        }
        guard let text = reader.text(node, "all, none or a list of artifact types") else { return nil }
        switch text {
        case "all": return .all
        case "none": return ReferrerRule.none
        default: reader.report(.expected("all, none or a list of artifact types", found: text), at: node)
        }
        return nil
    }
    static let nonDistributable = ConfigKey<NonDistributableLayers>
        .choice(
            "non-distributable-layers",
            "What becomes of layers whose publisher does not let them be copied everywhere: skip leaves them out; copy takes those "
                + "that the source itself serves."
        )
    static let platforms = ConfigKey<[Platform]>
        .list(
            "platforms",
            "Of images for several platforms, what is copied: os/architecture or os/architecture/variant; all unless it is said.",
            of: .text()
        ) { node, reader in
            guard let text = reader.text(node, "a platform") else { return nil }
            let platform = Platform(text)
            if platform == nil { reader.report(.expected("a platform, as in linux/arm64", found: text), at: node) }
            return platform
        }
    static let index = ConfigKey<PlatformRule.Index>
        .choice(
            "index",
            "With platforms: sparse keeps an index and its digest, without what is not wanted; rewritten copies a smaller one, with "
                + "another digest."
        )
    static let digestTags = ConfigKey<DigestTags>(
        "tag-for-digests",
        "The tag of images that are named by digest alone: a template with {algorithm}, {hex} (64 digits) and {short} (12), or none.",
        .text()
    ) { node, reader in
        guard let text = reader.text(node, "a template of tags, or none") else { return nil }
        do throws(TemplateError) { return try DigestTags(text) } catch {
            reader.report(.badTemplate(error), at: node)
            return nil
        }
    }
    static let shape = ConfigShape([
        overwrite.field, referrers.field, nonDistributable.field, platforms.field, index.field, digestTags.field,
    ])

    var overwrite = JobSettings.Sourced(value: JobSettings.Overwrite.always, origin: .builtIn)
    var referrers = JobSettings.Sourced(value: ReferrerRule.all, origin: .builtIn)
    var nonDistributable = JobSettings.Sourced(value: NonDistributableLayers.skip, origin: .builtIn)
    var platforms = JobSettings.Sourced(value: PlatformRule?.none, origin: .builtIn)
    var digestTags = JobSettings.Sourced(value: DigestTags.standard, origin: .builtIn)

    /// Nothing is said.
    init() {}

    init?(_ node: ConfigNode, _ reader: ConfigReader) {
        guard let entry = reader.mapping(node, Self.shape) else { return nil }
        func sourced<Value>(_ key: ConfigKey<Value>, _ builtIn: JobSettings.Sourced<Value>)
            -> JobSettings.Sourced<Value>
        {
            guard let value = entry.value(key) else { return builtIn }
            return .init(value: value, origin: .defaults(line: entry.mark(of: key.name).line))
        }
        overwrite = sourced(Self.overwrite, overwrite)
        referrers = sourced(Self.referrers, referrers)
        nonDistributable = sourced(Self.nonDistributable, nonDistributable)
        digestTags = sourced(Self.digestTags, digestTags)
        if let rule = Self.platformRule(entry) {
            platforms = .init(value: rule, origin: .defaults(line: entry.mark(of: Self.platforms.name).line))
        }
    }

    /// The platforms of a mapping; `nil` where none are said.
    ///
    /// One key without the other is reported.
    static func platformRule(_ keys: ConfigMapping) -> PlatformRule? {
        let (platforms, index) = (keys.value(platforms), keys.value(index))
        if keys.has(Self.platforms), !keys.has(Self.index), let node = keys[Self.platforms.name] {
            keys.reader.report(.needs(Self.index.name), at: node)
        }
        if keys.has(Self.index), !keys.has(Self.platforms), let node = keys[Self.index.name] {
            keys.reader.report(.needs(Self.platforms.name), at: node)
        }
        guard let platforms, !platforms.isEmpty, let index else { return nil }
        return PlatformRule(PlatformChoice(platforms), index: index)
    }
}
