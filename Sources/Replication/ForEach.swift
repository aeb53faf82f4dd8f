// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Does something with each element, a number of them at once, in a sliding window.
///
/// The one helper for running things side by side: it returns when all are done. The first error ends it, after the work
/// under way was cancelled and has ended.
func forEach<Elements: AsyncSequence>(
    _ elements: Elements,
    width: Int,
    _ body: @escaping @Sendable (Elements.Element) async throws -> Void
) async throws where Elements.Element: Sendable {
    try await withThrowingTaskGroup(of: Void.self) { group in
        var underWay = 0
        var iterator = elements.makeAsyncIterator()
        while let element = try await iterator.next() {
            if underWay >= width {
                try await group.next()
                underWay -= 1
            }
            group.addTask { try await body(element) }
            underWay += 1
        }
        try await group.waitForAll()
    }
}

/// Does something with each element in order, while the next ones are being prepared.
///
/// - Parameter ahead: How many are prepared at once.
func forEachInOrder<Element: Sendable, Prepared: Sendable>(
    _ elements: [Element],
    ahead: Int,
    prepare: @escaping @Sendable (Element) async throws -> Prepared,
    _ body: (Element, Prepared) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: (Int, Prepared).self) { group in
        var prepared: [Int: Prepared] = [:]
        var begun = 0
        for (position, element) in elements.enumerated() {
            while begun < min(elements.count, position + ahead) {
                group.addTask { [begun] in (begun, try await prepare(elements[begun])) }
                begun += 1
            }
            while prepared[position] == nil, let next = try await group.next() { prepared[next.0] = next.1 }
            guard let ready = prepared.removeValue(forKey: position) else { return }
            try await body(element, ready)
        }
    }
}

/// Does something with each element of a collection, a number of them at once.
func forEach<Element: Sendable>(
    _ elements: [Element],
    width: Int,
    _ body: @escaping @Sendable (Element) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for (position, element) in elements.enumerated() {
            if position >= width { try await group.next() }
            group.addTask { try await body(element) }
        }
        try await group.waitForAll()
    }
}
