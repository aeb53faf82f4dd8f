// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// How a registry product differs from the specification, as far as an upload, a copy or a listing notices.
///
/// The value without changes is ``strict``.
public struct ProductQuirks: Sendable {
    /// What becomes of the bytes of a `PATCH` whose connection ends in the middle.
    public enum Cut: Hashable, Sendable {
        /// They stay.
        case keepsBytes
        /// They are thrown away.
        case dropsBytes
        /// They are thrown away with the whole session.
        case losesSession
    }

    /// What becomes of a `PATCH`.
    public enum Chunks: Hashable, Sendable {
        /// One that does not begin where the session ends is answered with 416, and the session stays.
        case checked
        /// The same, but only for a chunk whose `Content-Length` is sent.
        case checkedWithLength
        /// Its bytes are appended, whatever its `Content-Range` says.
        case appended
        /// It is answered with this status: blobs come by one `PUT`.
        case refused(Int)
    }

    /// What becomes of a `POST` that asks for a mount.
    public enum Mounts: Hashable, Sendable {
        /// The blob is mounted if `from` has it, or without `from`, if any repository has.
        case allowed
        /// Without `from`, it begins a session.
        case fromOnly
        /// Without `from`, it fails with this status.
        case refusedWithoutFrom(Int)
        /// It begins a session.
        case never
    }

    /// How `Location` is written.
    public enum Location: Hashable, Sendable {
        /// As a path.
        case relative
        /// With the host that the client named.
        case absolute
        /// With another port of 127.0.0.1, where somebody else is.
        case otherPort(Int)
    }

    /// An API that a product has beside the specification's.
    public enum API: Hashable, Sendable {
        /// The list of tags with what Google adds to it.
        case google
        /// `/acr/v1`.
        case azure
        /// `/api/v2.0`.
        case harbor
        /// `/api/v1`.
        case quay
        /// `/gitlab/v1` of the registry, and `/api/v4` of GitLab.
        case gitlab
        /// The packages of `api.github.com`.
        case github
    }

    /// What the product is called.
    public var name = "strict"

    /// What becomes of chunks.
    public var chunks = Chunks.checked
    /// The status of an accepted chunk.
    public var chunkStatus = 202
    /// Whether `Range` tells the end of the first chunk for ever.
    public var freezesRange = false
    /// Whether a `Location` holds the offset, and any other offset ends the session with 404.
    public var hasStates = false
    /// What a cut does.
    public var cut = Cut.dropsBytes
    /// The code of the answer about a session that is not there.
    public var lostSessionCode = "BLOB_UPLOAD_UNKNOWN"
    /// The longest body of a chunk, in bytes; more is answered with 416 and a text.
    public var largestChunk: Int64?
    /// The shortest chunk but for the last, in bytes; the `PUT` fails otherwise.
    public var smallestChunk: Int64?
    /// The value of `OCI-Chunk-Min-Length`.
    public var announcedMinimum: Int64?
    /// The longest body of a `PUT`, in bytes; more is answered with 413.
    public var largestPut: Int64?
    /// Whether a `PUT` with the whole blob fails with 400.
    public var putNeedsChunk = false
    /// Whether a `POST` with a digest takes the whole blob.
    public var takesSinglePost = true
    /// Whether sessions outlive a restart.
    public var keepsSessions = true
    /// How `Location` is written.
    public var location = Location.relative

    /// What becomes of mounts.
    public var mounts = Mounts.allowed
    /// How many components the name in `from` must have; 400 otherwise.
    public var mountNameDepth: Int?
    /// Whether a repository comes to be by its first upload; 404 `NAME_UNKNOWN` otherwise.
    public var createsRepositories = true

    /// Whether the first component of a repository's name must be a project; 401 with a text otherwise, as Harbor says it.
    public var needsProjects = false
    /// Who may make projects, with their passwords.
    public var projectUsers: [String: String] = [:]

    /// The status of an accepted manifest.
    public var manifestStatus = 201
    /// The status for a manifest that points to what is not there; `nil` if it is accepted.
    public var missingReferenceStatus: Int? = 404
    /// Whether the digests of blobs are checked.
    public var checksDigests = true
    /// Whether a tag that points elsewhere stays, with 412.
    public var hasImmutableTags = false
    /// How many `GET` requests of manifests are answered before 429; `nil` for all.
    public var pulls: Int?
    /// Whether answers have `Docker-Content-Digest`.
    public var sendsDigest = true
    /// Whether answers have an `ETag`.
    public var sendsETag = true
    /// Whether a part of a blob can be read.
    public var servesRanges = true
    /// Whether there is the list of referrers.
    public var hasReferrers = true
    /// Whether there is the list of repositories.
    public var hasCatalog = true
    /// Whether the list of no tags is `null`.
    public var writesNullTags = false

    /// The API that the product has beside the specification's, at the same origin.
    public var api: API?
    /// The `Authorization` header without which that API answers 401; `nil` if everybody is let in.
    public var apiAuthorization: String?
    /// The longest page of that API, in entries.
    public var apiPageSize = 100
    /// What that API answers in place of its work.
    public var apiRefusal: PeerReply?
    /// Whether owners are users, rather than groups or organisations.
    public var ownersAreUsers = false

    /// A registry that keeps to the specification.
    public init() {}

    /// The same product with a change.
    public func with(_ change: (inout ProductQuirks) -> Void) -> ProductQuirks {
        var changed = self
        change(&changed)
        return changed
    }
}

extension ProductQuirks {
    /// What a config file calls the product.
    public var configuredName: String {
        switch name {
        case "strict": "oci"
        case "embedded": "mirror"
        case "distribution2": "distribution-2"
        case "distribution3": "distribution-3"
        case "hub": "docker-hub"
        case "lazy": "lenient"
        default: name
        }
    }
}

extension ProductQuirks: CustomStringConvertible {
    /// The name of the product.
    public var description: String { name }
}
