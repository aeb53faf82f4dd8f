// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Reads `Link` headers (RFC 8288), of which registries use one form: `<target>; rel="next"`.
enum LinkHeader {
    /// The target of the link to the next page, as the server wrote it.
    /// - Parameter values: The values of all `Link` headers of an answer.
    static func next(in values: [String]) -> String? {
        for value in values {
            var rest = Substring(value)
            while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
                let target = rest[rest.index(after: open)..<close]
                let tail = rest[rest.index(after: close)...]
                let parameters = tail.prefix { $0 != "<" }
                if isNext(parameters) { return String(target) }
                rest = tail[parameters.endIndex...]
            }
        }
        return nil
    }

    private static func isNext(_ parameters: Substring) -> Bool {
        parameters.split(whereSeparator: { $0 == ";" || $0 == "," })
            .contains { parameter in
                let parts = parameter.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, trimmed(parts[0]).lowercased() == "rel" else { return false }
                return trimmed(parts[1]).split(separator: " ").contains { $0.lowercased() == "next" }
            }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isEdge: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\"" }
        var text = text.drop(while: isEdge)
        while let last = text.last, isEdge(last) { text.removeLast() }
        return text
    }
}
