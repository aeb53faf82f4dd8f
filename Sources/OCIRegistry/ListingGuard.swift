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

    /// Takes note of a page that is about to be asked for, by what tells it from others.
    mutating func admitPage(_ cursor: some Hashable) throws(Violation) {
        guard seenPages.count < pageLimit else { throw .tooManyPages }
        guard seenPages.insert(cursor.hashValue).inserted else { throw .repeatedPage }
    }

    /// Takes note of the elements of a page and returns those whose name no page had before.
    ///
    /// - Throws: ``Violation/nothingNew`` if the page has elements, another page follows, and all names were there before.
    mutating func admit<Element>(
        _ elements: [Element],
        by name: (Element) -> some Hashable,
        isLast: Bool
    ) throws(Violation) -> [Element] {
        var fresh: [Element] = []
        fresh.reserveCapacity(elements.count)
        for element in elements where seenNames.insert(name(element).hashValue).inserted { fresh.append(element) }
        guard seenNames.count <= nameLimit else { throw .tooManyNames }
        guard isLast || elements.isEmpty || !fresh.isEmpty else { throw .nothingNew }
        return fresh
    }
}
