// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import DequeModule
public import OCI

/// How much may hang on one image.
///
/// Whoever may write to a repository can hang as much on an image as they like.
struct CompanionLimits: Hashable, Sendable {
    /// How many companions an image may have.
    var count = 1000
    /// How long a chain of companions of companions is followed.
    var depth = 4
}

/// Why the companions of an image cannot be copied.
public enum CompanionError: Error, Hashable, Sendable {
    /// More hangs on the image than anybody can mean.
    case tooMany(of: Digest, limit: Int)
}

/// A search for companions that is under way, breadth first.
struct CompanionSearch {
    private let limits: CompanionLimits
    private var waiting: Deque<(Digest, depth: Int)>
    /// What was met: a referrer can refer to what refers to it.
    private var seen: Set<Digest>
    private var companions = 0
    private(set) var surveys: [RootSurvey] = []

    init(_ digests: [Digest], _ limits: CompanionLimits) {
        self.limits = limits
        waiting = Deque(digests.map { ($0, depth: 0) })
        seen = Set(digests)
    }

    mutating func next() -> (Digest, depth: Int)? { waiting.popFirst() }

    /// Takes note of one more companion.
    mutating func count(_ subject: Digest) throws(CompanionError) {
        companions += 1
        guard companions <= limits.count else { throw .tooMany(of: subject, limit: limits.count) }
    }

    /// Takes note of a referrer, and tells whether it is met for the first time.
    mutating func meets(_ digest: Digest, of subject: Digest) throws(CompanionError) -> Bool {
        guard seen.insert(digest).inserted else { return false }
        try count(subject)
        return true
    }

    /// Looks further behind a companion.
    mutating func follow(_ companion: Digest, _ depth: Int) {
        if depth < limits.depth { waiting.append((companion, depth: depth + 1)) }
    }

    /// Takes note of what is to be copied, or not, and looks further behind what is new.
    mutating func found(_ survey: RootSurvey, _ graph: ImageGraph?, _ depth: Int) {
        surveys.append(survey)
        guard let graph, depth < limits.depth else { return }
        let root = graph.root.descriptor.digest
        for digest in graph.digests where digest == root || seen.insert(digest).inserted {
            waiting.append((digest, depth: depth + 1))
        }
    }
}
