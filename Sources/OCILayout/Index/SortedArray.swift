// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Looking into an array that is sorted.
extension Array where Element: Comparable {
    /// Where an element is or would be.
    func place(of element: Element) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The elements behind one, which need not be there itself; at most `limit`.
    func elements(behind last: Element?, limit: Int) -> ArraySlice<Element> {
        var start = last.map { place(of: $0) } ?? 0
        if start < count, self[start] == last { start += 1 }
        return self[start...].prefix(Swift.max(limit, 0))
    }
}
