// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCIRegistry
import Replication

/// A plan as a file: what is to be done, and what it counts on; one JSON object a line.
///
/// ```
/// {"mirrorPlan":1,"created":"2026-11-24T12:00:00Z"}
/// {"job":"team","from":"registry-a.lan/team/**","to":"registry-b.lan/team"}
/// {"source":"team/app","destination":"team/app","tag":"1.2","digest":"sha256:…","old":"sha256:…"}
/// ```
///
/// The images after a line of ends belong to these; `old` is what the tag points to at the destination, and is absent for a
/// tag that is not there; `tag` is absent for an image that is copied by its digest.
struct PlanFile {
    /// The two sides that images are copied between.
    struct Ends: Hashable {
        /// The job's name; `nil` for two addresses.
        let job: String?
        let source: Address
        let destination: Address
        /// What of the images is copied.
        var images = ImageChoice()
    }

    /// Ends with their images.
    struct Section {
        let ends: Ends
        var images: [Selection.PinnedImage] = []
    }

    private(set) var sections: [Section] = []

    /// The most bytes that a file may have: about a million images.
    static let maximumSize = 512 << 20

    /// An empty plan.
    init() {}

    /// Adds what a plan found.
    mutating func add(_ ends: Ends, _ images: [Selection.PinnedImage]) {
        sections.append(Section(ends: ends, images: images))
    }

    /// The file's text.
    func text(created: Int64) -> String {
        let date = Date(timeIntervalSince1970: TimeInterval(created)).formatted(.iso8601)
        var lines = [Line(mirrorPlan: 1, created: date)]
        for section in sections {
            let ends = section.ends
            var line = Line(job: ends.job, from: "\(ends.source)", to: "\(ends.destination)")
            line.note(ends.images)
            lines.append(line)
            lines += section.images.map { image in
                Line(
                    source: image.route.source.text,
                    destination: image.route.destination.text,
                    tag: image.tag?.text,
                    digest: "\(image.digest)",
                    old: image.old.map { "\($0)" }
                )
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return lines.map { String(decoding: (try? encoder.encode($0)) ?? Data(), as: UTF8.self) + "\n" }.joined()
    }

    /// Reads a file.
    /// - Throws: ``PlanFileError`` with the line, `SmallFileError`, ``ConfigFileMissing``.
    init(reading path: String) throws {
        guard let file = try SmallFile.read(path, limit: Self.maximumSize) else {
            throw ConfigFileMissing(path: path, noun: "file")
        }
        let lines = file.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard let first = lines.first, try Self.line(first, 1, path).mirrorPlan == 1 else {
            throw PlanFileError(path: path, line: 1, reason: .noPlan)
        }
        for (index, bytes) in lines.enumerated().dropFirst() where !bytes.isEmpty {
            let number = index + 1
            let line = try Self.line(bytes, number, path)
            do {
                if let from = line.from, let to = line.to {
                    // As a place: docker.io/library is written for Docker Hub's library, not for a repository in it.
                    let ends = Ends(
                        job: line.job,
                        source: try .base(from),
                        destination: try .base(to),
                        images: try line.choice(path, number)
                    )
                    sections.append(Section(ends: ends))
                } else if let image = try line.image, !sections.isEmpty {
                    sections[sections.count - 1].images.append(image)
                } else {
                    throw PlanFileError(path: path, line: number, reason: .incomplete)
                }
            } catch let error as PlanFileError { throw error } catch {
                throw PlanFileError(path: path, line: number, reason: .value(Wording.sentence(for: error)))
            }
        }
    }

    private static func line(_ bytes: ArraySlice<UInt8>, _ number: Int, _ path: String) throws -> Line {
        do {
            guard bytes.count <= 8192 else { throw PlanFileError(path: path, line: number, reason: .incomplete) }
            _ = try StrictJSON.topLevelKeys(of: Array(bytes))
            return try JSONDecoder().decode(Line.self, from: Data(bytes))
        } catch {
            throw PlanFileError(path: path, line: number, reason: number == 1 ? .noPlan : .incomplete)
        }
    }

    /// Any line; what it does not need is absent.
    private struct Line: Codable {
        var mirrorPlan: Int?
        var created: String?
        var job: String?
        var from: String?
        var to: String?
        var referrers: String?
        var nonDistributable: String?
        var source: String?
        var destination: String?
        var tag: String?
        var digest: String?
        var old: String?

        var platforms: [String]?
        var index: String?

        /// Takes note of what of the images is copied; only what is not the rule is written.
        mutating func note(_ images: ImageChoice) {
            referrers = images.referrers == .all ? nil : "\(images.referrers)"
            nonDistributable = images.nonDistributable == .skip ? nil : images.nonDistributable.rawValue
            platforms = images.platforms?.choice.platforms.map(\.description)
            index = images.platforms?.index.rawValue
        }

        func choice(_ path: String, _ number: Int) throws -> ImageChoice {
            let platforms = try (platforms ?? [])
                .map { text in
                    guard let platform = Platform(text) else {
                        throw PlanFileError(path: path, line: number, reason: .incomplete)
                    }
                    return platform
                }
            guard let referrers = ReferrerRule(referrers ?? "all"),
                let layers = NonDistributableLayers(rawValue: nonDistributable ?? "skip"),
                platforms.isEmpty == (index == nil)
            else { throw PlanFileError(path: path, line: number, reason: .incomplete) }
            let form = try index.map { text in
                guard let form = PlatformRule.Index(rawValue: text) else {
                    throw PlanFileError(path: path, line: number, reason: .incomplete)
                }
                return form
            }
            return ImageChoice(
                referrers: referrers,
                platforms: form.map { PlatformRule(PlatformChoice(platforms), index: $0) },
                nonDistributable: layers
            )
        }

        var image: Selection.PinnedImage? {
            get throws {
                guard let source, let destination, let digest else { return nil }
                return Selection.PinnedImage(
                    route: Route(source: try RepositoryName(source), destination: try RepositoryName(destination)),
                    digest: try Digest(digest),
                    tag: try tag.map { try TagName($0) },
                    old: try old.map { try Digest($0) }
                )
            }
        }
    }
}

/// A file that is no plan, or not a whole one.
struct PlanFileError: Error, Hashable {
    /// What is wrong.
    enum Reason: Hashable {
        /// The first line does not say that it is a plan of a version that is known.
        case noPlan
        /// The line is not what can stand there.
        case incomplete
        /// A value cannot be used.
        case value(String)
    }

    let path: String
    let line: Int
    let reason: Reason
}
