// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes

/// The query of a request: names and values, unescaped.
struct RequestQuery: Sendable {
    private var items: [(name: String, value: String)] = []

    /// Reads what follows the `?`.
    ///
    /// A plus stays a plus: clients write media types unescaped, and no value that is asked for has spaces.
    init(_ text: Substring) throws(RegistryFault) {
        guard text.utf8.count <= 8192 else { throw .unsupported("the query is too long", status: .uriTooLong) }
        for part in text.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(pair[0]),
                let value = PercentEncoding.decode(pair.count == 2 ? pair[1] : "")
            else { throw .unsupported("the query is not properly escaped", status: .badRequest) }
            items.append((name, value))
        }
    }

    /// The value of a name that may stand once; of two different ones a proxy might have read the other.
    func single(_ name: String) throws(RegistryFault) -> String? {
        let values = items.filter { $0.name == name }
        guard values.count <= 1 else { throw .unsupported("\(name) stands twice in the query", status: .badRequest) }
        return values.first?.value
    }

    /// All values of a name, in order.
    func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }
}
