// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIRegistry

/// What a diagnosis of access says to people.
enum DoctorText {
    /// Which credential is used, and from where.
    static func credential(_ credential: Credential?) -> String {
        guard let credential else { return "none: requests are anonymous" }
        let what =
            switch credential.kind {
            case .password(let username, _): "user \(username)"
            case .identityToken: "an identity token"
            case .registryToken: "a registry token"
            }
        return "\(what), from \(credential.origin)"
    }

    /// What the registry wants, and what was granted.
    static func lines(_ diagnosis: AccessDiagnosis) -> [String] {
        var lines: [String] = []
        switch diagnosis.method {
        case .open: lines.append("  signs in    not at all: the registry asks for nothing")
        case .basic: lines.append("  signs in    by user name and password, which the registry takes")
        case .bearer(let server, let service):
            let name = service.map { " (service \($0))" } ?? ""
            lines.append("  signs in    by tokens of \(server)\(name)")
            if let granted = diagnosis.granted {
                lines.append(
                    "  granted     \(granted.isEmpty ? "nothing in particular" : granted.joined(separator: ", "))"
                )
            } else {
                lines.append("  granted     unknown: the token does not say")
            }
        }
        if !diagnosis.missing.isEmpty { lines.append("  missing     \(diagnosis.missing.joined(separator: ", "))") }
        return lines
    }
}
