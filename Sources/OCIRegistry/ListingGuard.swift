// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Keeps a listing from going round in circles or on for ever.
///
/// Pages of one listing share a guard. Names are remembered by a 64-bit hash each, so that millions fit. It is not asked that `last` grows: registries order names in more ways than one
/// (docker-registry puts `a/b` before `a-b`), so growth proves nothing; that every page brings something new does.
struct ListingGuard {
    /// Why a listing is given up.
    enum Violation: Error, Hashable {
        case repeatedPage
        case nothingNew
        case tooManyPages
        case tooManyNames
    }

    static let maximumPages = 100_000
    static let maximumNames = 5_000_000

    private let pageLimit: Int
    private let nameLimit: Int
    private var seenPages: Set<Int> = []
    private var seenNames: Set<Int> = []

    init(pages: Int = Self.maximumPages, names: Int = Self.maximumNames) {
        pageLimit = pages
        nameLimit = names
    }

    /// Takes note of a page that is about to be asked for.
    mutating func admitPage(_ url: String) throws(Violation) {
        guard seenPages.count < pageLimit else { throw .tooManyPages }
        guard seenPages.insert(url.hashValue).inserted else { throw .repeatedPage }
    }

    /// Takes note of the names of a page and returns those that no page had before.
    ///
    /// - Throws: ``Violation/nothingNew`` if the page has names, another page follows, and all names were there before.
    mutating func admit<Name: Hashable>(_ names: [Name], isLast: Bool) throws(Violation) -> [Name] {
        var fresh: [Name] = []
        fresh.reserveCapacity(names.count)
        for name in names where seenNames.insert(name.hashValue).inserted { fresh.append(name) }
        guard seenNames.count <= nameLimit else { throw .tooManyNames }
        guard isLast || names.isEmpty || !fresh.isEmpty else { throw .nothingNew }
        return fresh
    }
}
