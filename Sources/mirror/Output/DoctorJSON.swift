// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCIRegistry

/// What an examination of a registry says to scripts: one JSON object on one line.
struct DoctorJSON: Encodable {
    struct Login: Encodable {
        let method: String
        let user: String?
        let origin: String?
        let tokenServer: String?
        let granted: [String]?
        let missing: [String]
    }

    struct RoundTrip: Encodable {
        let requests: Int
        let leastMilliseconds: Double
        let medianMilliseconds: Double
    }

    struct Throughput: Encodable {
        let bytes: Int64
        let seconds: Double

        init(_ throughput: RegistryDiagnosis.Throughput) {
            bytes = throughput.bytes
            seconds = throughput.duration / .seconds(1)
        }
    }

    struct Pulls: Encodable {
        let limit, remaining: Int
        let windowSeconds: Double?
    }

    struct Remnant: Encodable {
        let digest, kind: String
    }

    let registry: String
    let repository: String?
    var product: String?
    var login: Login?
    var clockLeadSeconds: Int64?
    var roundTrip: RoundTrip?
    /// `yes`, `no`, `untried` or `failed`.
    var abilities: [String: String] = [:]
    var smallestChunk: Int64?
    var reading: Throughput?
    var writing: Throughput?
    var pulls: Pulls?
    let tooManyRequests: Int
    var remnants: [Remnant] = []
    /// Keys of the registry's entry in the config file, with their values as YAML.
    let proposals: [String: String]
    var error: String?

    init(_ report: DoctorReport) {
        registry = report.subject.host.description
        repository = report.subject.repository?.text
        tooManyRequests = report.witness.refusals
        pulls = report.witness.pullLimit.map {
            Pulls(limit: $0.limit, remaining: $0.remaining, windowSeconds: $0.window.map { $0 / .seconds(1) })
        }
        proposals = Dictionary(
            DoctorProposals(report).entries.map { ($0.key, $0.value) },
            uniquingKeysWith: { first, _ in first }
        )
        switch report.outcome {
        case .success(let diagnosis): take(diagnosis, report.credential)
        case .failure(let failure): error = Wording.sentence(for: failure)
        }
    }

    private mutating func take(_ diagnosis: RegistryDiagnosis, _ credential: Credential?) {
        product = diagnosis.product?.rawValue
        login = Self.login(diagnosis.access, credential)
        clockLeadSeconds = diagnosis.clockLead
        if let least = diagnosis.roundTrips.min(), let median = diagnosis.medianRoundTrip {
            roundTrip = RoundTrip(
                requests: diagnosis.roundTrips.count,
                leastMilliseconds: least / .milliseconds(1),
                medianMilliseconds: median / .milliseconds(1)
            )
        }
        for (ability, verdict) in diagnosis.abilities { abilities[ability.rawValue] = Self.word(verdict) }
        smallestChunk = diagnosis.smallestChunk
        reading = diagnosis.reading.map(Throughput.init)
        switch diagnosis.writing {
        case .success(let throughput)?: writing = Throughput(throughput)
        case .failure(let failure)?: error = Wording.sentence(for: failure)
        case nil: break
        }
        remnants = diagnosis.remnants.map {
            Remnant(digest: $0.digest.description, kind: $0.isManifest ? "manifest" : "blob")
        }
    }

    private static func login(_ access: AccessDiagnosis, _ credential: Credential?) -> Login {
        var server: String?
        let method: String
        switch access.method {
        case .open: method = "none"
        case .basic: method = "basic"
        case .bearer(let origin, _):
            method = "token"
            server = origin
        }
        return Login(
            method: method,
            user: credential?.username,
            origin: credential?.origin,
            tokenServer: server,
            granted: access.granted,
            missing: access.missing
        )
    }

    private static func word(_ verdict: RegistryDiagnosis.Verdict) -> String {
        switch verdict {
        case .yes: "yes"
        case .no: "no"
        case .untried: "untried"
        case .failed: "failed"
        }
    }

    /// The line, without its end.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
