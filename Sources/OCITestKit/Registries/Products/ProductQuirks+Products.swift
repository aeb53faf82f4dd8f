// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The products, as their sources, their documents and the reports of their users describe them.
extension ProductQuirks {
    /// The specification's own (distribution-spec 1.1).
    public static let strict = ProductQuirks()

    /// The registry of this package: as strict, and what came of a cut chunk stays.
    public static let embedded = strict.with {
        $0.name = "embedded"
        $0.cut = .keepsBytes
    }

    /// distribution 2.8 without a fixed secret: appends blindly, and a `Location` is good for one offset.
    public static let distribution2 = strict.with {
        $0.name = "distribution2"
        $0.chunks = .appended
        $0.hasStates = true
        $0.cut = .keepsBytes
        $0.lostSessionCode = "BLOB_UPLOAD_INVALID"
        $0.takesSinglePost = false
        $0.keepsSessions = false
        $0.mounts = .fromOnly
        $0.missingReferenceStatus = 400
        $0.hasReferrers = false
        $0.writesNullTags = true
    }

    /// distribution 3: checks offsets, and its sessions live on.
    public static let distribution3 = strict.with {
        $0.name = "distribution3"
        $0.chunks = .checkedWithLength
        $0.cut = .keepsBytes
        $0.takesSinglePost = false
        $0.mounts = .fromOnly
        $0.missingReferenceStatus = 400
        $0.hasReferrers = false
    }

    /// Amazon ECR: 201 for a chunk, a `Range` that stands still, and a smallest part.
    public static let ecr = strict.with {
        $0.name = "ecr"
        $0.chunkStatus = 201
        $0.freezesRange = true
        $0.smallestChunk = 5 << 20
        $0.takesSinglePost = false
        $0.createsRepositories = false
        $0.mounts = .never
        $0.hasCatalog = false
    }

    /// GitHub Packages: no chunk above 4 MiB, no lists of repositories or referrers.
    public static let ghcr = strict.with {
        $0.name = "ghcr"
        $0.largestChunk = 4 << 20
        $0.cut = .keepsBytes
        $0.hasCatalog = false
        $0.hasReferrers = false
        $0.api = .github
    }

    /// Azure: a cut ends the session, and no `PUT` above 20 MB.
    public static let acr = strict.with {
        $0.name = "acr"
        $0.cut = .losesSession
        $0.lostSessionCode = "BLOB_UPLOAD_INVALID"
        $0.largestPut = 20_000_000
        $0.api = .azure
    }

    /// Google Artifact Registry: no chunks.
    public static let gar = strict.with {
        $0.name = "gar"
        $0.chunks = .refused(405)
        $0.takesSinglePost = false
        $0.api = .google
    }

    /// Docker Hub: a hundred pulls, and mounts from names of two components only.
    public static let hub = strict.with {
        $0.name = "hub"
        $0.cut = .keepsBytes
        $0.pulls = 100
        $0.mounts = .fromOnly
        $0.mountNameDepth = 2
        $0.hasCatalog = false
        $0.hasReferrers = false
    }

    /// Quay: 202 for a manifest, and no mount without `from`.
    public static let quay = strict.with {
        $0.name = "quay"
        $0.manifestStatus = 202
        $0.mounts = .refusedWithoutFrom(400)
        $0.api = .quay
    }

    /// Harbor, which is distribution 2.8 behind a proxy, with projects and with tags that stay.
    public static let harbor = distribution2.with {
        $0.name = "harbor"
        $0.needsProjects = true
        $0.projectUsers = ["admin": "Harbor12345"]
        $0.hasImmutableTags = true
        $0.api = .harbor
    }

    /// GitLab, which is distribution.
    public static let gitlab = distribution2.with {
        $0.name = "gitlab"
        $0.api = .gitlab
    }

    /// Artifactory: a `PATCH` must come before the `PUT`.
    public static let artifactory = strict.with {
        $0.name = "artifactory"
        $0.putNeedsChunk = true
        $0.takesSinglePost = false
    }

    /// A registry that checks nothing and says little.
    public static let lazy = strict.with {
        $0.name = "lazy"
        $0.mounts = .never
        $0.sendsDigest = false
        $0.sendsETag = false
        $0.writesNullTags = true
        $0.checksDigests = false
        $0.missingReferenceStatus = nil
    }

    /// Every product once.
    public static let all = [
        strict, embedded, distribution2, distribution3, ecr, ghcr, acr, gar, hub, quay, harbor, gitlab, artifactory,
        lazy,
    ]
}
