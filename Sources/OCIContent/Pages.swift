// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A listing that is asked for page by page, and that never looks complete when it is not.
///
/// Where `AsyncThrowingStream` ends quietly when its task is cancelled, this sequence throws: whoever compares a listing
/// that was cut in the middle with a whole one would take tags for deleted.
///
/// After an error, the same page can be asked for again from the same iterator.
public struct Pages<Element: Sendable>: AsyncSequence, Sendable {
    /// Asks for the next page; `nil` after the last one.
    public typealias Pull = () async throws -> [Element]?

    private let start: @Sendable () -> Pull

    /// Makes a listing of a function that begins a new reading of it.
    public init(_ start: @escaping @Sendable () -> Pull) { self.start = start }

    /// A listing of a single page.
    public init(_ page: [Element]) {
        self.init {
            var rest: [Element]? = page
            return {
                defer { rest = nil }
                return rest
            }
        }
    }

    /// Begins a reading.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pull: start()) }

    /// One reading of a listing.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let pull: Pull

        /// The next page; `nil` after the last one.
        /// - Throws: `CancellationError` when the task is cancelled, and what the place throws.
        public mutating func next() async throws -> [Element]? {
            try Task.checkCancellation()
            let page = try await pull()
            try Task.checkCancellation()
            return page
        }
    }

    /// Reads everything into one array; for listings that are known to be short.
    public func all() async throws -> [Element] {
        var elements: [Element] = []
        for try await page in self { elements += page }
        return elements
    }
}
