// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// One repository of a place that has mirrors.
struct MirroredSource: ContentSource {
    let candidates: MirrorCandidates<any ContentSource>
    let finished: FinishedReadings

    func tags() -> Pages<TagEntry> { candidates.listing { $0.tags() } }

    func resolve(_ target: Target) async throws -> Descriptor? {
        try await candidates.truth { try await $0.resolve(target) }
    }

    /// A tag is looked up at the place itself, which some count less than fetching a manifest, so that what a mirror
    /// remembers of it never decides.
    func document(at target: Target) async throws -> ManifestDocument? {
        guard case .tag = target else { return try await candidates.content { try await $0.document(at: target) } }
        switch try await candidates.askOrigin({ try await $0.resolve(target) }) {
        case .said(nil): return nil
        case .said(let descriptor?): return try await document(at: .digest(descriptor.digest))
        case .none(let reason):
            let (found, failure) = try await candidates.askMirrors { try await $0.document(at: target) }
            if let found { return found }
            if let reason = reason ?? failure { throw reason }
            return nil
        }
    }

    func contains(_ blob: Descriptor) async throws -> Bool {
        try await candidates.content { try await $0.contains(blob) ? true : nil } ?? false
    }

    func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? {
        try await candidates.truth { try await $0.referrers(of: subject, type: type) }
    }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        var reading = MirroredReading(of: descriptor, from: candidates, finished)
        let first = try await reading.open(range)
        return ByteStream(range: first.range) { [reading] in
            var reading = reading
            var state = MirroredReading.State(first)
            return { try await reading.next(&state) }
        }
    }
}
