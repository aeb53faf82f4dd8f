// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIRegistry

/// What an examination of a registry says to people.
enum DoctorReportText {
    /// A clock that is wrong by more than this spoils tokens and certificates.
    private static let clockTolerance: Int64 = 60

    static func text(_ report: DoctorReport) -> String {
        var lines = [report.subject.name, "  credential  \(DoctorText.credential(report.credential))"]
        if case .success(let diagnosis) = report.outcome {
            lines += DoctorText.lines(diagnosis.access) + rows(diagnosis, report).map { row($0.0, $0.1) }
        }
        let proposals = DoctorProposals(report).lines(for: report.subject.host)
        if !proposals.isEmpty {
            lines += ["", "proposed for the config file:", "  registries:"] + proposals.map { "    \($0)" }
        }
        return lines.map(\.printable).joined(separator: "\n")
    }

    private static func row(_ label: String, _ text: String) -> String {
        "  \(label)" + String(repeating: " ", count: max(1, 12 - label.count)) + text
    }

    private static func rows(_ diagnosis: RegistryDiagnosis, _ report: DoctorReport) -> [(String, String)] {
        var rows = [("product", product(diagnosis, report))]
        rows.append(("clock", diagnosis.clockLead.map(clock) ?? "not known: its answers have no date"))
        if let least = diagnosis.roundTrips.min(), let median = diagnosis.medianRoundTrip {
            let count = Measures.count(diagnosis.roundTrips.count, "request")
            rows.append(
                ("round trip", "\(Measures.duration(least)) at best, \(Measures.duration(median)) as a rule (\(count))")
            )
        }
        if let limit = report.witness.pullLimit {
            rows.append(("pulls", Measures.pulls(limit)))
        }
        if report.witness.refusals > 0 {
            let count = Measures.count(report.witness.refusals, "request")
            rows.append(("refused", "\(count) with 429: it is asked too much"))
        }
        rows.append(("looked at", diagnosis.sample.map(sample) ?? "no repository: none is named, and none is listed"))
        for ability in RegistryDiagnosis.Ability.allCases {
            guard let verdict = diagnosis.abilities[ability] else { continue }
            rows.append((label(ability), self.verdict(verdict, ability, diagnosis)))
        }
        if let reading = diagnosis.reading { rows.append(("reading", throughput(reading))) }
        if diagnosis.sparesPulls {
            rows.append(("reading", "not tried: the image has several platforms, and a second manifest is a pull"))
        }
        switch diagnosis.writing {
        case .success(let writing)?: rows.append(("writing", throughput(writing)))
        case .failure(let error)?: rows.append(("writing", "failed: \(Wording.sentence(for: error))"))
        case nil: rows.append(("writing", "not tried; --write tries it, and what else means writing"))
        }
        for remnant in diagnosis.remnants {
            rows.append(("stays there", "\(remnant.isManifest ? "the manifest" : "the blob") \(remnant.digest)"))
        }
        return rows
    }

    private static func product(_ diagnosis: RegistryDiagnosis, _ report: DoctorReport) -> String {
        let profile = RegistryProfile(of: diagnosis.product)
        let uploads =
            profile.goesOn
            ? "large blobs are sent in pieces of \(Measures.bytes(profile.chunk)), and go on after an interruption"
            : "blobs begin anew after an interruption"
        guard let product = diagnosis.product else { return "not known; \(uploads)" }
        let isNamed = RegistryProduct(knownBy: report.subject.host) == product
        let origin = report.settings.product == product ? "the config file" : isNamed ? "its name" : "its answers"
        return "\(product.rawValue) (by \(origin)); \(uploads)"
    }

    private static func clock(_ lead: Int64) -> String {
        guard abs(lead) > 1 else { return "the same as this machine's" }
        let what = "\(Measures.duration(.seconds(abs(lead)))) \(lead > 0 ? "ahead of" : "behind") this machine's"
        guard abs(lead) > clockTolerance else { return what }
        return "\(what): tokens and certificates may be refused; set the one that is wrong"
    }

    private static func sample(_ sample: (repository: RepositoryName, tag: TagName?)) -> String {
        sample.tag.map { "\(sample.repository):\($0)" } ?? "\(sample.repository), which has no tags"
    }

    private static func throughput(_ throughput: RegistryDiagnosis.Throughput) -> String {
        let seconds = max(throughput.duration / .seconds(1), 1e-6)
        let rate = Measures.bytes(Int64(Double(throughput.bytes) / seconds))
        return "\(rate)/s (\(Measures.bytes(throughput.bytes)) in \(Measures.duration(throughput.duration)))"
    }

    private static func label(_ ability: RegistryDiagnosis.Ability) -> String {
        switch ability {
        case .catalog: "catalog"
        case .tagPages: "tag pages"
        case .referrers: "referrers"
        case .ranges: "ranges"
        case .mounts: "mounts"
        case .chunks: "pieces"
        case .digestChecks: "checks"
        case .sparseIndexes: "sparse"
        case .manifestDeletion, .blobDeletion: "deletion"
        }
    }

    private static func verdict(
        _ verdict: RegistryDiagnosis.Verdict,
        _ ability: RegistryDiagnosis.Ability,
        _ diagnosis: RegistryDiagnosis
    ) -> String {
        switch verdict {
        case .yes: yes(ability, diagnosis)
        case .no: no(ability)
        case .untried where ability == .tagPages: "not tried: there are too few tags"
        case .untried: "not tried: there is nothing to try it with"
        case .failed(let error): "not known: \(Wording.sentence(for: error))"
        }
    }

    private static func yes(_ ability: RegistryDiagnosis.Ability, _ diagnosis: RegistryDiagnosis) -> String {
        switch ability {
        case .catalog: "lists its repositories"
        case .tagPages: "lists tags in pages"
        case .referrers: "lists what refers to a manifest"
        case .ranges: "gives parts of blobs"
        case .mounts: "confirms blobs that it has"
        case .chunks:
            "takes blobs in pieces" + (diagnosis.smallestChunk.map { ", of at least \(Measures.bytes($0))" } ?? "")
        case .digestChecks: "compares blobs with their digests"
        case .sparseIndexes: "takes indexes without all that they point to"
        case .manifestDeletion: "lets manifests be deleted"
        case .blobDeletion: "lets blobs be deleted"
        }
    }

    private static func no(_ ability: RegistryDiagnosis.Ability) -> String {
        switch ability {
        case .catalog: "does not list its repositories: name them"
        case .tagPages: "lists all tags at once"
        case .referrers: "does not list what refers to a manifest: tags stand for the lists"
        case .ranges: "gives blobs only whole: what is cut is read again from its start"
        case .mounts: "confirms no blob without being sent it"
        case .chunks: "takes no blobs in pieces: an upload begins anew after an interruption"
        case .digestChecks: "confirms blobs that are not what their digest says, so that nothing it confirms counts"
        case .sparseIndexes: "takes indexes only with all that they point to"
        case .manifestDeletion: "lets no manifests be deleted"
        case .blobDeletion: "lets no blobs be deleted"
        }
    }
}
