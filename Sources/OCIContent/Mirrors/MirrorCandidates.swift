// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A place and its mirrors, or one repository of each, and the two orders in which they are asked.
struct MirrorCandidates<Place: Sendable>: Sendable {
    struct Candidate: Sendable {
        let name: String
        let place: Place
        let condition: PlaceCondition
    }

    let origin: Candidate?
    let mirrors: [Candidate]
    let notice: @Sendable (MirroredEndpoint.Notice) -> Void

    /// Asks for something that is the same everywhere: the mirrors first, and then the place itself.
    /// - Returns: `nil` if nobody has it.
    func content<Value>(_ question: (Place) async throws -> Value?) async throws -> Value? {
        let (found, failure) = try await askMirrors(question)
        if let found { return found }
        if let origin { return try await question(origin.place) }
        if let failure { throw failure }
        return nil
    }

    /// Asks for something that only the place itself knows.
    ///
    /// What a mirror says of it may be old; the mirrors are asked where the place is never asked.
    /// - Returns: `nil` if it is not there.
    func truth<Value>(_ question: (Place) async throws -> Value?) async throws -> Value? {
        if let origin { return try await question(origin.place) }
        let (found, failure) = try await askMirrors(question)
        if let found { return found }
        if let failure { throw failure }
        return nil
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
                try passOver(mirror, error)
                failure = error
            }
        }
        return (nil, failure)
    }

    /// Whether it is the place itself.
    func isOrigin(_ candidate: Candidate) -> Bool { candidate.condition === origin?.condition }

    /// Takes note of a failure, after which another place is asked.
    /// - Throws: `CancellationError`.
    func passOver(_ mirror: Candidate, _ error: any Error) throws {
        if error is CancellationError { throw error }
        try Task.checkCancellation()
        if isOrigin(mirror) { return }
        // Content that is not there is no failure of the place.
        if case ContentError.missing = error { return mirror.condition.answered() }
        switch mirror.condition.failed(error) {
        case .failed: notice(.mirrorFailed(mirror.name, error))
        case .leftAlone: notice(.mirrorLeftAlone(mirror.name, error))
        case nil: break
        }
    }
}

extension MirrorCandidates {
    /// A listing of the place itself or, where that is never asked, of the first mirror that has something to list.
    func listing<Element>(_ list: @escaping @Sendable (Place) -> Pages<Element>) -> Pages<Element> {
        if let origin { return list(origin.place) }
        return Pages {
            var rest = mirrors[...]
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
                        if hasBegun { return nil }
                        current = nil
                    } catch {
                        // The names of another place must not be added to those of this one.
                        if hasBegun { throw error }
                        try passOver(candidate, error)
                        failure = failure ?? error
                        current = nil
                    }
                }
            }
        }
    }
}
