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
        guard let origin = candidates.origin else {
            return try await candidates.truth { try await $0.document(at: target) }
        }
        guard let descriptor = try await origin.place.resolve(target) else { return nil }
        return try await document(at: .digest(descriptor.digest))
    }

    func contains(_ blob: Descriptor) async throws -> Bool {
        try await candidates.content { try await $0.contains(blob) ? true : nil } ?? false
    }

    func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? {
        if let origin = candidates.origin { return try await origin.place.referrers(of: subject, type: type) }
        // Caches often list nothing of what they would fetch if it were asked for.
        var isListed = false
        let found = try await candidates.truth { mirror -> [Referrer]? in
            guard let referrers = try await mirror.referrers(of: subject, type: type) else { return nil }
            isListed = true
            return referrers.isEmpty ? nil : referrers
        }
        return found ?? (isListed ? [] : nil)
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
