// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a document that is JSON, but not of the form that is wanted.
public enum JSONFault {
    /// Where, and what: `layers[2].size: a value has the wrong type`.
    public static func text(of error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        let (context, what): (DecodingError.Context, String) =
            switch error {
            case .keyNotFound(let key, let context): (context, "\"\(key.stringValue)\" is missing")
            case .valueNotFound(_, let context): (context, "a value is null")
            case .typeMismatch(_, let context): (context, "a value has the wrong type")
            case .dataCorrupted(let context): (context, context.debugDescription)
            @unknown default: (DecodingError.Context(codingPath: [], debugDescription: ""), "unreadable")
            }
        let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        return path.isEmpty ? what : "\(path.drop { $0 == "." }): \(what)"
    }
}
