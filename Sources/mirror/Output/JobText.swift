// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCILayout
import OCIRegistry
import Replication

/// What holds for a job, and where each value comes from.
enum JobText {
    static func text(_ job: JobSettings, _ file: MirrorConfiguration, _ style: Style) -> String {
        var rows: [(String, String, String)] = [
            ("from", "\(job.source.value)", origin(job.source.origin)),
            ("to", "\(job.destination.value)", origin(job.destination.origin)),
            ("overwrite", job.overwrite.value.rawValue, origin(job.overwrite.origin)),
            ("referrers", "\(job.referrers.value)", origin(job.referrers.origin)),
            ("platforms", platforms(job.platforms.value), origin(job.platforms.origin)),
            (
                "layers", "non-distributable: \(job.nonDistributable.value.rawValue)",
                origin(job.nonDistributable.origin)
            ),
        ]
        let tags = job.digestTags.value == .untagged ? "not tagged" : "tagged \(job.digestTags.value)"
        rows.append(("digests", tags, origin(job.digestTags.origin)))
        rows += content(job)
        if let host = job.source.value.host {
            rows += registry(host, "source", file) + mirrors(of: host, file) + spool(file.spool)
        }
        if let host = job.destination.value.host, host != job.source.value.host {
            rows += registry(host, "destination", file)
        }
        if let create = job.destination.value.host.flatMap({ file[$0].create }) {
            rows.append(("", "create: what is missing\(create.isPublic ? ", public" : "")", "registries"))
        }
        let width = rows.map(\.0.count).max() ?? 0
        let valueWidth = min(60, rows.map(\.1.count).max() ?? 0)
        let lines = rows.map { key, value, origin in
            "  \(pad(key, width))  \(pad(value, valueWidth))  \(style.dim(origin))"
        }
        return ([style.bold(job.name) + style.dim("  \(file.file):\(job.line)")] + lines).joined(separator: "\n")
    }

    private static func platforms(_ rule: PlatformRule?) -> String {
        guard let rule else { return "all" }
        return rule.choice.platforms.map(\.description).joined(separator: " ") + ", index \(rule.index.rawValue)"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
    }

    private static func origin(_ origin: JobSettings.Origin) -> String {
        switch origin {
        case .line(let line): "line \(line)"
        case .defaults(let line): "defaults, line \(line)"
        case .builtIn: "built in"
        }
    }

    private static func content(_ job: JobSettings) -> [(String, String, String)] {
        switch job.content.value {
        case .image(let name, let target): return [("image", "\(name)\(target)", origin(job.content.origin))]
        case .references(let list):
            let elsewhere = list.elsewhere.isEmpty ? "" : ", \(list.elsewhere.count) elsewhere"
            let what = list.missing == nil ? "\(list.references.count)\(elsewhere)" : "not there yet"
            return [(list.key, "\(list.paths.joined(separator: " ")) (\(what))", origin(job.content.origin))]
        case .rules(let rules, _, let lines):
            let taken = zip(rules.rules, lines)
                .map { rule, line in
                    ("repository", "\(rule.pattern): \(tags(rule))", "line \(line)")
                }
            let excluded = rules.exclusions.map { ("repository", "!\($0)", origin(job.content.origin)) }
            return taken + excluded
        }
    }

    private static func spool(_ spool: SpoolSettings) -> [(String, String, String)] {
        [
            ("", "spool: \(spool.rule.value.rawValue)", origin(spool.rule.origin)),
            ("", "spool-limit: \(spool.limit.value.text)", origin(spool.limit.origin)),
        ]
    }

    private static func tags(_ rule: RepositoryRule) -> String {
        var parts: [String] = []
        if let tags = rule.tags {
            if !tags.include.isEmpty { parts.append("include \(tags.include.map(\.text).joined(separator: " "))") }
            if !tags.exclude.isEmpty { parts.append("exclude \(tags.exclude.map(\.text).joined(separator: " "))") }
            if let versions = tags.versions { parts.append("semver \(versions)") }
            if let seconds = tags.pushedWithin { parts.append("pushed within \(span(seconds))") }
            if let newest = tags.newest { parts.append("newest \(newest.count) by \(newest.order.rawValue)") }
        }
        if !rule.digests.isEmpty { parts.append(Measures.count(rule.digests.count, "digest")) }
        let what = parts.isEmpty ? "all tags" : parts.joined(separator: ", ")
        return what + (rule.rename.map { ", as \($0)" } ?? "")
    }

    /// As it can be written in the file.
    private static func span(_ seconds: Int64) -> String {
        let units: [(Int64, String)] = [(86_400, "d"), (3600, "h"), (60, "m")]
        let unit = units.first { seconds.isMultiple(of: $0.0) } ?? (1, "s")
        return "\(seconds / unit.0)\(unit.1)"
    }

    private static func registry(
        _ host: RegistryHost,
        _ role: String,
        _ file: MirrorConfiguration
    ) -> [(String, String, String)] {
        let settings = file[host]
        let isKnown = file.registries[host] != nil
        let scheme = settings.scheme ?? (host.isLoopback ? .http : .https)
        let byRepository = settings.repositoryCredentials.map { entry in
            ("", "credentials: \(login(entry.credentials)) for \(patterns(entry.repositories))", "registries")
        }
        let others = (
            "", "credentials: \(login(settings.credentials))" + (byRepository.isEmpty ? "" : " for others"),
            settings.credentials == nil ? "built in" : "registries"
        )
        return [
            (
                role, "\(host), \(scheme.rawValue), \(settings.limits.requests) requests at once",
                isKnown ? "registries" : "built in"
            )
        ] + byRepository + [others] + details(settings)
    }

    /// What is said of a registry besides how it is reached.
    private static func details(_ settings: RegistrySettings) -> [(String, String, String)] {
        var texts: [String] = []
        if let product = settings.product { texts.append("product: \(product.rawValue)") }
        if let api = settings.api { texts.append("api: \(api)") }
        let rule = settings.pullRule
        if rule != PullRule() { texts.append("\(rule.kept) pulls kept, then \(rule.shortage.rawValue)") }
        return texts.map { ("", $0, "registries") }
    }

    private static func mirrors(of host: RegistryHost, _ file: MirrorConfiguration) -> [(String, String, String)] {
        guard !file[host].mirrors.isEmpty else { return [] }
        let places = file[host].mirrors.map(\.description).joined(separator: ", ")
        let rest = file[host].usesOnlyMirrors ? "and never from itself" : "then from itself"
        return [("", "read from \(places), \(rest)", "registries")]
    }

    private static func login(_ credentials: RegistrySettings.Credentials?) -> String {
        switch credentials {
        case .password(let username, _)?: "user \(username)"
        case .identityToken?: "an identity token"
        case .helper(let name)?: "docker-credential-\(name)"
        case .provider(let provider)?: "those of \(CloudWording.name(of: provider))"
        case nil: "where docker and podman keep them"
        }
    }

    private static func patterns(_ patterns: [RepositoryPattern]) -> String {
        patterns.map(\.text).joined(separator: " ")
    }
}
