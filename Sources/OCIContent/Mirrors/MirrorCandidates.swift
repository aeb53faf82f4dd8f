// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A place and its mirrors, or one repository of each, and the two orders in which they are asked.
struct MirrorCandidates<Place: Sendable>: Sendable {
    struct Candidate: Sendable {
        let name: String
        let place: Place
        let condition: PlaceCondition
    }

    /// What the place itself said.
    enum Answer<Value> {
        case said(Value)
        /// It is never asked, or cannot be reached: why, if it can be said.
        case none(because: (any Error)?)
    }

    let origin: Candidate?
    let mirrors: [Candidate]
    let notice: @Sendable (MirroredEndpoint.Notice) -> Void

    /// Asks for something that is the same everywhere: the mirrors first, and then the place itself.
    /// - Returns: `nil` if nobody has it.
    func content<Value>(_ question: (Place) async throws -> Value?) async throws -> Value? {
        let (found, failure) = try await askMirrors(question)
        if let found { return found }
        switch try await askOrigin(question) {
        case .said(let value): return value
        case .none(let reason):
            if let reason = reason ?? failure { throw reason }
            return nil
        }
    }

    /// Asks for something that the place itself knows best; its mirrors only where it cannot be reached.
    /// - Returns: `nil` if it is not there.
    func truth<Value>(_ question: (Place) async throws -> Value?) async throws -> Value? {
        switch try await askOrigin(question) {
        case .said(let value): return value
        case .none(let reason):
            let (found, failure) = try await askMirrors(question)
            if let found { return found }
            if let reason = reason ?? failure { throw reason }
            return nil
        }
    }

    /// Asks the place itself.
    /// - Throws: What it refuses.
    func askOrigin<Value>(_ question: (Place) async throws -> Value) async throws -> Answer<Value> {
        guard let origin else { return .none(because: nil) }
        if let reason = origin.condition.reasonToSpare { return .none(because: reason) }
        do {
            let value = try await question(origin.place)
            origin.condition.answered()
            return .said(value)
        } catch {
            guard try passesOver(origin, error) else { throw error }
            return .none(because: error)
        }
    }

    /// Asks the mirrors, until one has it.
    /// - Returns: What was found, and why the last mirror that failed did.
    func askMirrors<Value>(
        _ question: (Place) async throws -> Value?
    ) async throws -> (found: Value?, failure: (any Error)?) {
        var failure: (any Error)?
        for mirror in mirrors {
            if let reason = mirror.condition.reasonToSpare {
                failure = reason
                continue
            }
            do {
                let found = try await question(mirror.place)
                mirror.condition.answered()
                if let found { return (found, nil) }
            } catch {
                _ = try passesOver(mirror, error)
                failure = error
            }
        }
        return (nil, failure)
    }

    /// Whether it is the place itself.
    func isOrigin(_ candidate: Candidate) -> Bool { candidate.condition === origin?.condition }

    /// Takes note of a failure, and says whether another place may be asked instead.
    /// - Throws: `CancellationError`.
    func passesOver(_ candidate: Candidate, _ error: any Error) throws -> Bool {
        if error is CancellationError { throw error }
        try Task.checkCancellation()
        let isOrigin = isOrigin(candidate)
        // Content that is not there is no failure of the place.
        if case ContentError.missing = error {
            candidate.condition.answered()
            return !isOrigin
        }
        let turn = candidate.condition.failed(error)
        if isOrigin {
            if turn == .leftAlone { notice(.originUnreachable(candidate.name, error)) }
            return error.isUnreachability
        }
        switch turn {
        case .failed: notice(.mirrorFailed(candidate.name, error))
        case .leftAlone: notice(.mirrorLeftAlone(candidate.name, error))
        case nil: break
        }
        return true
    }
}

extension MirrorCandidates {
    /// A listing of the place itself or, where that cannot be reached, of the first mirror that has something to list.
    func listing<Element>(_ list: @escaping @Sendable (Place) -> Pages<Element>) -> Pages<Element> {
        Pages {
            var rest = ([origin].compactMap { $0 } + mirrors)[...]
            var current: (candidate: Candidate, pages: Pages<Element>.AsyncIterator)?
            var hasBegun = false
            var failure: (any Error)?
            return {
                while true {
                    if current == nil {
                        guard let next = rest.popFirst() else {
                            if let failure { throw failure }
                            return nil
                        }
                        if let reason = next.condition.reasonToSpare {
                            failure = failure ?? reason
                            continue
                        }
                        current = (next, list(next.place).makeAsyncIterator())
                    }
                    guard let (candidate, _) = current else { continue }
                    do {
                        let page = try await current?.pages.next()
                        candidate.condition.answered()
                        if let page {
                            hasBegun = hasBegun || !page.isEmpty
                            return page
                        }
                        // A mirror that lists nothing may only not know of it yet.
                        if hasBegun || isOrigin(candidate) { return nil }
                        current = nil
                    } catch {
                        // The names of another place must not be added to those of this one.
                        guard !hasBegun, try passesOver(candidate, error) else { throw error }
                        failure = failure ?? error
                        current = nil
                    }
                }
            }
        }
    }
}
