// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Why a bundle or another archive cannot be read or written, as facts.
public enum ArchiveError: Error, Hashable, Sendable {
    /// What is wrong with the bytes of a bundle.
    public enum Damage: Hashable, Sendable {
        /// Another member should stand there, or one with another length.
        case member(String)
        /// The file ends too early.
        case cut
        /// Something follows the end.
        case tail
        /// The bytes are not compressed as they should be.
        case compressed(String)
        /// A document of the bundle does not say what it should.
        case document(String, reason: String)
    }

    /// An image that an archive lists under a name.
    public struct NamedImage: Hashable, Sendable {
        /// The name, as it is written in the archive.
        public let name: String
        /// What the image is.
        public let digest: Digest
    }

    /// There is no such file.
    case noFile(path: String)
    /// The file is no bundle; it may be another kind of archive.
    case notABundle(path: String)
    /// The bundle is not whole, or its bytes are not as they were written.
    case damaged(path: String, offset: Int64, Damage)
    /// A header of an archive is wrong, or is one that only some readers understand.
    case refused(path: String, offset: Int64, TarMistake)
    /// The file is no archive of the form that it is named as.
    case notAnArchive(path: String, ArchiveFormat)
    /// Far more comes out of a compressed file than went in; what would have been let out, in bytes.
    case tooMuchInside(path: String, limit: Int64)
    /// Several images of an archive have one tag in one repository, or at all where no repository was named.
    case sameImage(Place, RepositoryName, TagName, [NamedImage])
    /// An image of an archive has no name by which it could be asked for.
    case namelessImage(path: String)
    /// The pieces are said to be longer together than any file can be.
    case tooLarge
    /// There are more repositories, manifests and blobs than a reader would take.
    case contentsTooLong
    /// A later version of the program wrote the bundle.
    case unsupportedVersion(path: String, version: Int)
    /// Several repositories of a bundle would get one name.
    case sameName(RepositoryName, [String])
    /// A volume of a bundle is not there.
    case volumeMissing(path: String)
    /// A bundle would have a name as volumes have.
    case volumeName(path: String)
    /// There would be more volumes than can be numbered.
    case tooManyVolumes(Int64)
    /// A volume's bytes are not as they were written.
    case volumeChanged(path: String)
    /// A file of sums is none, or does not name all volumes.
    case sumsDamaged(path: String)
    /// Bundles leave out so many blobs and manifests, and none of them has these.
    case leftOut(Int)
    /// Another run is writing the same bundle.
    case busy(path: String)
}
