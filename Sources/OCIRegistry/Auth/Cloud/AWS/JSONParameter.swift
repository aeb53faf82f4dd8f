// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// A parameter of a call, as JSON writes it.
indirect enum JSONParameter: Sendable {
    case text(String)
    case number(Int)
    case flag(Bool)
    case object([String: JSONParameter])

    /// The text, always the same for the same value.
    var text: String {
        switch self {
        case .text(let text): StrictJSON.quoted(text)
        case .number(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }
                .map { "\(StrictJSON.quoted($0.key)):\($0.value.text)" }
                .joined(separator: ",") + "}"
        }
    }
}
