// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI
import OCIContent

/// One page of a listing, as a registry sends it.
protocol ListingPage: Decodable, SendableMetatype {
    /// The names; Nexus is known for nulls among them (skopeo#2409).
    var names: [String?] { get }
}

/// What a listing makes of an answer that is not 200.
enum ListingVerdict {
    /// There is nothing to list.
    case empty
    /// The listing failed.
    case failed
}

extension RegistryAPI {
    /// Names are asked for in pages of this size; more is an error at some registries.
    static let pageSize = 1000

    /// A page of a listing, and what leads to the next one.
    typealias Page<Cursor, Element> = (elements: [Element], next: Cursor?)

    /// A listing that is asked for page by page, and that neither goes in circles nor on for ever.
    ///
    /// - Parameters:
    ///   - first: What leads to the first page: a URL, or a token of the registry.
    ///   - name: What tells elements from each other; one that a page had before is left out.
    ///   - ask: Asks for a page. Of any page but the first, 404 is a failure: without it, the listing would look complete.
    func listing<Cursor: Hashable & Sendable, Element: Sendable>(
        from first: Cursor,
        by name: @escaping @Sendable (Element) -> some Hashable,
        during action: RegistryError.Action,
        subject: String,
        ask: @escaping @Sendable (_ cursor: Cursor, _ isFirst: Bool) async throws -> Page<Cursor, Element>
    ) -> Pages<Element> {
        Pages {
            var pages = ListingGuard()
            var next: Cursor? = first
            var isAdmitted = false
            var isFirst = true
            return {
                guard let cursor = next else { return nil }
                do {
                    // A page that failed is asked for again, which is no repetition.
                    if !isAdmitted { try pages.admitPage(cursor) }
                    isAdmitted = true
                    let page = try await ask(cursor, isFirst)
                    let elements = try pages.admit(page.elements, by: name, isLast: page.next == nil)
                    next = page.next
                    isAdmitted = false
                    isFirst = false
                    return elements
                } catch let violation as ListingGuard.Violation {
                    throw error(.answer(violation.sentence), during: action, subject: subject)
                }
            }
        }
    }

    /// A listing of names that follows `Link` headers.
    ///
    /// - Parameters:
    ///   - judge: Called with an answer to the first page that is not 200.
    ///   - parse: Makes an element of a name; `nil` leaves the name out.
    func listing<Body: ListingPage, Element: Hashable & Sendable>(
        _: Body.Type,
        _ path: String,
        during action: RegistryError.Action,
        subject: String,
        judge: @escaping @Sendable (Reply) throws -> ListingVerdict,
        parse: @escaping @Sendable (String) throws -> Element?
    ) -> Pages<Element> {
        let first = request(.GET, path, query: "n=\(Self.pageSize)").url
        return listing(from: first, by: { $0 }, during: action, subject: subject) { url, isFirst in
            let reply = try await send(page(url), during: action, subject: subject)
            guard reply.status == 200 else {
                guard isFirst, try judge(reply) == .empty else {
                    throw try await error(from: reply, during: action, subject: subject)
                }
                try await reply.discard()
                return ([], nil)
            }
            let page = try await decoded(Body.self, reply, during: action, subject: subject)
            let elements = try page.names.compactMap { try $0.flatMap(parse) }
            return (elements, try link(in: reply, during: action, subject: subject))
        }
    }

    /// A listing in a form of the product's own that follows `Link` headers.
    ///
    /// - Parameters:
    ///   - paths: Where the first page may be: the next one is asked where one is not there, or not for whoever asks.
    ///   - prepare: Adds to each request what the API wants to see.
    ///   - parse: The elements of a page.
    func listing<Body: Decodable & SendableMetatype, Element: Sendable>(
        _: Body.Type,
        at paths: [String],
        query: String,
        by name: @escaping @Sendable (Element) -> some Hashable,
        during action: RegistryError.Action,
        subject: String,
        prepare: @escaping @Sendable (inout Exchange) async throws -> Void = { _ in },
        parse: @escaping @Sendable (Body) throws -> [Element]
    ) -> Pages<Element> {
        let first = paths.map { request(.GET, $0, query: query).url }
        guard let start = first.first else { return Pages([]) }
        return listing(from: start, by: name, during: action, subject: subject) { url, isFirst in
            @Sendable func ask(_ url: RequestURL) async throws -> Reply {
                var request = page(url)
                try await prepare(&request)
                return try await send(request, during: action, subject: subject)
            }
            var reply = try await ask(url)
            for other in isFirst ? first.dropFirst() : [] where [403, 404].contains(reply.status) {
                try await reply.discard()
                reply = try await ask(other)
            }
            guard reply.status == 200 else { throw try await error(from: reply, during: action, subject: subject) }
            let body = try await decoded(Body.self, reply, during: action, subject: subject)
            return (try parse(body), try link(in: reply, during: action, subject: subject))
        }
    }

    /// The request of a page.
    func page(_ url: RequestURL, as identification: Exchange.Identification = .negotiated) -> Exchange {
        var request = Exchange(method: .GET, url: url, urgency: .urgent, access: access)
        request.identification = identification
        request.kind = .listing
        return request
    }

    /// The next page, where the header of an answer leads to one.
    func link(in reply: Reply, during action: RegistryError.Action, subject: String) throws -> RequestURL? {
        guard let link = LinkHeader.next(in: reply.headers["Link"]) else { return nil }
        return try page(link, after: reply, during: action, subject: subject)
    }

    /// The next page, as an answer writes its address.
    func page(
        _ link: String,
        after reply: Reply,
        during action: RegistryError.Action,
        subject: String
    ) throws -> RequestURL {
        do { return try transport.admit(link, answeredBy: reply.url, for: .page) } catch {
            throw self.error(error.cause, during: action, subject: subject)
        }
    }
}

extension ListingGuard.Violation {
    fileprivate var sentence: String {
        switch self {
        case .repeatedPage: "the listing leads back to a page that it had before"
        case .nothingNew: "a page of the listing has nothing new, and yet another is to follow"
        case .tooManyPages: "the listing has more than \(ListingGuard.maximumPages) pages"
        case .tooManyNames: "the listing has more than \(ListingGuard.maximumNames) names"
        }
    }
}
