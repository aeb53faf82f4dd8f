// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Which part of a listing is asked for: `n` entries after `last`.
///
/// Nothing is allocated by `n`: more than ``most`` is the same as ``most`` (CVE-2023-2253).
struct PageRequest: Hashable, Sendable {
    /// The most entries of one answer; also what a client gets that does not say a number.
    static let most = 1000

    /// How many entries, at most.
    let count: Int
    /// The entry that the page begins after, as the client wrote it.
    let last: String?
    /// Whether the client said a number.
    let isCounted: Bool

    /// Reads `n` and `last`.
    init(_ query: RequestQuery) throws(RegistryFault) {
        let number = try query.single("n")
        if let number {
            guard !number.isEmpty, number.utf8.count <= 20, number.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else {
                throw .pageInvalid
            }
            // A number that no integer can hold is more than the most, too.
            count = min(Int(number) ?? Self.most, Self.most)
        } else {
            count = Self.most
        }
        isCounted = number != nil
        last = try query.single("last").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The `Link` to the page after one that ends with `last`.
    func link(_ path: String, after last: String) -> String {
        "<\(path)?n=\(count)&last=\(PercentEncoding.encode(last))>; rel=\"next\""
    }
}
