// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import NIOHTTP1
import OCI
import OCIContent

/// The requests of one role: what all of them share.
struct RegistryAPI: Sendable {
    /// The longest page of a listing that is read, in bytes: registries without paging send all names at once.
    static let maximumListingPage = 32 << 20
    /// The longest error body that is read, in bytes.
    static let maximumErrorBody = 64 << 10

    let registry: RemoteRegistry
    let observer: @Sendable (RequestRecord) -> Void
    /// What a token must allow for these requests.
    let access: Authenticator.Access

    /// A request to a path of the registry.
    func request(
        _ method: HTTPMethod,
        _ path: String,
        query: String? = nil,
        urgency: Slots.Urgency = .ordinary
    ) -> Exchange {
        Exchange(
            method: method,
            url: RequestURL(origin: registry.transport.policy.origin, path: path, query: query),
            urgency: urgency,
            access: access
        )
    }

    /// Sends a request; a failure to get an answer becomes a ``RegistryError``.
    func send(
        _ exchange: Exchange,
        holding slot: Slots.Slot? = nil,
        during action: RegistryError.Action,
        subject: String
    ) async throws -> Reply {
        do {
            let reply = try await registry.transport.send(exchange, holding: slot, observer: observer)
            registry.look(at: reply)
            return reply
        } catch let failure as Transport.Failure {
            throw error(failure.cause, during: action, subject: subject, retryAfter: failure.retryAfter)
        }
    }

    /// Reads the body of an answer within a bound; a cut body becomes a ``RegistryError``.
    func body(
        of reply: Reply,
        upTo limit: Int,
        during action: RegistryError.Action,
        subject: String
    ) async throws -> [UInt8] {
        let bytes: [UInt8]?
        do {
            bytes = try await reply.collect(upTo: limit)
        } catch {
            throw self.error(streaming: error, during: action, subject: subject)
        }
        guard let bytes else {
            throw self.error(.answer("the body is longer than \(limit) bytes"), during: action, subject: subject)
        }
        return bytes
    }

    /// The error that an answer stands for, with what its body says.
    func error(
        from reply: Reply,
        during action: RegistryError.Action,
        subject: String
    ) async throws -> RegistryError { try await refusal(of: reply, during: action, subject: subject).error }

    /// The error that an answer stands for, and the text of its body.
    /// - Parameter keepingSlot: Whether the place at the gate is kept, for the next request of the same chain.
    func refusal(
        of reply: Reply,
        keepingSlot: Bool = false,
        during action: RegistryError.Action,
        subject: String
    ) async throws -> (error: RegistryError, text: String) {
        let body: [UInt8]?
        do { body = try await reply.collect(upTo: Self.maximumErrorBody, keepingSlot: keepingSlot) } catch {
            if Task.isCancelled { throw CancellationError() }
            body = nil
        }
        let error = RegistryError(
            action: action,
            subject: subject,
            host: registry.host,
            cause: .status(reply.status, SpecError.all(in: body ?? [])),
            retryAfter: reply.retryAfter
        )
        return (error, String(decoding: body ?? [], as: UTF8.self))
    }

    /// An error with what was being done.
    func error(
        _ cause: RegistryError.Cause,
        during action: RegistryError.Action,
        subject: String,
        retryAfter: Duration? = nil
    ) -> RegistryError {
        RegistryError(action: action, subject: subject, host: registry.host, cause: cause, retryAfter: retryAfter)
    }

    /// The error of a body that was cut.
    func error(streaming error: any Error, during action: RegistryError.Action, subject: String) -> any Error {
        if error is CancellationError || Task.isCancelled { return CancellationError() }
        let limit = registry.transport.idleTimeout
        return self.error(
            .connection(ConnectionFailure(error, idleTimeout: limit)),
            during: action,
            subject: subject
        )
    }
}

/// One page of a listing, as a registry sends it.
protocol ListingPage: Decodable {
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

    /// A listing that follows `Link` headers.
    ///
    /// - Parameters:
    ///   - judge: Called with an answer to the first page that is not 200. A later page must be there, since another one
    ///     led to it: without it, the listing would look complete.
    ///   - parse: Makes an element of a name; `nil` leaves the name out.
    func listing<Page: ListingPage, Element: Hashable & Sendable>(
        _: Page.Type,
        _ path: String,
        during action: RegistryError.Action,
        subject: String,
        judge: @escaping @Sendable (Reply) throws -> ListingVerdict,
        parse: @escaping @Sendable (String) throws -> Element?
    ) -> Pages<Element> {
        Pages {
            var pages = ListingGuard()
            var next: RequestURL? = request(.GET, path, query: "n=\(Self.pageSize)").url
            var isAdmitted = false
            var hasBegun = false
            return {
                guard let url = next else { return nil }
                do {
                    // A page that failed is asked for again, which is no repetition.
                    if !isAdmitted { try pages.admitPage(url.text) }
                    isAdmitted = true
                    let (names, following): ([String?], RequestURL?) = try await page(
                        Page.self,
                        at: url,
                        during: action,
                        subject: subject,
                        judge: hasBegun ? { _ in .failed } : judge
                    )
                    let elements = try pages.admit(
                        try names.compactMap { try $0.flatMap(parse) },
                        isLast: following == nil
                    )
                    next = following
                    isAdmitted = false
                    hasBegun = true
                    return elements
                } catch let violation as ListingGuard.Violation {
                    throw error(.answer(violation.sentence), during: action, subject: subject)
                }
            }
        }
    }

    private func page<Page: ListingPage>(
        _: Page.Type,
        at url: RequestURL,
        during action: RegistryError.Action,
        subject: String,
        judge: (Reply) throws -> ListingVerdict
    ) async throws -> (names: [String?], next: RequestURL?) {
        let reply = try await send(
            Exchange(method: .GET, url: url, urgency: .urgent, access: access),
            during: action,
            subject: subject
        )
        guard reply.status == 200 else {
            switch try judge(reply) {
            case .empty:
                try await reply.discard()
                return ([], nil)
            case .failed: throw try await error(from: reply, during: action, subject: subject)
            }
        }
        let bytes = try await body(of: reply, upTo: Self.maximumListingPage, during: action, subject: subject)
        // Checked before it is decoded: decoders take very long for some texts that strict JSON does not allow here.
        guard (try? StrictJSON.topLevelKeys(of: bytes)) != nil,
            let page = try? JSONDecoder().decode(Page.self, from: Data(bytes))
        else {
            throw error(.answer("the listing is not the JSON that was expected"), during: action, subject: subject)
        }
        guard let link = LinkHeader.next(in: reply.headers["Link"]) else { return (page.names, nil) }
        do {
            return (page.names, try registry.transport.admit(link, answeredBy: url, for: .page))
        } catch {
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
