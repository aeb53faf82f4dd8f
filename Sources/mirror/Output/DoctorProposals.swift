// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCIRegistry

/// What a diagnosis proposes to write into the entry of a registry in the config file.
///
/// What the file says already is not proposed.
struct DoctorProposals {
    /// Keys with their values, as YAML.
    private(set) var entries: [(key: String, value: String)] = []

    init(_ report: DoctorReport) {
        switch report.outcome {
        case .success(let diagnosis): add(diagnosis, report)
        case .failure(let error): add(after: error, report)
        }
        addLimits(report)
    }

    /// The lines that can be pasted below `registries:`; none where there is nothing to propose.
    func lines(for host: RegistryHost) -> [String] {
        guard !entries.isEmpty else { return [] }
        let name = "\(host)".contains(":") ? "\"\(host)\"" : "\(host)"
        return ["\(name):"] + entries.map { "  \($0.key): \($0.value)" }
    }

    private mutating func add(_ diagnosis: RegistryDiagnosis, _ report: DoctorReport) {
        guard report.settings.product == nil, RegistryProduct(knownBy: report.subject.host) == nil else { return }
        if let product = diagnosis.product {
            // Its own answers name it each time before anything is sent.
            if product != .mirror { entries.append(("product", product.rawValue)) }
            return
        }
        if case .no? = diagnosis.abilities[.digestChecks] {
            entries.append(("product", RegistryProduct.lenient.rawValue))
        } else if keepsToSpecification(diagnosis) {
            entries.append(("product", RegistryProduct.oci.rawValue))
        }
    }

    /// Whether a registry that nobody knows has done all that the specification asks for, as far as it was tried.
    private func keepsToSpecification(_ diagnosis: RegistryDiagnosis) -> Bool {
        let needed: [RegistryDiagnosis.Ability] = [.chunks, .digestChecks, .mounts, .referrers, .ranges]
        return diagnosis.smallestChunk == nil
            && needed.allSatisfy { if case .yes? = diagnosis.abilities[$0] { true } else { false } }
    }

    private mutating func add(after error: any Error, _ report: DoctorReport) {
        guard let error = error as? RegistryError else { return }
        switch error.cause {
        case .connection(.certificate(.unknownAuthority)) where report.settings.certificateAuthority == nil:
            entries.append(("certificate-authority", "PATH  # of the certificate of its authority, PEM"))
        case .connection(.plainHTTP), .connection(.tls("the host hung up")): entries.append(("transport", "http"))
        case .refused(let refusal) where refusal.purpose == .token && refusal.reason == .otherDomain:
            let host = refusal.target.split(separator: "/").last.map(String.init) ?? refusal.target
            entries.append(("token-servers", "[\"\(host)\"]  # if it may see the credential"))
        default: break
        }
    }

    private mutating func addLimits(_ report: DoctorReport) {
        var limits: [String] = []
        if report.witness.refusals > 0, report.settings.requests == nil { limits.append("requests: 4") }
        if case .success(let diagnosis) = report.outcome, case .failure(let error) = diagnosis.writing,
            case .status(413, _)? = (error as? RegistryError)?.cause, report.settings.chunkedAbove == nil
        {
            limits.append("chunked-above: 1MiB")
        }
        if !limits.isEmpty { entries.append(("limits", "{ \(limits.joined(separator: ", ")) }")) }
    }
}
