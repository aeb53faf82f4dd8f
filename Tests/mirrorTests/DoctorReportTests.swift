// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Testing

@testable import OCIRegistry
@testable import mirror

/// What a diagnosis of a registry says, and what it proposes.
@Suite struct DoctorReportTests {
    private func report(
        _ outcome: Result<RegistryDiagnosis, any Error>,
        _ settings: RegistrySettings = RegistrySettings(),
        host: String = "registry.lan:5000"
    ) throws -> DoctorReport {
        var report = DoctorReport(
            subject: RegistrySubject(host: try RegistryHost(host)),
            settings: settings,
            witness: RequestWitness()
        )
        report.outcome = outcome
        return report
    }

    private func diagnosis(_ change: (inout RegistryDiagnosis) throws -> Void = { _ in }) rethrows -> RegistryDiagnosis
    {
        var diagnosis = RegistryDiagnosis(access: AccessDiagnosis(method: .open, wanted: [], granted: nil))
        try change(&diagnosis)
        return diagnosis
    }

    private func proposals(_ report: DoctorReport) -> [String] {
        DoctorProposals(report).lines(for: report.subject.host)
    }

    @Test func `all that is known is said, in one column`() throws {
        let text = DoctorReportText.text(
            try report(
                .success(
                    try diagnosis { diagnosis in
                        diagnosis.product = .distribution2
                        diagnosis.clockLead = -300
                        diagnosis.roundTrips = [3, 1, 2].map { .milliseconds($0) }
                        diagnosis.sample = (try RepositoryName("team/app"), .latest)
                        diagnosis.abilities = [.catalog: .yes, .ranges: .no, .chunks: .yes, .tagPages: .untried]
                        diagnosis.smallestChunk = 5_000_000
                        diagnosis.reading = .init(bytes: 2_000_000, duration: .milliseconds(500))
                    }
                )
            )
        )
        #expect(
            text == """
                registry.lan:5000
                  credential  none: requests are anonymous
                  signs in    not at all: the registry asks for nothing
                  product     distribution-2 (by its answers); large blobs are sent in pieces of 16.8 MB, and go on after an \
                interruption
                  clock       5 min 0 s behind this machine's: tokens and certificates may be refused; set the one that is wrong
                  round trip  1.0 ms at best, 2.0 ms as a rule (3 requests)
                  looked at   team/app:latest
                  catalog     lists its repositories
                  tag pages   not tried: there are too few tags
                  ranges      gives blobs only whole: what is cut is read again from its start
                  pieces      takes blobs in pieces, of at least 5.00 MB
                  reading     4.00 MB/s (2.00 MB in 500.0 ms)
                  writing     not tried; --write tries it, and what else means writing

                proposed for the config file:
                  registries:
                    "registry.lan:5000":
                      product: distribution-2
                """
        )
    }

    @Test func `what the config file or the name says already is not proposed`() throws {
        let found = diagnosis { $0.product = .harbor }
        #expect(try proposals(report(.success(found))) == ["\"registry.lan:5000\":", "  product: harbor"])
        var settings = RegistrySettings()
        settings.product = .harbor
        #expect(try proposals(report(.success(found), settings)) == [])
        let quay = diagnosis { $0.product = .quay }
        #expect(try proposals(report(.success(quay), host: "quay.io")) == [])
    }

    @Test func `what keeps a registry from being used is answered with the key that helps`() throws {
        let origin = RequestURL.Origin(scheme: .https, host: try RegistryHost("registry.lan"))
        let refusal = OutboundRefusal(
            purpose: .token,
            origin: origin,
            target: "https://sso.example:443",
            reason: .otherDomain
        )
        let rows: [(RegistryError.Cause, String)] = [
            (
                .connection(.certificate(.unknownAuthority)),
                "certificate-authority: PATH  # of the certificate of its authority, PEM"
            ),
            (.connection(.plainHTTP), "transport: http"),
            (.refused(refusal), "token-servers: [\"sso.example:443\"]  # if it may see the credential"),
        ]
        for (cause, line) in rows {
            let report = try report(.failure(try Sample.error(cause)), host: "registry.lan")
            #expect(proposals(report) == ["registry.lan:", "  \(line)"])
            #expect(report.exitCode == .unavailable)
        }
        #expect(try proposals(report(.failure(try Sample.error(.status(401, []))))) == [])
    }

    @Test func `limits are proposed in one mapping`() throws {
        let tooLong = diagnosis { $0.writing = .failure((try? Sample.error(.status(413, []))) ?? CancellationError()) }
        let report = try report(.success(tooLong))
        #expect(proposals(report) == ["\"registry.lan:5000\":", "  limits: { chunked-above: 1MiB }"])
        #expect(report.exitCode == .failure)
        report.witness.note(
            RequestRecord(kind: .other, method: "GET", url: "u", host: "h", status: 429, duration: .zero)
        )
        #expect(proposals(report).last == "  limits: { requests: 4, chunked-above: 1MiB }")
        #expect(DoctorReportText.text(report).contains("  clock       not known: its answers have no date\n"))
        #expect(DoctorReportText.text(report).contains("  refused     1 request with 429: it is asked too much\n"))
    }
}
