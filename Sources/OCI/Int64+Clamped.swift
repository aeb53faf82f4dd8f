// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

extension Int64 {
    /// The sum, or the largest number where the sum does not fit: sizes are claims of strangers.
    public func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
